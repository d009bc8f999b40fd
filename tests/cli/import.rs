//! `bimgate user import`

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::place::{Place, everywhere};

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

everywhere!(
    a_dry_run_changes_nothing,
    both_formats_say_the_same,
    nothing_is_imported_while_anything_collides,
    what_is_malformed_is_told_by_its_line,
    an_interrupted_import_is_finished_by_running_it_again,
    few_problems_are_shown_and_all_are_reported,
    a_file_that_is_none_is_refused,
    the_report_is_told_as_json,
    hashes_and_parts_that_do_not_fit_are_told_by_their_lines,
    a_subject_is_one_users_and_a_missing_link_is_made_up_for,
);

const FROM_STDIN: [&str; 5] = ["user", "import", "-", "--format", "csv"];

fn lines(place: &Place, text: &str, more: &[&str]) -> super::place::ClosedSession {
    place.run_with(&[&["user", "import", "-", "--format", "jsonl"], more].concat(), text)
}

fn a_dry_run_changes_nothing(place: &Place) {
    let told = lines(place, "{\"email\":\"a@example.org\"}\n", &["--dry-run"]);
    assert!(told.err.contains("1 to import") && told.err.contains("nothing was imported"), "{}", told.err);
    told.ok();
    assert_eq!(place.users().len(), 0);
    let told = lines(place, "{\"email\":\"a@example.org\"}\n", &[]);
    assert!(told.err.contains("1 row: 1 to import") && told.err.contains("Imported: 1 user."), "{}", told.err);
}

fn the_report_is_told_as_json(place: &Place) {
    let rows = "{\"email\":\"a@example.org\"}\n{\"email\":\"foo bar\"}\n{\"email\":\"A@example.org\"}\n";
    for (more, code, imported) in
        [(&["--dry-run"][..], 1, 0), (&["--clean-only", "--dry-run"], 0, 0), (&["--clean-only"], 0, 1)]
    {
        let ended = lines(place, rows, &[more, &["--json"]].concat());
        assert_eq!(ended.code, Some(code), "{}", ended.err);
        let told: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let [first, second, counts] = &told[..] else { panic!("{}", ended.out) };
        assert_eq!((&first["line"], &second["line"]), (&json!(2), &json!(3)));
        assert_eq!(second["problem"], "its e-mail address is that of line 1");
        let expected = json!({"rows": 3, "to_import": 1, "already_there": 0, "problems": 2, "imported": imported});
        assert_eq!(counts, &expected);
    }
    assert_eq!(place.users().len(), 1);
}

fn both_formats_say_the_same(place: &Place) {
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("users.csv");
    let text = format!(
        "\u{feff}name,email,password_hash,id\n\"B, \"\"C\"\"\",A@Example.org,\"{HASH}\",{first}\n,b@example.org,,\n"
    );
    fs::write(&csv, text).expect("written");
    place.ok(&["user", "import", csv.to_str().expect("a plain name")]);
    let jsonl = folder.path().join("users.ndjson");
    let text = format!(
        "\u{feff}{{\"id\":\"{{{second:X}}}\",\"email\":\"c@example.org\",\"name\":null,\"password_hash\":\"{HASH}\"}}\r\n\r\n\
         {{\"email\":\"d@example.org\",\"name\":\"D\"}}"
    );
    fs::write(&jsonl, text).expect("written");
    place.ok(&["user", "import", jsonl.to_str().expect("a plain name")]);

    let users = place.users();
    let user = |email: &str| users.iter().find(|user| user["email"] == email).expect(email);
    assert_eq!(user("a@example.org")["id"], first.to_string());
    assert_eq!(user("a@example.org")["name"], "B, \"C\"");
    assert_eq!(user("a@example.org")["password"], true);
    assert_eq!(user("b@example.org")["password"], false);
    assert_eq!(user("c@example.org")["id"], second.to_string());
    assert_eq!(user("c@example.org")["password"], true);
    assert_eq!(user("d@example.org")["name"], "D");
    assert_eq!(users.len(), 4);
}

fn nothing_is_imported_while_anything_collides(place: &Place) {
    let (held, other) = (Uuid::new_v4(), Uuid::new_v4());
    place.ok(&["user", "add", "--email", "held@example.org", "--id", &held.to_string(), "--no-password"]);
    let text = format!(
        "email,id\n\
         new@example.org,{other}\n\
         NEW@example.org,\n\
         third@example.org,{other}\n\
         Held@Example.org,{}\n\
         fifth@example.org,{held}\n\
         clean@example.org,\n",
        Uuid::new_v4(),
    );
    let told = place.run_with(&FROM_STDIN, &text).failed(1, "nothing was imported");
    for line in [
        "line 3: its e-mail address is that of line 2",
        "line 4: its id is that of line 2",
        &format!("line 5: its e-mail address is that of the user {held}"),
        "line 6: its id is that of a user with another e-mail address",
        "6 rows: 2 to import, 0 there already, 4 with a problem.",
    ] {
        assert!(told.contains(line), "{line:?} is not in:\n{told}");
    }
    assert_eq!(place.users().len(), 1);

    place.run_with(&[&FROM_STDIN[..], &["--clean-only"]].concat(), &text).ok();
    let mut emails: Vec<_> = place.users().iter().map(|user| user["email"].to_string()).collect();
    emails.sort();
    assert_eq!(emails, ["\"clean@example.org\"", "\"held@example.org\"", "\"new@example.org\""]);
}

fn what_is_malformed_is_told_by_its_line(place: &Place) {
    let long = "x".repeat(257);
    let text = format!(
        "{{\"email\":\"a@example.org\"}}\n\
         {{\"id\":\"5\",\"email\":\"b@example.org\"}}\n\
         {{\"name\":\"no address\"}}\n\
         {{\"email\":\"c@example.org\",\"password\":\"hunter2\"}}\n\
         \n\
         not JSON\n\
         {{\"email\":\"d@example.org\",\"password_hash\":\"hunter2\"}}\n\
         {{\"email\":\"e@example.org\",\"name\":\"{long}\"}}\n\
         {{\"email\":\"f@example.org\",\"name\":\"\\u001b[2J\"}}\n\
         {{\"email\":5}}\n"
    );
    let told = lines(place, &text, &[]).failed(1, "nothing was imported");
    let numbers: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("line ")?.split_once(':')).collect();
    assert_eq!(numbers.iter().map(|(line, _)| *line).collect::<Vec<_>>(), ["2", "3", "4", "6", "7", "8", "9", "10"]);
    assert!(!told.contains("hunter2") && !told.contains('\u{1b}'), "{told}");
    assert_eq!(place.users().len(), 0);

    let csv = "email,password_hash\na@example.org,$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAA\n\"b@example.org\n\",\n";
    let told = place.run_with(&FROM_STDIN, csv).failed(1, "line 2: it has 4 fields instead of 2; what holds commas");
    assert!(!told.contains("line 3"), "surrounding space does not count: {told}");
}

fn hashes_and_parts_that_do_not_fit_are_told_by_their_lines(place: &Place) {
    let output = "A".repeat(43);
    let row = |more: &str| format!("{{\"email\":\"{}@example.org\",{more}}}\n", Uuid::new_v4());
    let hash = |hash: &str| row(&format!("\"password_hash\":\"{hash}\""));
    let many: Vec<_> = (0..65).map(|n| format!("\"tag {n}\"")).collect();
    let text = [
        hash(&format!("$scrypt$ln=19,r=8,p=1$c2FsdA${output}")),
        hash(&format!("$5$rounds=9999999$salt${output}")),
        hash(&format!("$pbkdf2-sha256$i=2000001$c2FsdA${output}")),
        hash("$2b$20$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m"),
        hash("$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/"),
        row("\"enabled\":\"perhaps\""),
        row("\"rights\":[\"access:everything\"]"),
        row(&format!("\"tags\":[{}]", many.join(","))),
        row("\"teams\":[{\"id\":\"\",\"name\":\"x\"}]"),
        row("\"issuer\":\"https://id.example.org\""),
    ]
    .concat();
    let told = lines(place, &text, &[]).failed(1, "nothing was imported");
    for line in [
        "line 1: verifying the password hash would take too long; allowed is 256 MiB",
        "line 2: verifying the password hash would take too long; allowed is 1000000 rounds",
        "line 3: verifying the password hash would take too long; allowed is 2000000 iterations",
        "line 4: verifying the password hash would take too long; allowed is bcrypt's cost 14",
        "line 5: the password hash is of no known kind",
        "line 6: enabled is neither true nor false",
        "line 7: the rights have one that there is not",
        "line 8: the tags are more than 64",
        "line 9: the teams have one that is empty",
        "line 10: issuer and subject must both be there",
    ] {
        assert!(told.contains(line), "{line:?} is not in:\n{told}");
    }
    assert_eq!(place.users().len(), 0);
}

fn a_subject_is_one_users_and_a_missing_link_is_made_up_for(place: &Place) {
    let row = |email: &str, subject: &str| {
        json!({"email": email, "subject": {"issuer": "https://id.example.org", "subject": subject}}).to_string() + "\n"
    };
    lines(place, "{\"email\":\"a@example.org\"}\n", &[]).ok();
    lines(place, &row("b@example.org", "1"), &[]).ok();
    let text = [row("c@example.org", "1"), row("d@example.org", "2"), row("e@example.org", "2")].concat();
    let told = lines(place, &text, &[]).failed(1, "nothing was imported");
    assert!(told.contains("line 1: its subject is that of another user"), "{told}");
    assert!(told.contains("line 3: its subject is that of line 2"), "{told}");
    // As after an import that ended between the account and its link.
    lines(place, &row("a@example.org", "3"), &[]).ok();
    let shown: Value = serde_json::from_str(&place.ok(&["user", "show", "a@example.org", "--json"])).expect("JSON");
    assert_eq!(shown["subject"]["subject"], "3");
    let again = lines(place, &row("a@example.org", "3"), &[]);
    assert!(again.err.contains("0 to import, 1 there already"), "{}", again.err);
}

fn an_interrupted_import_is_finished_by_running_it_again(place: &Place) {
    let mut rows = String::new();
    for n in 0..3_000 {
        let id = if n % 2 == 0 { format!("\"id\":\"{}\",", Uuid::from_u128(n + 1)) } else { String::new() };
        let _ = writeln!(rows, "{{{id}\"email\":\"User{n}@example.org\"}}");
    }
    let begun: String = rows.lines().take(1_500).flat_map(|line| [line, "\n"]).collect();
    lines(place, &begun, &[]).ok();
    let again = lines(place, &rows, &[]);
    assert!(again.err.contains("3000 rows: 1500 to import, 1500 there already, 0 with a problem."), "{}", again.err);
    again.ok();
    assert_eq!(place.users().len(), 3_000);
    lines(place, &rows, &[]).ok();
    assert_eq!(place.users().len(), 3_000);
}

fn few_problems_are_shown_and_all_are_reported(place: &Place) {
    let rows = "{\"email\":\"same@example.org\"}\n".repeat(2_061);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let report = file.path().to_str().expect("a plain name");
    let told = lines(place, &rows, &["--report", report]).failed(1, "and 2010 more");
    assert_eq!(told.lines().filter(|line| line.starts_with("line ")).count(), 50);
    let reported = fs::read_to_string(file.path()).expect("a report");
    assert_eq!(reported.lines().count(), 2_060);
    assert_eq!(reported.lines().last(), Some("line 2061: its e-mail address is that of line 1"));
}

fn a_file_that_is_none_is_refused(place: &Place) {
    place.run(&["user", "import", "/nonexistent.csv"]).failed(1, "/nonexistent.csv");
    place.run(&["user", "import", "/etc/hostname"]).failed(2, "--format");
    for head in ["", "id,name\n", "email,email\n", "email,password\n"] {
        place.run_with(&FROM_STDIN, head).failed(1, "must name the columns");
    }
    place.run_with(&FROM_STDIN, &format!("email\n\"{}", "x\n".repeat(500_000))).failed(1, "a quote left open");
    lines(place, &"x".repeat(500_000), &[]).failed(1, "line 1 is longer");
}

/// How long a million takes is measured by hand; this only notices when an import becomes slow.
#[test]
fn a_hundred_thousand_are_imported_quickly() {
    let place = Place::alone();
    let mut rows = String::from("id,email,name,password_hash\n");
    for n in 0..100_000_u128 {
        let _ = writeln!(rows, "{},User{n}@Example.org,User {n},\"{HASH}\"", Uuid::from_u128(n + 1));
    }
    let begun = Instant::now();
    place.run_with(&FROM_STDIN, &rows).ok();
    assert!(begun.elapsed() < Duration::from_secs(90), "{:?}", begun.elapsed());
    place.ok(&["user", "show", "user99999@example.org"]);
}
