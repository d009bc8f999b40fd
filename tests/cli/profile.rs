//! `bimgate user rights`, `scopes`, `teams` and `tags`, and what `bimgate user show` says of them.

use serde_json::{Value, json};

use super::place::{Place, everywhere};

const WHO: &str = "a@example.org";

everywhere!(
    rights_are_granted_and_revoked,
    scopes_and_tags_are_added_and_removed,
    teams_are_known_by_their_ids,
    what_cannot_be_is_refused,
    a_list_has_an_end,
    who_changes_one_list_at_once_undoes_nothing,
);

fn add(place: &Place) {
    place.ok(&["user", "add", "--email", WHO, "--no-password"]);
}

fn shown(place: &Place) -> Value {
    serde_json::from_str(&place.ok(&["user", "show", WHO, "--json"])).expect("JSON")
}

fn rights_are_granted_and_revoked(place: &Place) {
    add(place);
    assert_eq!(shown(place)["rights"], json!([]));
    let told = place.run(&["user", "rights", WHO, "--grant", "access:frontend", "--grant", "access:client-dev"]);
    assert!(told.err.contains("a@example.org now has access:frontend, access:client-dev, and access:client"));
    told.ok();
    assert_eq!(shown(place)["rights"], json!(["access:frontend", "access:client-dev"]));
    assert_eq!(place.users()[0]["rights"], json!(["access:frontend", "access:client-dev"]), "in lists, too");
    let swapped = ["user", "rights", WHO, "--revoke", "access:frontend", "--grant", "access:client-dev", "--json"];
    let told: Value = serde_json::from_str(&place.ok(&swapped)).expect("JSON");
    assert_eq!(told["rights"], json!(["access:client-dev"]));
    let told = place.run(&["user", "rights", WHO, "--revoke", "access:client-dev"]);
    assert!(told.err.contains("no right but access:client"), "{}", told.err);

    for (wrong, words) in [
        (&["--grant", "access:client"][..], "bimgate user disable"),
        (&["--revoke", "access:client"], "bimgate user disable"),
        (&["--grant", "frontend"], "access:client-dev"),
        (&["--grant", "access:frontend", "--revoke", "access:frontend"], "at once"),
        (&[], "--grant"),
    ] {
        place.run(&[&["user", "rights", WHO], wrong].concat()).failed(2, words);
    }
    place.run(&["user", "rights", "b@example.org", "--grant", "access:frontend"]).failed(1, "no such user");
}

fn scopes_and_tags_are_added_and_removed(place: &Place) {
    add(place);
    for (command, field, one) in [("scopes", "scopes", "scope"), ("tags", "tags", "tag")] {
        let change = |more: &[&str]| place.run(&[&["user", command, WHO], more].concat());
        let told = change(&["--add", "model:read", "--add", "Büro 2", "--add", "model:read"]);
        assert!(told.err.contains(&format!("now has 2 {one}s: model:read, Büro 2")), "{}", told.err);
        assert_eq!(shown(place)[field], json!(["model:read", "Büro 2"]));
        change(&["--remove", "model:read", "--add", "x", "--remove", "never there"]).ok();
        assert_eq!(shown(place)[field], json!(["Büro 2", "x"]));
        let table = place.ok(&["user", "show", WHO]);
        assert!(
            table.lines().any(|line| line.trim_start().starts_with(field) && line.ends_with("Büro 2, x")),
            "{table}"
        );
        let told: Value = serde_json::from_str(&change(&["--remove", "x", "--json"]).ok()).expect("JSON");
        assert_eq!(told[field], json!(["Büro 2"]));
        let told = change(&["--remove", "Büro 2"]);
        assert!(told.err.contains(&format!("now has no {one}.")), "{}", told.err);
    }
}

fn teams_are_known_by_their_ids(place: &Place) {
    add(place);
    let told = place.run(&["user", "teams", WHO, "--add", "7=Blue = green", "--add", "8=Red"]);
    assert!(told.err.contains("now has 2 teams: 7=Blue = green, 8=Red"), "{}", told.err);
    place.ok(&["user", "teams", WHO, "--add", "8=Violet", "--remove", "7"]);
    assert_eq!(shown(place)["teams"], json!([{"id": "8", "name": "Violet"}]));
    assert!(place.ok(&["user", "show", WHO]).contains("8=Violet"));
    for wrong in ["8", "=Red", "8="] {
        place.run(&["user", "teams", WHO, "--add", wrong]).failed(2, "must be");
    }
}

fn what_cannot_be_is_refused(place: &Place) {
    add(place);
    for command in ["scopes", "tags"] {
        for (wrong, words) in [
            (&["--add", ""][..], "1 to 128 bytes"),
            (&["--add", "a\u{1b}[2J"], "control"),
            (&["--remove", &"x".repeat(129)], "128"),
            (&["--add", "x", "--remove", "x"], "at once"),
            (&[], "--add"),
        ] {
            place.run(&[&["user", command, WHO], wrong].concat()).failed(2, words);
        }
    }
    place.ok(&["user", "tags", WHO, "--add", &"x".repeat(128), "--add", "a\u{202e}b"]);
    assert!(place.ok(&["user", "show", WHO]).contains("a\\u{202e}b"), "a terminal obeys nothing");
}

fn a_list_has_an_end(place: &Place) {
    add(place);
    let names: Vec<_> = (0..64).map(|n| n.to_string()).collect();
    let all: Vec<_> = names.iter().flat_map(|name| ["--add", name]).collect();
    place.ok(&[&["user", "tags", WHO], &all[..]].concat());
    place.run(&["user", "tags", WHO, "--add", "one more"]).failed(1, "at most 64");
    place.run(&[&["user", "scopes", WHO, "--add", "one more"], &all[..]].concat()).failed(1, "nothing was changed");
    place.ok(&["user", "tags", WHO, "--add", "one more", "--remove", "0"]);
    let account = shown(place);
    assert_eq!(account["tags"].as_array().map(Vec::len), Some(64));
    assert_eq!(account["scopes"], json!([]));
}

fn who_changes_one_list_at_once_undoes_nothing(place: &Place) {
    add(place);
    let names: Vec<_> = (0..6).map(|n| format!("tag {n}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(move || place.ok(&["user", "tags", WHO, "--add", name]));
        }
    });
    let mut tags: Vec<_> = shown(place)["tags"].as_array().expect("a list").clone();
    tags.sort_by_key(ToString::to_string);
    assert_eq!(json!(tags), json!(names));
}
