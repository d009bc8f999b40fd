//! What commands say of directory sessions, single sign-on and licences, and how they end them.

use serde_json::{Value, json};

use super::held::{EMAIL, PHONE, REDIRECT, SessionWithAccount};
use super::place::Place;
use super::support::given::HOUR;
use super::support::server::Server;
use super::{stderr, stdout};

macro_rules! on_held {
    ($($case:ident),* $(,)?) => {
        mod alone { $( #[test] fn $case() { super::$case(&super::SessionWithAccount::at(super::Place::alone())); } )* }
        mod beside { $( #[test] fn $case() { super::$case(&super::SessionWithAccount::at(super::Place::beside())); } )* }
        mod redis { $( #[test] fn $case() { super::$case(&super::SessionWithAccount::at(super::Place::redis())); } )* }
    };
}

on_held!(
    every_field_of_a_session_is_shown,
    a_session_is_closed_by_its_id,
    what_is_taken_away_ends_what_was_opened_by_it,
    a_user_is_shown_whole,
    single_sign_on_is_listed_and_ended,
    licences_that_are_out_are_listed,
);

fn lines(printed: &str) -> Vec<Value> {
    SessionWithAccount::is_silent(printed);
    printed.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn sessions(held: &SessionWithAccount) -> Vec<Value> {
    lines(&held.place.ok(&["session", "list", "--user", EMAIL, "--json"]))
}

/// As JSON says it.
fn instant(at: bimgate::domain::Timestamp) -> String {
    let at = chrono::DateTime::from_timestamp_millis(i64::try_from(at.millis()).expect("in range")).expect("in range");
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn every_field_of_a_session_is_shown(held: &SessionWithAccount) {
    let found = sessions(held);
    assert_eq!(found.len(), 2);
    let directory = found.iter().find(|session| session["kind"] == "directory").expect("listed");
    let (now, later) = (instant(held.now), instant(held.now.plus(HOUR * 12)));
    assert_eq!(
        *directory,
        json!({
            "id": held.session, "kind": "directory", "client": null, "audience": null, "server_made": null,
            "claims": "access:frontend", "app_claims": ["model:read"], "native": true, "how": "oidc", "app_passwords": [],
            "opened": now, "authenticated": now, "last_contact": now, "heartbeat_before": instant(held.now.plus(HOUR)),
            "end_of_life": later, "address": "192.0.2.7", "user_agent": "viewer/2", "redirect_url": REDIRECT,
            "application": "planner", "access_tokens": 0, "remember_me_tokens": 0, "cross_tokens": 1,
        })
    );
    let phone = found.iter().find(|session| session["kind"] == "v2").expect("listed");
    for (field, value) in [("client", json!(PHONE)), ("claims", json!("access:client")), ("native", json!(false))] {
        assert_eq!(phone[field], value, "{field}");
    }
    assert_eq!(phone["heartbeat_before"], phone["end_of_life"], "none is needed");
    assert_eq!((&phone["redirect_url"], &phone["access_tokens"]), (&Value::Null, &json!(1)));

    let shown = held.place.ok(&["session", "list", "--user", EMAIL]);
    SessionWithAccount::is_silent(&shown);
    let (id, has) = (held.session.to_string(), |name: &str, value: &str| {
        let good = |line: &str| line.trim().starts_with(name) && line.trim().ends_with(value);
        assert!(shown.lines().any(good), "{name} {value}:\n{shown}");
    });
    for (name, value) in [
        ("session", &*id),
        ("kind", "directory"),
        ("claims", "access:frontend"),
        ("app claims", "model:read"),
        ("native", "yes"),
        ("how", "oidc"),
        ("end of life", &*later),
        ("redirect URL", REDIRECT),
        ("holds", "1 cross token"),
        ("client", PHONE),
        ("holds", "1 access token"),
    ] {
        has(name, value);
    }
    assert!(shown.contains("\n\n"), "a line between two");
}

fn a_session_is_closed_by_its_id(held: &SessionWithAccount) {
    let id = held.session.to_string();
    let close = ["session", "close", "--user", EMAIL, &id.to_uppercase()];
    held.place.ok(&close);
    held.place.run(&close).failed(1, "bimgate session list");
    let left = sessions(held);
    assert_eq!((left.len(), &left[0]["kind"]), (1, &json!("v2")));
    if let Place::Beside(server) = &held.place {
        let log = server.log();
        let told = |line: &&str| line.contains(&id) && line.contains("revoked by admin");
        assert_eq!(log.lines().filter(told).count(), 1, "{log}");
    }
    let all = held.place.ok(&["session", "close", "--user", EMAIL, "--all", "--json"]);
    assert_eq!(all, "{\"closed\":1}\n");
    assert_eq!(sessions(held).len(), 0);
}

fn what_is_taken_away_ends_what_was_opened_by_it(held: &SessionWithAccount) {
    held.place.ok(&["user", "scopes", EMAIL, "--remove", "model:write"]);
    held.place.ok(&["user", "rights", EMAIL, "--revoke", "access:client-dev"]);
    assert_eq!(sessions(held).len(), 2, "it was opened by neither");
    held.place.ok(&["user", "rights", EMAIL, "--revoke", "access:frontend"]);
    assert_eq!(sessions(held).len(), 1);
    if let Place::Beside(server) = &held.place {
        let (log, id) = (server.log(), held.session.to_string());
        assert!(log.lines().any(|line| line.contains(&id) && line.contains("revoked by admin")), "{log}");
    }
    held.place.ok(&["user", "disable", EMAIL]);
    assert_eq!(sessions(held).len(), 0);
    if let Place::Beside(server) = &held.place {
        assert!(server.log().contains("user was removed or disabled"), "{}", server.log());
    }
}

fn a_user_is_shown_whole(held: &SessionWithAccount) {
    let user = &lines(&held.place.ok(&["user", "show", EMAIL, "--json"]))[0];
    assert_eq!(user["subject"], json!({"issuer": "https://idp.example.org", "subject": "s-1"}));
    for (field, value) in [
        ("id", json!(held.user)),
        ("sessions", json!(2)),
        ("sign_ons", json!(1)),
        ("consent_since", Value::Null),
        ("rights", json!(["access:frontend"])),
        ("scopes", json!(["model:read", "model:write"])),
        ("teams", json!([{"id": "7", "name": "Blue"}])),
        ("tags", json!(["planner"])),
    ] {
        assert_eq!(user[field], value, "{field}");
    }
    let shown = held.place.ok(&["user", "show", EMAIL]);
    for words in ["s-1 at https://idp.example.org", "1 browser", "access:frontend", "7=Blue"] {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    assert_eq!(held.place.users()[0]["scopes"], user["scopes"], "what a list has can be imported again");
    assert!(!held.place.ok(&["user", "list"]).contains("model:read"), "tables stay short");
}

fn single_sign_on_is_listed_and_ended(held: &SessionWithAccount) {
    let list = ["sso", "list", "--user", EMAIL];
    let (now, later) = (instant(held.now), instant(held.now.plus(HOUR * 12)));
    let found = lines(&held.place.ok(&[&list[..], &["--json"]].concat()));
    assert_eq!(found, [json!({"proven": now, "expires": later})]);
    let table = held.place.ok(&list);
    assert!(table.contains(&now) && table.contains(&later), "{table}");

    let ended = held.place.run(&["sso", "end", "--user", EMAIL, "--json"]);
    assert!(ended.err.contains("has ended in 1 browser"), "{}", ended.err);
    assert_eq!(ended.ok(), "{\"ended\":1}\n");
    assert_eq!(sessions(held).len(), 2, "sessions stay");
    let none = held.place.run(&list);
    assert!(none.err.contains("signed on in no browser"), "{}", none.err);
    for verb in ["list", "end"] {
        held.place.run(&["sso", verb, "--user", "nobody@example.org"]).failed(1, "no such user");
    }
}

fn licences_that_are_out_are_listed(held: &SessionWithAccount) {
    let report = &lines(&held.place.ok(&["license", "list", "--json"]))[0];
    let borrow = &report["licenses"][0];
    assert_eq!((&report["out"], &borrow["email"]), (&json!(1), &json!(EMAIL)));
    assert_eq!((&borrow["user"], &borrow["session"]), (&json!(held.user), &json!(held.session)));
    assert!(borrow["since"].as_str() < borrow["until"].as_str(), "{borrow}");
    let table = held.place.run(&["license", "list"]);
    assert!(table.err.contains("1 of 0 licences out."), "{}", table.err);
    assert!(table.ok().contains(EMAIL));
    held.place.ok(&["user", "delete", EMAIL, "--yes"]);
    let report = &lines(&held.place.ok(&["license", "list", "--json"]))[0];
    assert_eq!(report["licenses"][0]["email"], Value::Null, "it outlives who has it");
    assert!(held.place.ok(&["license", "list"]).contains("deleted"));
}

#[test]
fn how_many_licences_there_are_is_told() {
    let server = Server::start(&[("licenses.total", "5")]);
    let report = server.run(&["license", "list", "--json"], "");
    assert_eq!(lines(&report), [json!({"total": 5, "out": 0, "licenses": []})]);
    let told = server.command(&["license", "list"], "");
    assert_eq!((stdout(&told).as_str(), stderr(&told).as_str()), ("", "0 of 5 licences out.\n"));
}
