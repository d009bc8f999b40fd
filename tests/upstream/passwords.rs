//! Logins with a password that is still at the old service.

use std::time::Duration;

use serde_json::json;

use super::place::{GAINED, Move, honest, import, liar, refusal, shown, somebody, start_after};
use super::support::app::Kind::Embedded;
use super::support::app::{App, User, token};
use super::support::liar::{Answer, TLS};
use super::support::server::Server;
use super::support::wait::until;

on_both_stores!(an_imported_person_logs_in_with_the_old_password_and_stays, |kind| {
    let Move { mut old, new } = Move::start(kind, &[]);
    let user = old.user();
    import(&new, &user);
    new.try_login(&user, &json!({"password": "wrong"})).refused(401, "E_InvalidCredentials");
    let login = new.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    let checked = new.check(&token(&login, "access_token")).ok();
    assert_eq!(checked["user_id"], user.id.to_string(), "the id stays");
    let id = user.id.to_string();
    until("the token gained is ended there", Duration::from_secs(60), || {
        old.server.run(&["session", "list", "--user", &id, "--json"], "").is_empty().then_some(())
    });

    old.server.kill();
    new.login(&user);
    new.try_login(&user, &json!({"password": "wrong"})).refused(401, "E_InvalidCredentials");
    assert_eq!(shown(&new, &id).expect("there")["password"], true);
});

on_both_stores!(whoever_is_unknown_comes_over_only_where_that_is_set, |kind| {
    let Move { old, new } = Move::start(kind, &[("upstream.provision", "true"), ("upstream.domains", "Example.ORG")]);
    let (user, other) = (old.user(), User { email: "a@example.net".to_owned(), ..somebody() });
    old.add(&other);
    let checked = new.check(&new.login(&user)).ok();
    assert_eq!(checked["user_id"], user.id.to_string(), "the id is kept");
    assert_eq!(shown(&new, &user.email).expect("made")["id"], user.id.to_string());
    new.try_login(&other, &json!({})).refused(401, "E_InvalidCredentials");
    new.try_login(&somebody(), &json!({})).refused(401, "E_InvalidCredentials");

    let Move { old, new } = Move::start(kind, &[]);
    let user = old.user();
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    assert!(shown(&new, &user.email).is_none());
});

#[test]
fn the_question_is_one_that_the_old_service_can_answer() {
    // Composed from two characters: who hashed this without a normal form cannot verify the other form.
    let user = User { password: "cafe\u{301}".to_owned(), ..somebody() };
    let old = liar(&user);
    let new = start_after(&format!("{}/", old.url), Embedded, &[]);
    import(&new, &user);
    new.login_with(&user, &json!({"client_id": "mine", "remember_me": true, "application_id": "app"}));
    until("the token gained is ended", Duration::from_secs(60), || {
        (old.asked("DELETE /v2/authorize") == 1).then_some(())
    });
    let asked = old.everything_asked();
    let body = asked[0].split("\r\n\r\n").nth(1).expect("a body");
    let mut body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let client = body["client_id"].take();
    assert!(client.as_str().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok_and(|id| !id.is_nil())), "{client}");
    assert_eq!(body, json!({"user_id": user.email, "password": user.password, "client_id": null}));
    for request in &asked[1..] {
        assert!(request.contains(&format!("authorization: BimPlus {GAINED}\r\n")), "{request}");
    }
    assert_eq!(asked.len(), 4, "login, token, user, end");
}

#[test]
fn who_is_another_person_there_than_here_is_refused_and_named_to_the_operator() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    let conflicts = |words: &str| new.server.log().contains(words);

    let elsewhere = User { id: somebody().id, email: user.email.clone(), password: String::new() };
    import(&new, &elsewhere);
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    assert!(conflicts("the user of this e-mail address has another id here"));
    assert_eq!(shown(&new, &user.email).expect("there")["password"], false);
    new.server.run(&["user", "delete", &user.email, "--yes"], "");

    let renamed = User { id: user.id, email: "renamed@example.org".to_owned(), password: String::new() };
    import(&new, &renamed);
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    assert!(conflicts("the user of this id has another e-mail address here"));
    new.server.run(&["user", "delete", &renamed.email, "--yes"], "");

    // It says that the address is another's.
    old.says("GET /v2/user", Answer::Json(json!({"id": user.id, "email": "other@example.org"})));
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    assert!(conflicts("another e-mail address than the one that they logged in with"));
    assert!(shown(&new, &user.email).is_none() && shown(&new, "other@example.org").is_none());
    let log = new.server.log();
    assert!(log.contains(&user.id.to_string()) && !log.contains(&user.email), "by id, not by address: {log}");

    honest(&old, &user);
    new.login(&user);
}

#[test]
fn after_its_last_day_the_old_service_is_not_asked() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.until", "2026-01-31"), ("upstream.provision", "true")]);
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    import(&new, &user);
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    assert_eq!(old.everything_asked(), Vec::<String>::new());
}

#[test]
fn who_is_believed_has_the_right_certificate() {
    let user = somebody();
    let old = super::support::liar::Liar::start_with_tls();
    honest(&old, &user);
    let authority = format!("{TLS}/authority.pem");
    let new = start_after(&old.url, Embedded, &[("upstream.ca_file", &authority), ("upstream.provision", "true")]);
    new.login(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    new.try_login(&user, &json!({})).refused(503, "E_Unavailable");
    let (status, said) = Server::refuses_to_start(&[("upstream.url", "http://192.0.2.1")]);
    assert!(!status.success() && said.contains("upstream.url must be an https URL"), "{said}");
}

#[test]
fn a_wrong_password_costs_a_place_in_the_buckets() {
    let user = somebody();
    let old = liar(&user);
    old.says("POST /v2/authorize", refusal());
    let settings = [("throttle.account_network.burst", "2"), ("upstream.provision", "true")];
    let new = start_after(&old.url, Embedded, &settings);
    let refused = (0..4).map(|_| new.try_login(&user, &json!({})).status).collect::<Vec<_>>();
    assert_eq!(refused, [401, 401, 429, 429]);
    assert_eq!(old.asked("POST /v2/authorize"), 2, "who is throttled is not asked for");
}

/// Somebody imported before the old service was named is asked for there as well.
#[test]
fn the_old_service_may_be_named_after_the_import() {
    let old = App::start(Embedded, &[]);
    let user = old.user();
    let mut new = App::start(Embedded, &[]);
    import(&new, &user);
    new.try_login(&user, &json!({})).refused(401, "E_InvalidCredentials");
    new.server.kill();
    new.server.restart_with(&[("upstream.url", &super::place::url(&old))]);
    new.login(&user);
}
