//! What `bimgate user import` reads: files as spreadsheets and other programs write them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use uuid::Uuid;

use super::bimgate;
use super::place::{ClosedSession, Place};
use super::support::server::output;

/// Imports a file of this name; what became of it.
fn import(place: &Place, name: &str, bytes: impl AsRef<[u8]>, more: &[&str]) -> ClosedSession {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("written");
    place.run(&[&["user", "import", path.to_str().expect("a plain name")], more].concat())
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// Each user as address, name and id.
fn users(place: &Place) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut users: Vec<_> =
        place.users().iter().map(|user| [text(&user["email"]), text(&user["name"]), text(&user["id"])]).collect();
    users.sort();
    users
}

#[test]
fn a_table_is_read_as_spreadsheets_write_it() {
    let place = Place::alone();
    let id = Uuid::new_v4().to_string();
    let table = |sign: &str| {
        let line = |fields: [&str; 4]| fields.join(sign) + "\r\n";
        line(["E-Mail", "NAME ", "", "Id"])
            + &line(["a@example.org", "\"Müller,; A\"", "", &id])
            + &line(["", "", "", ""])
            + &line(["b@example.org", " B ", "", ""])
            + &line(["", " ", "", ""])
    };
    let (semicolons, tabs) = (table(";"), table("\t"));
    let marked = format!("\u{feff}{semicolons}");
    let files: [(&str, Vec<u8>); 9] = [
        ("commas.csv", table(",").into()),
        ("semicolons.csv", semicolons.clone().into()),
        ("tabs.tsv", tabs.clone().into()),
        ("bars.csv", table("|").into()),
        ("named.csv", format!("sep=;\r\n{semicolons}").into()),
        ("marked.csv", format!("\u{feff}sep=;\n{semicolons}").into()),
        ("little.csv", utf16(&marked, u16::to_le_bytes)),
        ("big.csv", utf16(&format!("\u{feff}{tabs}"), u16::to_be_bytes)),
        ("unmarked.csv", utf16(&tabs, u16::to_le_bytes)),
    ];
    for (name, bytes) in files {
        let told = import(&place, name, bytes, &[]);
        assert!(told.err.contains("2 rows: 2 to import, 0 there already, 0 with a problem."), "{name}: {}", told.err);
        told.ok();
        let [a, b] = &users(&place)[..] else { panic!("{name}: two users") };
        assert_eq!(a, &["a@example.org", "Müller,; A", &id].map(str::to_owned), "{name}");
        assert_eq!(b[..2], ["b@example.org", "B"].map(str::to_owned), "{name}");
        for user in [a, b] {
            place.ok(&["user", "delete", &user[0], "--yes"]);
        }
    }
}

#[test]
fn further_columns_are_left_out_and_named() {
    let place = Place::alone();
    let told = import(&place, "users.csv", "Mail;Phone;Display Name;\na@example.org;5;A;\nb@example.org;6;B;;;\n", &[]);
    assert!(told.err.contains("Not read: Phone."), "{}", told.err);
    told.ok();
    let told = import(&place, "users.json", r#"{"email": "c@example.org", "age": 5, "name": "C"}"#, &[]);
    assert!(told.err.contains("Not read: age."), "{}", told.err);
    told.ok();
    let names: Vec<_> = users(&place).into_iter().map(|[_, name, _]| name).collect();
    assert_eq!(names, ["A", "B", "C"]);
}

#[test]
fn what_is_not_understood_is_told_as_it_was_found() {
    let place = Place::alone();
    for (file, words) in [
        (&b"id;Vorname;Abteilung\n"[..], "found: id;Vorname;Abteilung, separated by semicolons"),
        (b"Name\tVorname\n", "separated by tabs"),
        (b"a@example.org,hunter2\n", "it seems to be a user"),
        (b"email;E-Mail\n", "\"E-Mail\" is one that it names before"),
        (b"email;Passwort\n", "\"Passwort\" cannot be one: only hashes are imported"),
        (b"", "it is empty"),
        (b"e-m\xe4il;name\n", "line 1: it is not UTF-8; save the file as \"CSV UTF-8\""),
        (b"sep=;\nemail;name\na@example.org;A\nb@example.org;J\xf6rg\n", "line 4: it is not UTF-8"),
        (b"email;name\na@example.org;A;B\n", "line 2: it has 3 fields instead of 2; what holds semicolons"),
        (b"email\n\n\n=\"a@example.org\"\n", "line 4: the e-mail address holds"),
        (b"email\na@exam\xe2\x80\x8bple.org\n", "line 2: the e-mail address holds U+200B"),
        (b"\xff\xfee\0m\0a\0i\0l\0\n\0\0\xd8\n\0", "the text is not whole UTF-16"),
    ] {
        let told = import(&place, "users.csv", file, &[]).failed(1, words);
        assert!(!told.contains("hunter2"), "{told}");
    }
    for (file, words) in [
        ("[{\"email\":\"a@example.org\"}\n{\"email\":\"b@example.org\"}]", "line 2: the file is not a list of objects"),
        ("[\n[1]]", "line 2: the file is not a list of objects"),
        ("[{\"email\":\n\"a@example.org\"", "the object that begins in line 1 does not end"),
        ("[\n{\"email\":\"a@example.org\"},\n{\"name\":\"{\"}\n]", "line 3: the e-mail address is missing"),
        ("[{\"email\":\"a@example.org\",\"password\":\"hunter2\"}]", "line 1: it has the member \"password\""),
    ] {
        let told = import(&place, "users.json", file, &[]).failed(1, words);
        assert!(!told.contains("hunter2"), "{told}");
    }
    assert_eq!(place.users().len(), 0);
}

#[test]
fn a_list_of_users_is_read_and_so_is_what_user_list_prints() {
    let (first, second) = (Place::alone(), Place::alone());
    let list = json!([{"email": "a@example.org", "name": "A {[\"\\"}, {"email": "b@example.org"}]);
    import(&first, "users.json", format!("\n{list:#}\n"), &[]).ok();
    import(&first, "empty.json", "[ ]", &[]).ok();
    let printed = first.ok(&["user", "list", "--json"]);
    let told = import(&second, "users.jsonl", &printed, &[]);
    assert!(
        told.err.contains("Not read: consent_since, created, known_networks, second_factor, sign_ons, weak_hash."),
        "{}",
        told.err
    );
    told.ok();
    assert_eq!(users(&first), users(&second));
    assert_eq!(users(&second).len(), 2);
}

#[test]
fn all_of_a_user_but_the_password_comes_back_from_a_list() {
    let (first, second) = (Place::alone(), Place::alone());
    let rows = json!([
        {
            "id": Uuid::new_v4(), "email": "a@example.org", "name": "A", "enabled": false, "rights": ["access:frontend"],
            "scopes": ["model:read", "model:write"], "tags": ["steel"], "teams": [{"id": "t-1", "name": "North; 1"}, "t-2"],
            "subject": {"issuer": "https://id.example.org", "subject": "7"},
        },
        {"email": "b@example.org", "password_hash": "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0"},
    ]);
    import(&first, "users.json", rows.to_string(), &[]).ok();
    let printed = first.ok(&["user", "list", "--json"]);
    let told = import(&second, "users.jsonl", &printed, &[]);
    assert!(told.err.contains(", password,"), "whose password is missing is told: {}", told.err);
    told.ok();
    let known = |place: &Place, email: &str| {
        let mut user: Value = serde_json::from_str(&place.ok(&["user", "show", email, "--json"])).expect("JSON");
        user["created"] = Value::Null;
        user
    };
    let user = known(&first, "a@example.org");
    assert_eq!(user["enabled"], false);
    assert_eq!(user["rights"], json!(["access:frontend"]));
    assert_eq!(user["scopes"], json!(["model:read", "model:write"]));
    assert_eq!(user["teams"], json!([{"id": "t-1", "name": "North; 1"}, {"id": "t-2", "name": "t-2"}]));
    assert_eq!(user["subject"], json!({"issuer": "https://id.example.org", "subject": "7"}));
    assert_eq!(known(&second, "a@example.org"), user);
    assert_eq!(known(&second, "b@example.org")["password"], false);

    let table = "email,enabled,rights,scopes,teams,tags,issuer,subject\n\
                 c@example.org,no,access:frontend;access:client,model:read,t-1=North;t-2,steel; hall 3,https://id.example.org,8\n\
                 d@example.org,,,,,,,\n";
    import(&second, "users.csv", table, &[]).ok();
    let user = known(&second, "c@example.org");
    assert_eq!((&user["enabled"], &user["rights"]), (&json!(false), &json!(["access:frontend"])));
    assert_eq!((&user["scopes"], &user["tags"]), (&json!(["model:read"]), &json!(["steel", "hall 3"])));
    assert_eq!(user["teams"], json!([{"id": "t-1", "name": "North"}, {"id": "t-2", "name": "t-2"}]));
    assert_eq!(user["subject"]["subject"], "8");
    assert_eq!(known(&second, "d@example.org")["enabled"], true);
}

#[test]
fn a_pipe_is_read_where_no_temporary_folder_can_be_written_to() {
    let place = Place::alone();
    let Place::Alone(folder) = &place else { unreachable!("made so") };
    // For root as well: a file is no folder.
    let no_folder = folder.path().join("file");
    fs::write(&no_folder, "").expect("written");
    fs::set_permissions(&no_folder, Permissions::from_mode(0o400)).expect("ours");
    let import = |rows: &str| {
        let mut command = bimgate(folder.path());
        command.args(["user", "import", "-", "--format", "csv"]).env("TMPDIR", &no_folder);
        output(&mut command, rows)
    };
    let done = import("email\na@example.org\n");
    assert_eq!(done.status.code(), Some(0), "{}", super::stderr(&done));
    assert_eq!(place.users().len(), 1);
    let refused = import(&format!("email\n{}", "\n".repeat(65 << 20)));
    let told = super::stderr(&refused);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    let no_folder = no_folder.display().to_string();
    for words in ["the temporary folder", &no_folder, "TMPDIR names another", "at most 64 MiB are kept in memory"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
