//! The LDAP server is down, comes back, hangs, or refuses to be searched.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::place::Place;
use crate::support::app::Kind;
use crate::support::slapd::Slapd;
use crate::support::visitor::{Visitor, hidden};

/// Longer than any login may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// Logs in on the page.
fn on_the_page(place: &Place, email: &str, password: &str) -> u16 {
    let mut visitor = Visitor::default();
    let start = place.app.authenticate("access:client", "");
    let page = start.join(visitor.get(&start).header("location").expect("the page")).expect("a URL");
    let csrf = hidden(&visitor.get(&page).text(), "csrf").expect("a form");
    visitor.post(&page, &[("csrf", &csrf), ("email", email), ("password", password)]).status
}

on_both_stores!(while_it_is_gone_nobody_is_told_that_the_password_is_wrong, |kind| {
    let place = Place::beside(Arc::new(Slapd::start()), kind, &[]);
    let (person, local) = (place.person(), place.app.user());
    place.user(&person);
    place.ldap.kill();
    for _ in 0..4 {
        let reply = place.log_in(&person);
        reply.refused(503, "E_Unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    assert_eq!(on_the_page(&place, &person.email, &person.password), 503);
    place.try_log_in("nobody@example.org", "x").refused(503, "E_Unavailable");
    place.app.login(&local);
    let metrics = place.app.request("GET", "/metrics").send().text();
    assert!(metrics.contains("bimgate_logins_total{method=\"password\",outcome=\"unavailable\"} 5\n"), "{metrics}");
    for line in [
        "bimgate_password_checks_total{by=\"ldap\",outcome=\"unavailable\"} 6\n",
        "bimgate_password_checks_total{by=\"here\",outcome=\"right\"} 1\n",
        "bimgate_peer_errors_total{peer=\"ldap\"} 6\n",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    place.ldap.restart();
    place.user(&person);
});

#[test]
fn one_that_hangs_is_not_waited_for_without_end() {
    let place = Place::beside(Arc::new(Slapd::start()), Kind::Embedded, &[("ldap.timeout", "1")]);
    let person = place.person();
    place.ldap.freeze();
    place.log_in(&person).refused(503, "E_Unavailable");
    assert_eq!(on_the_page(&place, &person.email, &person.password), 503);
    let local = place.app.user();
    place.app.login(&local);
    place.ldap.thaw();
}

#[test]
fn only_so_many_are_asked_for_at_once() {
    let place = Place::beside(Arc::new(Slapd::start()), Kind::Embedded, &[("ldap.max_connections", "1")]);
    let person = place.person();
    place.ldap.freeze();
    let (done, replies) = channel();
    thread::scope(|scope| {
        for _ in 0..2 {
            let (done, place, person) = (done.clone(), &place, &person);
            scope.spawn(move || done.send(place.log_in(person)));
        }
        // The one waits for an answer, the other for nothing.
        let first = replies.recv_timeout(PATIENCE).expect("an answer");
        let body = first.refused(503, "E_Unavailable");
        assert!(body["message"].as_str().is_some_and(|message| message.starts_with("Too many people")), "{body}");
        place.ldap.thaw();
        replies.recv_timeout(PATIENCE).expect("an answer").ok();
    });
}

#[test]
fn one_that_does_not_let_itself_be_searched_is_no_wrong_password() {
    for settings in [("ldap.bind_password", "another"), ("ldap.base", "ou=nowhere,dc=example,dc=org")] {
        let place = Place::start(Kind::Embedded, &[settings]);
        let person = place.person();
        place.log_in(&person).refused(503, "E_Unavailable");
        place.try_log_in("nobody@example.org", "x").refused(503, "E_Unavailable");
        place.app.login(&place.app.user());
    }
}
