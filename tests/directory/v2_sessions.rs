//! An access token names a session under `/directory` too: the v2 session of its client.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bimgate::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::support::app::{App, token};
use crate::support::directory::{Session, path};
use crate::support::visitor::Visitor;

fn by_token(app: &App, call: &str, access: &str) -> crate::support::client::Reply {
    app.request("POST", &path(call)).token(access).send()
}

on_both_stores!(a_heartbeat_tells_of_a_session_that_needs_none, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    let body = by_token(&app, "heartbeat", &token(&login, "access_token")).ok();
    let session = Session::of_body(&body);
    assert_eq!((body["claims"].as_str(), body["displayname"].as_str()), (Some("access:client"), Some(&*user.email)));
    assert_eq!(session.heartbeat_before, session.end_of_life);
    // As long as this token, though the remember-me token keeps the session open for longer.
    let left = session.end_of_life - now();
    assert!((28_700..=28_800).contains(&left), "{left}");
});

on_both_stores!(its_bearer_names_it_and_ends_with_it, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = app.login(&user);
    let session = Session::of_body(&by_token(&app, "heartbeat", &access).ok());
    assert_eq!(app.user_info(&session.directory).ok()["userid"], json!(user.id));
    app.heartbeat(&session.directory).ok();
    app.revoke(&access, "?scope=client").ok();
    app.user_info(&session.directory).refused(401, "E_InvalidToken");
    app.heartbeat(&session.directory).refused(401, "E_InvalidToken");
    by_token(&app, "heartbeat", &access).refused(401, "E_InvalidToken");
});

on_both_stores!(its_bearer_ends_with_the_token_it_stands_for, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [one, other] =
        ["a", "a"].map(|client| token(&app.login_with(&user, &json!({"client_id": client})), "access_token"));
    let [first, second] = [&one, &other].map(|access| Session::of_body(&by_token(&app, "heartbeat", access).ok()));
    let renewed = Session::of_body(&app.heartbeat(&first.directory).ok());
    assert_eq!(renewed.end_of_life, first.end_of_life, "a token of thirty days, by its bearer as by itself");
    app.revoke(&one, "").ok();
    for gone in [&first, &renewed] {
        app.user_info(&gone.directory).refused(401, "E_InvalidToken");
        app.heartbeat(&gone.directory).refused(401, "E_InvalidToken");
    }
    app.user_info(&second.directory).ok();
});

on_both_stores!(its_bearer_lives_an_hour_and_is_renewed_for_as_long_as_the_token_lives, |kind| {
    let app = App::shared(kind);
    let session = Session::of_body(&by_token(&app, "heartbeat", &app.login(&app.user())).ok());
    let renewed = Session::of_body(&app.heartbeat(&session.directory).ok());
    assert_eq!((session.end_of_life, session.heartbeat_before), (renewed.end_of_life, renewed.heartbeat_before));
    assert!(session.end_of_life > now() + 2_500_000, "the session is one of thirty days");
    for bearer in [&session.directory, &session.http, &renewed.directory, &renewed.http] {
        let part = bearer.split('.').nth(1).expect("three parts");
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON");
        let [issued, expires] = ["iat", "exp"].map(|name| claims[name].as_u64().expect("seconds"));
        assert_eq!(expires - issued, 3600, "{claims}");
    }
});

on_both_stores!(closing_it_ends_every_token_of_the_client, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [one, two, other] =
        ["a", "a", "b"].map(|client| token(&app.login_with(&user, &json!({"client_id": client})), "access_token"));
    by_token(&app, "close?forceuserconsentonnextlogin=false", &one).ok();
    for gone in [&one, &two] {
        app.refuses(gone);
        by_token(&app, "userinfo", gone).refused(401, "E_InvalidToken");
    }
    app.accepts(&other);
});

on_both_stores!(a_forced_consent_counts_from_there_too, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let (mut browser, start) = (Visitor::default(), app.authenticate("access:client", ""));
    browser.open(&start, &user);
    assert!(!browser.open(&start, &user).asked_for_password);
    by_token(&app, "close?forceuserconsentonnextlogin=true", &app.login(&user)).ok();
    assert!(browser.open(&start, &user).asked_for_password);
});

fn now() -> u64 {
    SystemClock.now().seconds()
}
