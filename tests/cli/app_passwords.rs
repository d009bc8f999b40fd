//! `bimgate user app-password`

use serde_json::Value;

use super::place::{Place, everywhere};

const WHO: &str = "a@example.org";

everywhere!(one_is_shown_once_and_never_again, one_is_revoked_by_its_id_and_all_at_once, what_cannot_be_is_refused,);

fn add(place: &Place) {
    place.ok(&["user", "add", "--email", WHO, "--no-password"]);
}

fn command<'a>(verb: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["user", "app-password", verb, WHO], more].concat()
}

fn listed(place: &Place) -> Vec<Value> {
    let lines = place.ok(&command("list", &["--json"]));
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn one_is_shown_once_and_never_again(place: &Place) {
    add(place);
    assert!(place.run(&command("list", &[])).err.contains("a@example.org has no app password."));
    let made = place.run(&command("add", &["--name", "Büro 2", "--days", "30"]));
    assert!(made.err.contains("a@example.org has a new app password, Büro 2."), "{}", made.err);
    let value = made.ok().trim().to_owned();
    assert!(value.starts_with("bgap-") && value.len() == 34, "{value}");
    let list = place.run(&command("list", &[]));
    assert!(list.out.contains("Büro 2") && list.out.contains("never"), "{}", list.out);
    let shown = place.ok(&["user", "show", WHO, "--json"]);
    for told in [list.out, place.ok(&command("list", &["--json"])), shown.clone()] {
        assert!(!told.contains(&value[5..]) && !told.contains("digest"), "{told}");
    }
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["app_passwords"], 1);
    let held = &listed(place)[0];
    let day = |member: &str| held[member].as_str().map(|instant| instant[..10].to_owned());
    assert!(day("created").is_some() && day("expires").is_some() && day("created") != day("expires"), "{held}");
}

fn one_is_revoked_by_its_id_and_all_at_once(place: &Place) {
    add(place);
    for name in ["phone", "tablet", "plugin"] {
        place.ok(&command("add", &["--name", name]));
    }
    let id = listed(place)[1]["id"].as_str().expect("an id").to_owned();
    place.ok(&command("revoke", &[&id]));
    let names: Vec<_> = listed(place).iter().map(|held| held["name"].clone()).collect();
    assert_eq!(names, ["phone", "plugin"]);
    place.run(&command("revoke", &[&id])).failed(1, "no such app password");
    place.ok(&command("revoke", &["--all"]));
    assert!(listed(place).is_empty());
    place.ok(&command("revoke", &["--all"]));
}

fn what_cannot_be_is_refused(place: &Place) {
    add(place);
    for (arguments, code, words) in [
        (command("add", &["--name", ""]), 2, "must be 1 to 128 bytes"),
        (command("add", &["--name", "x\u{1b}"]), 2, "must be 1 to 128 bytes"),
        (command("add", &["--name", "x", "--days", "0"]), 2, "--days"),
        (command("add", &[]), 2, "--name"),
        (command("revoke", &[]), 2, "--all"),
        (command("revoke", &["phone"]), 2, "ID"),
    ] {
        place.run(&arguments).failed(code, words);
    }
    for verb in [&["add", "--name", "x"][..], &["list"], &["revoke", "--all"]] {
        let arguments = [&["user", "app-password", verb[0], "b@example.org"], &verb[1..]].concat();
        place.run(&arguments).failed(1, "no such user");
    }
}
