//! What somebody may type, and what an entry may say, to be let in as another.

use serde_json::json;

use crate::place::Place;
use crate::support::app::Kind;
use crate::support::slapd::PEOPLE;
use crate::support::visitor::{Visitor, hidden};
use crate::support::wait::until;

/// The line of a login that failed just now.
fn line(place: &Place, part: &str) -> String {
    let found = || place.app.server.log().lines().find(|line| line.contains(part)).map(str::to_owned);
    until("it is logged", std::time::Duration::from_secs(60), found)
}

#[test]
fn nothing_that_is_typed_is_a_filter() {
    let place = Place::shared(Kind::Embedded);
    let person = place.person();
    let (name, _) = person.email.split_once('@').expect("an address");
    for typed in [
        "*".to_owned(),
        format!("{name}*"),
        format!("*{name}@example.org"),
        format!("{}*)(cn=*", person.email),
        format!("{})(uid=*", person.email),
        format!("x)(mail={}", person.email),
        format!("{name}\\40example.org"),
        format!("{}\\", person.email),
        format!("{}\u{0}", person.email),
        "(".to_owned(),
    ] {
        place.refuses(&typed, &person.password);
    }
    place.user(&person);
    // What has a meaning in filters may be in an address.
    let odd = place.person_with(&format!("{name}*(o'{name}\\)@example.org"));
    place.user(&odd);
}

#[test]
fn no_bind_without_a_password_is_a_login() {
    let place = Place::shared(Kind::Embedded);
    let person = place.person();
    place.user(&person);
    for password in ["", "\u{0}", "\u{0}x"] {
        let reply = place.try_log_in(&person.email, password);
        assert!(matches!(reply.status, 400 | 401), "{password:?}: {} {}", reply.status, reply.text());
    }
    place.refuses(&person.email, " ");
    let mut visitor = Visitor::default();
    let start = place.app.authenticate("access:client", "");
    let page = start.join(visitor.get(&start).header("location").expect("the page")).expect("a URL");
    for password in ["", "\u{0}"] {
        let csrf = hidden(&visitor.get(&page).text(), "csrf").expect("a form");
        let reply = visitor.post(&page, &[("csrf", &csrf), ("email", &person.email), ("password", password)]);
        assert_eq!(reply.status, 401);
    }
}

#[test]
fn two_entries_with_one_address_are_nobody() {
    let place = Place::start(Kind::Embedded, &[]);
    let first = place.person();
    let second = place.person_with(&first.email);
    place.refuses(&first.email, &first.password);
    place.refuses(&first.email, &second.password);
    assert!(!place.is_known(&first.email));
    let logged = line(&place, "more than one entry");
    assert!(logged.contains("\"account\":\"") && !logged.contains(&first.email), "{logged}");
    assert!(line(&place, "\"reason\":\"refused_elsewhere\"").contains("/v2/authorize"));
    place.ldap.delete(&second.dn);
    place.user(&first);
}

#[test]
fn an_entry_cannot_claim_the_address_of_another() {
    let filter = "(|(mail={email})(description={email}))";
    let place = Place::start(Kind::Embedded, &[("ldap.filter", filter)]);
    let (attacker, victim) = (place.person(), place.app.user());
    let without_password = format!("victim.{}", attacker.email);
    place.add_without_password(&without_password);
    place.ldap.set(&attacker.dn, "description", &[&victim.email, &without_password, "nobody@example.org"]);
    for email in [&victim.email, &without_password, "nobody@example.org"] {
        place.refuses(email, &attacker.password);
    }
    assert!(!place.is_known("nobody@example.org"));
    place.user(&attacker);
    // Nor after they are known.
    place.refuses(&victim.email, &attacker.password);
    assert_eq!(place.shown(&without_password)["subject"], serde_json::Value::Null);
}

#[test]
fn a_referral_is_not_followed() {
    let place = Place::start(Kind::Embedded, &[]);
    let person = place.person();
    // One that leads to the person, if somebody follows it.
    let there = format!("{}/{PEOPLE}", place.ldap.ldap());
    let name = uuid::Uuid::new_v4().simple().to_string();
    let dn = format!("cn={name},dc=example,dc=org");
    let class: &[&str] = &["referral", "extensibleObject"];
    place.ldap.add(&dn, &[("objectClass", class), ("cn", &[&name]), ("ref", &[&there])]);
    // Both the base itself, and something below it.
    for base in [dn.as_str(), "dc=example,dc=org"] {
        let place = Place::start(Kind::Embedded, &[("ldap.base", base), ("ldap.filter", "(description={email})")]);
        place.refuses(&person.email, &person.password);
        assert!(line(&place, "refers to another").contains("\"level\":\"WARN\""));
    }
    // A search that finds somebody is no referral.
    let place = Place::start(Kind::Embedded, &[("ldap.base", "dc=example,dc=org")]);
    place.user(&person);
}

#[test]
fn an_entry_without_an_id_is_nobody() {
    let place = Place::start(Kind::Embedded, &[("ldap.id_attribute", "employeeNumber")]);
    let person = place.person();
    place.refuses(&person.email, &person.password);
    assert!(line(&place, "employeeNumber").contains("exactly one"));
    place.ldap.set(&person.dn, "employeeNumber", &["42"]);
    place.user(&person);
    assert_eq!(place.shown(&person.email)["subject"]["subject"], json!("42"));
}

on_both_stores!(no_password_is_logged_or_stored, |kind| {
    let place = Place::start(kind, &[("log.level", "trace")]);
    let person = place.person();
    place.user(&person);
    place.refuses(&person.email, "another secret of theirs");
    place.app.open_session(&person.as_user());
    let last = place.app.request("GET", "/nowhere").send();
    line(&place, last.header("x-request-id").expect("an id"));
    let log = place.app.server.log();
    let searcher = crate::support::slapd::SEARCHER.1;
    for secret in [&person.password, "another secret of theirs", searcher, &person.email, &person.dn] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let shown = place.shown(&person.email);
    assert_eq!(shown["password"], json!(false), "{shown}");
});
