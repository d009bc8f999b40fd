//! Whose account an entry is, and what becomes of it.

use serde_json::{Value, json};

use crate::place::Place;
use crate::support::app::token;
use crate::support::slapd::PEOPLE;

on_both_stores!(a_person_gets_an_account_at_their_first_login_and_keeps_it, |kind| {
    let place = Place::shared(kind);
    let person = place.person();
    place.refuses(&person.email, "wrong");
    assert!(!place.is_known(&person.email), "nobody gets one who is not proven");
    let user = place.user(&person);
    assert_eq!((&user["email"], &user["displayname"]), (&json!(person.email), &json!("Some One")));
    assert_eq!(place.user(&person)["id"], user["id"]);
    place.refuses(&person.email, "wrong");
    let shown = place.shown(&person.email);
    assert_eq!((&shown["id"], &shown["subject"]["issuer"]), (&user["id"], &json!("ldap")));
});

on_both_stores!(a_person_logs_in_on_the_page, |kind| {
    let place = Place::shared(kind);
    let person = place.person();
    let group = format!("cn={},ou=groups,dc=example,dc=org", person.email.split('@').next().expect("a name"));
    place.ldap.add(&group, &[("objectClass", &["groupOfNames"]), ("member", &[&person.dn])]);
    let session = place.app.open_session(&person.as_user());
    let info = place.app.user_info(&session.directory).ok();
    assert_eq!(info["userid"], place.user(&person)["id"]);
    let teams = place.shown(&person.email)["teams"].clone();
    assert_eq!(teams[0]["id"], json!(person.email.split('@').next()), "{teams}");
    assert_eq!(teams.as_array().map(Vec::len), Some(1));
});

on_both_stores!(name_and_teams_are_those_of_the_last_login, |kind| {
    let place = Place::shared(kind);
    let person = place.person();
    let name = person.email.split('@').next().expect("a name");
    let group = format!("cn={name},ou=groups,dc=example,dc=org");
    place.ldap.add(&group, &[("objectClass", &["groupOfNames"]), ("member", &[&person.dn])]);
    place.user(&person);
    assert_eq!(place.shown(&person.email)["teams"].as_array().map(Vec::len), Some(1));
    place.ldap.delete(&group);
    place.ldap.set(&person.dn, "cn", &["Another Name"]);
    assert_eq!(place.user(&person)["displayname"], "Another Name");
    assert_eq!(place.shown(&person.email)["teams"], json!([]));
});

on_both_stores!(a_user_without_a_password_is_linked_by_address, |kind| {
    let place = Place::shared(kind);
    let person = place.person();
    let id = place.add_without_password(&person.email);
    place.refuses(&person.email, "wrong");
    assert_eq!(place.shown(&person.email)["subject"], Value::Null, "not by a wrong password");
    assert_eq!(place.user(&person)["id"], json!(id));
    assert_eq!(place.shown(&person.email)["subject"]["issuer"], "ldap");
});

on_both_stores!(a_password_that_is_stored_here_counts_alone, |kind| {
    let place = Place::shared(kind);
    let user = place.app.user();
    let person = place.person_with(&user.email);
    place.refuses(&user.email, &person.password);
    assert_eq!(place.try_log_in(&user.email, &user.password).status, 200);
    // Set for somebody who was proven there before.
    let other = place.person();
    let id = place.user(&other)["id"].clone();
    place.app.server.run(&["user", "set-password", &other.email, "--password-stdin"], "a password of our own");
    place.refuses(&other.email, &other.password);
    assert_eq!(place.try_log_in(&other.email, "a password of our own").status, 200);
    // Nor does an address that is new there open another way.
    let renamed = format!("new.{}", other.email);
    place.ldap.set(&other.dn, "mail", &[&renamed]);
    place.refuses(&renamed, &other.password);
    assert_eq!(place.shown(&other.email)["id"], id);
});

on_both_stores!(who_is_disabled_here_stays_disabled, |kind| {
    let place = Place::shared(kind);
    let person = place.person();
    let access = token(&place.log_in(&person).ok(), "access_token");
    place.app.server.run(&["user", "disable", &person.email], "");
    place.app.refuses(&access);
    place.ldap.set(&person.dn, "cn", &["Another Name"]);
    place.refuses(&person.email, &person.password);
    place.refuses(&person.email, "wrong");
    let shown = place.shown(&person.email);
    assert_eq!((&shown["enabled"], &shown["name"]), (&json!(false), &json!("Some One")));
    place.app.server.run(&["user", "enable", &person.email], "");
    place.user(&person);
});

on_both_stores!(who_is_locked_there_is_refused, |kind| {
    let place = Place::shared(kind);
    let person = place.person();
    place.user(&person);
    place.ldap.set(&person.dn, "pwdAccountLockedTime", &["000001010000Z"]);
    place.refuses(&person.email, &person.password);
    place.ldap.set(&person.dn, "pwdAccountLockedTime", &[]);
    place.user(&person);
    // Who is gone there is unknown.
    place.ldap.delete(&person.dn);
    place.refuses(&person.email, &person.password);
});

on_both_stores!(without_provision_nobody_new_gets_in, |kind| {
    let place = Place::start(kind, &[("ldap.provision", "false")]);
    let (stranger, known) = (place.person(), place.person());
    place.refuses(&stranger.email, &stranger.password);
    assert!(!place.is_known(&stranger.email));
    place.add_without_password(&known.email);
    place.user(&known);
});

on_both_stores!(an_entry_that_is_renamed_is_the_same_person, |kind| {
    let place = Place::shared(kind);
    let mut person = place.person();
    let user = place.user(&person);
    let old = person.email.clone();
    person.email = format!("new.{old}");
    place.ldap.set(&person.dn, "mail", &[&person.email]);
    let rdn = format!("uid={}", uuid::Uuid::new_v4().simple());
    place.ldap.rename(&person.dn, &rdn);
    person.dn = format!("{rdn},{PEOPLE}");
    let renamed = place.user(&person);
    assert_eq!((&renamed["id"], place.is_known(&old)), (&user["id"], false));
    assert_eq!(place.user(&person)["email"], json!(person.email));
    place.refuses(&old, &person.password);
    // Whoever gets the address next is another.
    let heir = place.person_with(&old);
    assert_ne!(place.user(&heir)["id"], user["id"]);
});

on_both_stores!(who_gets_the_address_of_another_is_not_that_person, |kind| {
    let place = Place::shared(kind);
    let person = place.person();
    let user = place.user(&person);
    // The person has another address there, and has not been here since.
    let new = format!("new.{}", person.email);
    place.ldap.set(&person.dn, "mail", &[&new]);
    let heir = place.person_with(&person.email);
    place.refuses(&heir.email, &heir.password);
    assert_eq!(place.shown(&person.email)["id"], user["id"]);
    // Then they come: both are themselves.
    assert_eq!(place.try_log_in(&new, &person.password).status, 200);
    assert_ne!(place.user(&heir)["id"], user["id"]);
    assert_eq!(place.shown(&new)["id"], user["id"]);
});

on_both_stores!(only_people_of_the_named_domains_are_asked_for, |kind| {
    let place = Place::start(kind, &[("ldap.domains", "example.org,M\u{fc}ller.example")]);
    place.user(&place.person());
    let name = uuid::Uuid::new_v4().simple();
    place.user(&place.person_with(&format!("{name}@xn--mller-kva.example")));
    let other = place.person_with(&format!("{name}@elsewhere.example"));
    place.refuses(&other.email, &other.password);
    let below = place.person_with(&format!("{name}@below.example.org"));
    place.refuses(&below.email, &below.password);
});
