//! What a person meets at a terminal.

use std::path::Path;

use super::bimgate;
use super::place::Place;
use super::terminal::Terminal;

const ADD: [&str; 4] = ["user", "add", "--email", "a@example.org"];

fn at_terminal(folder: &Path, arguments: &[&str]) -> Terminal {
    Terminal::start(folder, env!("CARGO_BIN_EXE_bimgate"), arguments)
}

fn types_passwords(folder: &Path, arguments: &[&str], first: &str, second: &str) -> (Option<i32>, String) {
    let mut terminal = at_terminal(folder, arguments);
    terminal.asks_secretly("Password: ");
    terminal.types(first);
    terminal.asks_secretly("The same again: ");
    terminal.types(second);
    let (code, shown) = terminal.ends();
    assert!(!shown.contains(first) && !shown.contains(second), "{shown}");
    (code, shown)
}

#[test]
fn a_password_is_asked_for_twice_and_never_shown() {
    let place = Place::alone();
    let Place::Alone(folder) = &place else { unreachable!("made so") };
    let (code, shown) = types_passwords(folder.path(), &ADD, "open sesame", "open sesamy");
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("the two passwords differ; nothing was changed"), "{shown}");
    assert_eq!(place.users().len(), 0);

    assert_eq!(types_passwords(folder.path(), &ADD, "open sesame", "open sesame").0, Some(0));
    assert_eq!(place.users()[0]["password"], true);
    let set = ["user", "set-password", "a@example.org"];
    assert_eq!(types_passwords(folder.path(), &set, "close sesame", "close sesame").0, Some(0));
}

#[test]
fn the_store_is_free_while_a_person_types() {
    let place = Place::alone();
    let Place::Alone(folder) = &place else { unreachable!("made so") };
    place.ok(&[&ADD[..], &["--no-password"]].concat());
    let terminal = at_terminal(folder.path(), &["user", "set-password", "a@example.org"]);
    terminal.asks_secretly("Password: ");
    assert_eq!(place.users()[0]["password"], false);
}

#[test]
fn a_user_is_deleted_only_when_the_person_says_yes() {
    let place = Place::alone();
    let Place::Alone(folder) = &place else { unreachable!("made so") };
    place.ok(&[&ADD[..], &["--no-password"]].concat());
    for (typed, code, left) in [("y", 1, 1), ("", 1, 1), ("yes", 0, 0)] {
        let mut terminal = at_terminal(folder.path(), &["user", "delete", "a@example.org"]);
        terminal.shows("Delete a@example.org for good, and end all their logins? Type yes: ");
        terminal.types(typed);
        let (ended, shown) = terminal.ends();
        assert_eq!((ended, place.users().len()), (Some(code), left), "{shown}");
    }
}

#[test]
fn keys_are_thrown_away_only_when_the_person_says_yes() {
    let place = Place::alone();
    let Place::Alone(folder) = &place else { unreachable!("made so") };
    let first = place.ok(&["key", "rotate"]);
    for (typed, code) in [("y", 1), ("yes", 0)] {
        let mut terminal = at_terminal(folder.path(), &["key", "reset"]);
        terminal.shows("Every bearer ends, and clients must log in again. Type yes: ");
        terminal.types(typed);
        let (ended, shown) = terminal.ends();
        assert_eq!(ended, Some(code), "{shown}");
        assert_eq!(place.ok(&["key", "list"]).contains(first.trim_end()), typed != "yes", "{shown}");
    }
}

#[test]
fn a_table_on_a_terminal_is_plain_text() {
    let place = Place::alone();
    let Place::Alone(folder) = &place else { unreachable!("made so") };
    place.ok(&[&ADD[..], &["--no-password", "--name", "Jörg"]].concat());
    let (code, shown) = at_terminal(folder.path(), &["user", "list"]).ends();
    let lines: Vec<_> = shown.lines().collect();
    let [head, row] = lines[..] else { panic!("{shown}") };
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(head.find("NAME"), row.find("Jörg"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn a_bar_shows_how_far_an_import_is_on_a_terminal_only() {
    let place = Place::alone();
    let Place::Alone(folder) = &place else { unreachable!("made so") };
    std::fs::write(folder.path().join("users.csv"), "email\na@example.org\n").expect("written");
    let import = ["user", "import", "users.csv"];
    let (code, shown) = at_terminal(folder.path(), &import).ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Checking [") && shown.contains("Importing ["), "{shown}");
    let told = place.run(&import);
    assert!(!told.err.contains("Checking") && told.err.contains("1 row: "), "{}", told.err);
}

#[test]
fn a_table_fits_the_terminal_and_keeps_ids_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (id, name) = ("8a2f3a5e-6a3c-4b7e-9d3a-0d6f0c3b9a11", "many words of a name ".repeat(9));
    let add = ["user", "add", "--email", "a@example.org", "--id", id, "--name", name.trim(), "--no-password"];
    assert!(bimgate(folder.path()).args(add).output().expect("bimgate runs").status.success());
    for command in [&["user", "list"][..], &["user", "show", "a@example.org"]] {
        let (code, shown) = at_terminal(folder.path(), command).ends();
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains(id), "{shown}");
        // The terminal is 200 columns wide.
        assert!(shown.lines().all(|line| line.chars().count() <= 200), "{shown}");
    }
}
