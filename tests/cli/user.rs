//! `bimgate user …`, but for the import.

use std::io::Write as _;

use serde_json::{Value, json};

use super::place::{Place, everywhere, in_place};

const ID: &str = "b37b60d4-0f1b-4158-99c4-847254786517";

everywhere!(
    a_user_is_added_and_found,
    what_is_taken_is_refused,
    a_name_cannot_rewrite_the_screen,
    only_a_bare_address_is_added,
    a_domain_is_one_in_both_spellings,
    a_user_is_disabled_and_enabled,
    a_new_address_is_no_new_account,
    a_password_is_set,
    short_and_common_passwords_are_refused,
    a_user_is_deleted,
    nobody_is_told_apart_from_somebody,
    a_list_is_read_page_by_page,
    a_list_is_searched_filtered_and_sorted,
    whatever_is_done_is_told_as_json,
);

in_place!(
    elsewhere: a_user_is_added_and_found, what_is_taken_is_refused, nobody_is_told_apart_from_somebody,
    a_user_is_deleted
);

fn a_user_is_added_and_found(place: &Place) {
    let add = ["user", "add", "--email", " Test@BimPlus.net", "--name", "Jörg T.", "--id", ID, "--password-stdin"];
    assert_eq!(place.run_with(&add, "open sesame\n").ok(), format!("{ID}\n"));
    place.ok(&["user", "add", "--email", "other@example.org", "--no-password"]);

    let table = place.ok(&["user", "list"]);
    let line = table.lines().find(|line| line.contains("test@bimplus.net")).expect("in the table");
    for cell in [ID, "Jörg T.", "yes"] {
        assert!(line.contains(cell), "{cell} is not in {line}");
    }
    for who in ["TEST@bimplus.net", ID, "{B37B60D4-0F1B-4158-99C4-847254786517}"] {
        let shown: Value = serde_json::from_str(&place.ok(&["user", "show", who, "--json"])).expect("JSON");
        assert_eq!(shown["id"], ID);
        assert_eq!(shown["email"], "test@bimplus.net");
        assert_eq!(shown["enabled"], true);
        assert_eq!(shown["password"], true);
        assert_eq!(shown["sessions"], 0);
        assert_eq!(shown["known_networks"], 0);
        let created = shown["created"].as_str().expect("an instant");
        assert!(created.starts_with("20") && created.ends_with('Z'), "{created}");
    }
    assert!(place.ok(&["user", "show", ID]).contains("test@bimplus.net"));
    let other = place.users().into_iter().find(|user| user["email"] == "other@example.org").expect("listed");
    assert_eq!(other["password"], false);
}

fn what_is_taken_is_refused(place: &Place) {
    place.ok(&["user", "add", "--email", "a@example.org", "--id", ID, "--no-password"]);
    place.run(&["user", "add", "--email", "A@Example.org", "--no-password"]).failed(1, ID);
    place.run(&["user", "add", "--email", "b@example.org", "--id", ID, "--no-password"]).failed(1, "this id");
    for (id, words) in [("5", "no UUID"), ("00000000-0000-0000-0000-000000000000", "nil")] {
        place.run(&["user", "add", "--email", "b@example.org", "--id", id, "--no-password"]).failed(2, words);
    }
    for email in [" ", "foo bar", "foo", "a@b@c"] {
        place.run(&["user", "add", "--email", email, "--no-password"]).failed(2, "e-mail");
    }
    assert_eq!(place.users().len(), 1);
}

fn a_list_is_searched_filtered_and_sorted(place: &Place) {
    let rows = "email,name,enabled\nc@example.org,Ada,true\nb@example.org,Zoë,false\na@other.example,Bob,false\n";
    place.run_with(&["user", "import", "-", "--format", "csv"], rows).ok();
    place.run_with(&["user", "add", "--email", "d@example.org", "--password-stdin"], "open sesame 7").ok();
    let list = |more: &[&str]| {
        let lines = place.ok(&[&["user", "list", "--json"], more].concat());
        let name = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["email"].as_str().map(str::to_owned);
        lines.lines().map(|line| name(line).expect("an address")).collect::<Vec<_>>()
    };
    assert_eq!(list(&["--search", "ZOË"]), ["b@example.org"]);
    assert_eq!(
        list(&["--search", "Example.ORG", "--sort", "email"]),
        ["b@example.org", "c@example.org", "d@example.org"]
    );
    assert_eq!(list(&["--disabled", "--sort", "name"]), ["a@other.example", "b@example.org"]);
    assert_eq!(list(&["--no-password", "--sort", "email", "--limit", "2"]), ["a@other.example", "b@example.org"]);
    assert_eq!(list(&["--no-password", "--disabled", "--search", "other"]), ["a@other.example"]);
    assert_eq!(list(&["--sort", "created", "--limit", "4"]).len(), 4);
    assert!(list(&["--search", "nobody"]).is_empty());
    place.run(&["user", "list", "--sort", "email", "--after", "x"]).failed(2, "cannot be used with");
    place.run(&["user", "list", "--search", ""]).failed(2, "must be 1 to 256 bytes long");
    assert!(place.run(&["user", "list", "--sort", "email", "--limit", "1"]).err.contains("There are 3 more"));
}

fn a_name_cannot_rewrite_the_screen(place: &Place) {
    for name in ["a\u{1b}[2J", "a\nb"] {
        place.run(&["user", "add", "--email", "a@example.org", "--name", name, "--no-password"]).failed(2, "control");
    }
    place.ok(&["user", "add", "--email", "a@example.org", "--name", "x\u{202e}y", "--no-password"]);
    let table = place.ok(&["user", "list"]);
    assert!(table.contains("x\\u{202e}y"), "{table}");
    let line = place.ok(&["user", "list", "--json"]);
    assert!(line.contains("\\u202e") && !line.contains('\u{202e}'), "{line}");
    assert_eq!(place.users()[0]["name"], "x\u{202e}y");
}

fn only_a_bare_address_is_added(place: &Place) {
    for (email, words) in [
        ("a\u{ad}b@example.org", "U+00AD"),
        ("a@exam\u{200b}ple.org", "U+200B"),
        ("mailto:a@example.org", "':'"),
        ("=\"a@example.org\"", "'='"),
        ("A <a@example.org>", "'<'"),
    ] {
        place.run(&["user", "add", "--email", email, "--no-password"]).failed(2, words);
    }
    place.ok(&[
        "user",
        "add",
        "--email",
        "\u{202a}a@example.org\u{202c}",
        "--name",
        "\u{a0} Max \u{200b}",
        "--no-password",
    ]);
    place.ok(&["user", "show", "\u{feff}a@example.org"]);
    let [user] = &place.users()[..] else { panic!("one user") };
    assert_eq!((&user["email"], &user["name"]), (&json!("a@example.org"), &json!("Max")));
}

fn a_domain_is_one_in_both_spellings(place: &Place) {
    place.ok(&["user", "add", "--email", "info@Müller.example", "--no-password"]);
    let ascii = "info@XN--mller-kva.example";
    place.run(&["user", "add", "--email", ascii, "--no-password"]).failed(1, "exists already");
    let csv = format!("email\n{ascii}\n");
    let dry_run = place.run_with(&["user", "import", "-", "--format", "csv", "--dry-run"], &csv);
    assert!(dry_run.err.contains("0 to import, 1 there already"), "{}", dry_run.err);
    assert!(place.ok(&["user", "show", ascii]).contains("info@müller.example"));
}

fn a_user_is_disabled_and_enabled(place: &Place) {
    place.ok(&["user", "add", "--email", "a@example.org", "--no-password"]);
    for (verb, enabled) in [("disable", false), ("disable", false), ("enable", true), ("enable", true)] {
        place.ok(&["user", verb, "a@example.org"]);
        assert_eq!(place.users()[0]["enabled"], enabled);
    }
}

fn a_password_is_set(place: &Place) {
    place.ok(&["user", "add", "--email", "a@example.org", "--no-password"]);
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(b"open sesame\n").expect("written");
    let path = file.path().to_str().expect("a plain name");
    place.ok(&["user", "set-password", "a@example.org", "--password-file", path]);
    assert_eq!(place.users()[0]["password"], true);

    let set = ["user", "set-password", "a@example.org"];
    place.run(&set).failed(2, "--password-stdin");
    place.run(&[&set[..], &["--password-file", "/nonexistent"]].concat()).failed(1, "/nonexistent");
    let from_stdin = [&set[..], &["--password-stdin"]].concat();
    place.run_with(&from_stdin, "\n").failed(1, "empty");
    place.run_with(&from_stdin, &"x".repeat(1025)).failed(1, "1024");
    place.run_with(&from_stdin, &format!("{}\r\n", "x".repeat(1024))).ok();
    // Every process could read it there.
    let told = place.run(&[&set[..], &["--password", "secret"]].concat()).failed(2, "--password");
    assert!(!told.contains("secret"));
    let told = place.run(&[&set[..], &["--password=secret"]].concat()).failed(2, "--password");
    assert!(!told.contains("secret"), "{told}");
}

fn a_new_address_is_no_new_account(place: &Place) {
    place.ok(&["user", "add", "--email", "a@example.org", "--id", ID, "--no-password"]);
    place.ok(&["user", "add", "--email", "b@example.org", "--no-password"]);
    let told = place.run(&["user", "set-email", "a@example.org", " Anna@Example.org"]);
    assert!(told.err.contains("now logs in as anna@example.org"), "{}", told.err);
    told.ok();
    let told = place.run(&["user", "set-name", "anna@example.org", " Anna A. "]);
    assert!(told.err.contains("anna@example.org is now called Anna A."), "{}", told.err);
    told.ok();
    let shown: Value = serde_json::from_str(&place.ok(&["user", "show", ID, "--json"])).expect("JSON");
    assert_eq!((&shown["email"], &shown["name"]), (&json!("anna@example.org"), &json!("Anna A.")));
    place.run(&["user", "show", "a@example.org"]).failed(1, "no such user");
    place.run(&["user", "set-email", "b@example.org", "Anna@example.org"]).failed(1, ID);
    place.run(&["user", "set-email", "nobody@example.org", "c@example.org"]).failed(1, "no such user");
    place.run(&["user", "set-email", ID, "A <a@b>"]).failed(2, "bare address");
    place.run(&["user", "set-name", ID, "a\u{7}b"]).failed(2, "control characters");
    place.ok(&["user", "set-name", ID, ""]);
    place.ok(&["user", "set-email", "b@example.org", "a@example.org"]);
    let names: Vec<_> = place.users().into_iter().map(|user| user["name"].clone()).collect();
    assert_eq!(names, ["", ""]);
}

fn short_and_common_passwords_are_refused(place: &Place) {
    let add = ["user", "add", "--email", "a@example.org", "--password-stdin"];
    for (password, words) in [("seven77", "at least 8 characters"), ("Passwort1", "one of the commonest")] {
        let told = place.run_with(&add, password).failed(1, words);
        assert!(!told.contains(password), "{told}");
    }
    assert_eq!(place.users().len(), 0);
    place.run_with(&add, "eight888").ok();
    place.run_with(&["user", "set-password", "a@example.org", "--password-stdin"], "test").failed(1, "at least 8");
}

fn a_user_is_deleted(place: &Place) {
    place.ok(&["user", "add", "--email", "a@example.org", "--no-password"]);
    place.run(&["user", "delete", "a@example.org"]).failed(2, "--yes");
    assert_eq!(place.users().len(), 1);
    place.ok(&["user", "delete", "a@example.org", "--yes"]);
    assert_eq!(place.users().len(), 0);
    place.ok(&["user", "add", "--email", "a@example.org", "--no-password"]);
}

fn nobody_is_told_apart_from_somebody(place: &Place) {
    place.ok(&["user", "add", "--email", "somebody@example.org", "--no-password"]);
    for who in ["nobody@example.org", ID] {
        for command in [
            &["user", "show", who][..],
            &["user", "enable", who],
            &["user", "disable", who],
            &["user", "delete", who, "--yes"],
            &["session", "list", "--user", who],
            &["session", "close", "--user", who, "--all"],
        ] {
            place.run(command).failed(1, "no such user");
        }
        place.run_with(&["user", "set-password", who, "--password-stdin"], "x").failed(1, "no such user");
        // Before the password is read.
        place.run(&["user", "set-password", who, "--password-file", "/nonexistent"]).failed(1, "no such user");
    }
}

fn a_list_is_read_page_by_page(place: &Place) {
    let rows: String =
        (0..250).flat_map(|n| ["{\"email\":\"user".into(), n.to_string(), "@example.org\"}\n".into()]).collect();
    place.run_with(&["user", "import", "-", "--format", "jsonl"], &rows).ok();
    let mut seen = std::collections::BTreeSet::new();
    let mut after: Option<String> = None;
    for expected in [100, 100, 50] {
        let more = after.iter().flat_map(|cursor| ["--after", cursor.as_str()]);
        let arguments: Vec<_> = ["user", "list", "--json"].into_iter().chain(more).collect();
        let page = place.run(&arguments);
        assert_eq!(page.out.lines().count(), expected);
        seen.extend(page.out.lines().map(str::to_owned));
        after = page.err.split_once("--after '").map(|(_, rest)| rest.trim_end().trim_end_matches('\'').to_owned());
    }
    assert_eq!((seen.len(), after), (250, None));
    assert_eq!(place.ok(&["user", "list", "--limit", "7"]).lines().count(), 8);
    assert_eq!(place.users().len(), 250);
    place.run(&["user", "list", "--limit", "0"]).failed(2, "--limit");
    for nowhere in ["zzz", "18446744073709551615.0:", ".:", "0.0"] {
        place.run(&["user", "list", "--after", nowhere]).failed(2, "the cursor is none that a list has named");
    }
}

fn whatever_is_done_is_told_as_json(place: &Place) {
    let told = |arguments: &[&str]| -> Value {
        let printed = place.run_with(&[arguments, &["--json"]].concat(), "open sesame\n").ok();
        assert_eq!(printed.lines().count(), 1, "{printed}");
        serde_json::from_str(&printed).expect("JSON")
    };
    let added = told(&["user", "add", "--email", "A@example.org", "--id", ID, "--no-password"]);
    assert_eq!((&added["id"], &added["email"]), (&json!(ID), &json!("a@example.org")));
    let who = "a@example.org";
    assert_eq!(told(&["user", "set-password", who, "--password-stdin"])["password"], true);
    assert_eq!(told(&["user", "disable", who])["enabled"], false);
    assert_eq!(told(&["user", "enable", ID])["enabled"], true);
    assert_eq!(told(&["session", "close", "--user", who, "--all"]), json!({"closed": 0}));
    assert_eq!(told(&["user", "delete", who, "--yes"]), json!({"deleted": true}));
}

#[test]
fn a_store_that_is_away_is_told_from_a_refusal() {
    let mut place = Place::redis();
    place.ok(&["user", "add", "--email", "a@example.org", "--no-password"]);
    let Place::Redis(_, redis) = &mut place else { unreachable!("made so") };
    redis.kill();
    place.run(&["user", "list"]).failed(3, "unavailable");
    let Place::Redis(_, redis) = &mut place else { unreachable!("made so") };
    redis.restart();
    place.ok(&["user", "show", "a@example.org"]);
}
