//! Everyone comes over: whoever could log in before does so here, by an old client that knows a password box only, and
//! in a browser.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::browser::Browser;
use crate::looks::{Scheme, Screen};
use crate::place::Place;
use crate::support::app::{App, Kind, User, token};
use crate::support::slapd::{PEOPLE, SEARCHER, Slapd, TLS};

/// Of `the old password`, made by another program (bcrypt, cost 10).
const HASH: &str = "$2b$10$abcdefghijklmnopqrstuuXVeKAAe4vYFWC8mgvzWPMPrnHUWK92q";

/// Logs in by an old client, on a phone and at a desk; with another password neither before nor after.
#[track_caller]
fn logs_in_everywhere(place: &Place, user: &User) {
    let is_refused =
        || place.app.try_login(user, &json!({"password": "not the password"})).refused(401, "E_InvalidCredentials");
    is_refused();
    let login = place.app.login_with(user, &json!({"client_id": Uuid::new_v4(), "remember_me": true}));
    place.app.accepts(&token(&login, "access_token"));
    for (screen, scheme) in [(Screen::Phone, Scheme::Dark), (Screen::Desktop, Scheme::Light)] {
        let browser = Browser::start();
        browser.looks(screen, scheme);
        let bearer = place.log_in(&browser, user);
        assert_eq!(place.app.user_info(&bearer).ok()["email"], user.email);
    }
    is_refused();
}

#[track_caller]
fn import(place: &Place, row: &Value) {
    place.app.server.run(&["user", "import", "-", "--format", "jsonl"], &row.to_string());
}

#[test]
fn a_person_with_a_password_at_the_old_service() {
    let mut old = App::start(Kind::Embedded, &[]);
    let user = old.user();
    let url = format!("http://{}", old.address());
    let place = Place::new(&[("upstream.url", &url), ("upstream.timeout_ms", "30000")]);
    import(&place, &json!({"id": user.id, "email": user.email}));
    // Who comes over on the login page needs the old service that once, and never again.
    let browser = Browser::start();
    place.log_in(&browser, &user);
    old.server.kill();
    logs_in_everywhere(&place, &user);
}

#[test]
fn a_person_of_an_ldap_server() {
    let ldap = Slapd::start();
    let user = User { id: Uuid::nil(), email: "grace@example.org".to_owned(), password: "in the directory".to_owned() };
    ldap.add(
        &format!("uid=grace,{PEOPLE}"),
        &[
            ("objectClass", &["inetOrgPerson"]),
            ("cn", &["Grace"]),
            ("sn", &["Grace"]),
            ("mail", &[&user.email]),
            ("userPassword", &[&user.password]),
        ],
    );
    let (url, authority) = (ldap.ldaps(), format!("{TLS}/authority.pem"));
    let place = Place::new(&[
        ("ldap.urls", &url),
        ("ldap.ca_file", &authority),
        ("ldap.bind_dn", SEARCHER.0),
        ("ldap.bind_password", SEARCHER.1),
        ("ldap.base", PEOPLE),
        ("ldap.provision", "true"),
        ("ldap.timeout", "30"),
    ]);
    logs_in_everywhere(&place, &user);
}

#[test]
fn a_person_with_a_bcrypt_hash_from_a_file() {
    let place = Place::new(&[]);
    let id = Uuid::new_v4();
    let user = User { id, email: "mary@example.org".to_owned(), password: "the old password".to_owned() };
    import(&place, &json!({"id": id, "email": user.email, "password_hash": HASH}));
    logs_in_everywhere(&place, &user);
}
