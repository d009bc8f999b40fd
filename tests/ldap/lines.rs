//! How the line to the LDAP server is encrypted, and who is at its other end.

use crate::place::{Place, slapd};
use crate::support::app::Kind;

#[test]
fn people_are_proven_over_ldaps_starttls_and_loopback() {
    let plain = slapd().ldap();
    for settings in [
        &[][..],
        &[("ldap.urls", plain.as_str()), ("ldap.starttls", "true")],
        &[("ldap.urls", plain.as_str()), ("ldap.ca_file", "")],
    ] {
        let place = Place::start(Kind::Embedded, settings);
        let person = place.person();
        place.user(&person);
        place.refuses(&person.email, "wrong");
    }
}

#[test]
fn a_certificate_of_somebody_else_ends_the_conversation() {
    let ldap = slapd();
    let (plain, tls, renamed) = (ldap.ldap(), ldap.ldaps(), ldap.ldaps_by_another_name());
    let elsewhere = plain.replace("127.0.0.1", "127.0.0.2");
    for (settings, cause) in [
        // Signed by an authority that is not trusted.
        (&[("ldap.urls", tls.as_str()), ("ldap.ca_file", "")][..], "UnknownIssuer"),
        (&[("ldap.urls", &plain), ("ldap.starttls", "true"), ("ldap.ca_file", "")], "UnknownIssuer"),
        // Made out to another host.
        (&[("ldap.urls", &renamed)], "not valid for name"),
        // No TLS where it should be, and no LDAP where that should be.
        (&[("ldap.urls", &plain.replace("ldap:", "ldaps:"))], ""),
        (&[("ldap.urls", &tls.replace("ldaps:", "ldap:")), ("ldap.starttls", "true")], ""),
        // Nobody.
        (&[("ldap.urls", &elsewhere), ("ldap.starttls", "true")], "refused"),
    ] {
        let place = Place::start(Kind::Embedded, settings);
        let person = place.person();
        let body = place.log_in(&person).refused(503, "E_Unavailable");
        assert!(body["message"].as_str().is_some_and(|message| message.contains("LDAP")), "{body}");
        let id = body["uuid"].as_str().expect("an id");
        let lines = || {
            let log = place.app.server.log();
            let lines: Vec<_> = log.lines().filter(|line| line.contains("LDAP server")).map(str::to_owned).collect();
            (!lines.is_empty()).then_some(lines)
        };
        let lines = crate::support::wait::until("it is logged", std::time::Duration::from_secs(60), lines);
        assert!(lines.len() == 1 && lines[0].contains(id) && lines[0].contains(cause), "{cause}: {lines:?}");
        assert!(!place.is_known(&person.email));
    }
}

#[test]
fn the_server_that_can_be_reached_is_asked() {
    let live = slapd().ldaps();
    // Nobody listens at the first, and the second is not the one it should be.
    let urls = format!("ldaps://127.0.0.3:9,{},{live}", slapd().ldaps_by_another_name());
    let place = Place::start(Kind::Embedded, &[("ldap.urls", &urls)]);
    for _ in 0..3 {
        let person = place.person();
        place.user(&person);
        place.refuses(&person.email, "wrong");
    }
}
