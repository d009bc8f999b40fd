//! `bimgate key …`

use std::fs;

use serde_json::Value;

use super::held::SessionWithAccount;
use super::place::{Place, everywhere};
use super::support::server::Server;
use super::{bimgate, stderr};

everywhere!(a_key_is_made_and_listed, every_key_is_thrown_away_only_when_that_is_meant);

fn keys(place: &Place) -> Vec<Value> {
    let lines = place.ok(&["key", "list", "--json"]);
    lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn a_key_is_made_and_listed(place: &Place) {
    if matches!(place, Place::Beside(_)) {
        assert_eq!(keys(place).len(), 1, "the server has made one");
    } else {
        place.ok(&["user", "add", "--email", "somebody@example.org", "--no-password"]);
        let none = place.run(&["key", "list"]);
        assert!(none.err.contains("There is no key yet"), "{}", none.err);
        let first = place.run(&["key", "rotate"]);
        assert!(first.err.contains("The first key signs from now on"), "{}", first.err);
        first.ok();
    }
    let rotated = place.run(&["key", "rotate"]);
    assert!(rotated.err.contains("is published, and signs from 20"), "{}", rotated.err);
    let kid = rotated.ok();
    let found = keys(place);
    let states: Vec<_> = found.iter().map(|key| key["state"].as_str().expect("a text")).collect();
    assert_eq!(states, ["signing", "next"]);
    assert_eq!(found[1]["kid"], kid.trim_end());
    assert!(found[1]["made"].as_str() < found[1]["signs_from"].as_str(), "{found:?}");
    assert_eq!(found[0].as_object().map(serde_json::Map::len), Some(4), "nothing of the private half: {found:?}");
    let table = place.ok(&["key", "list"]);
    let row = table.lines().find(|line| line.contains(kid.trim_end())).expect("in the table");
    assert!(row.contains("next"), "{table}");
    let again: Value = serde_json::from_str(&place.ok(&["key", "rotate", "--json"])).expect("JSON");
    assert_eq!(again["state"], "next");
}

fn every_key_is_thrown_away_only_when_that_is_meant(place: &Place) {
    place.ok(&["key", "rotate"]);
    let before = keys(place);
    place.run(&["key", "reset"]).failed(2, "--yes");
    assert_eq!(keys(place), before);
    let kid = place.ok(&["key", "reset", "--yes"]);
    let found = keys(place);
    assert_eq!((found.len(), found[0]["kid"].as_str()), (1, Some(kid.trim_end())));
    assert_eq!(found[0]["state"], "signing");
    assert!(before.iter().all(|key| key["kid"] != found[0]["kid"]));
}

#[test]
fn a_ring_shows_what_each_key_is_for() {
    let held = SessionWithAccount::at(Place::redis());
    let found = keys(&held.place);
    let shown: Vec<_> = found.iter().map(|key| (key["kid"].as_str(), key["state"].as_str())).collect();
    let state = |kid, state| (Some(kid), Some(state));
    assert_eq!(shown, [state("old", "retiring"), state("now", "signing"), state("next", "next")]);
    SessionWithAccount::is_silent(&held.place.ok(&["key", "list", "--json"]));
}

#[test]
fn another_secret_makes_no_key_but_can_begin_anew() {
    let mut server = Server::start(&[]);
    server.ask_to_stop();
    server.stopped();
    let secret = server.data().join("signing.key");
    fs::write(&secret, "another secret, as long as it has to be").expect("ours");
    let refused = server.command(&["key", "rotate"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("bimgate key reset"), "{}", stderr(&refused));
    server.run(&["key", "reset", "--yes"], "");
    server.restart();
    assert_eq!(server.run(&["key", "list", "--json"], "").lines().count(), 1);
}

#[test]
fn a_ring_has_an_end() {
    let place = Place::alone();
    for _ in 0..16 {
        place.ok(&["key", "rotate"]);
    }
    place.run(&["key", "rotate"]).failed(1, "as many signing keys as there may be");
    assert_eq!(keys(&place).len(), 16);
}

#[test]
fn what_needs_no_secret_works_without_one() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in [&["user", "add", "--email", "somebody@example.org", "--no-password"][..], &["key", "list"]] {
        assert!(bimgate(folder.path()).args(command).output().expect("bimgate runs").status.success());
    }
    assert!(!folder.path().join("data/signing.key").exists(), "only what makes a key makes a secret");
}
