//! `POST /v2/authorize` with a remember-me token.

use bimgate::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, User, token};

/// Logs in with `remember_me`; the remember-me token.
fn remember(app: &App, user: &User, client: &str) -> String {
    let login = app.login_with(user, &json!({"remember_me": true, "client_id": client}));
    token(&login, "remember_me_token")
}

fn silent(remembered: &str, client: &str) -> Value {
    json!({"remember_me": true, "remember_me_token": remembered, "client_id": client})
}

on_both_stores!(remembering_answers_with_a_token_and_its_life, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    token(&login, "access_token");
    token(&login, "remember_me_token");
    assert_eq!(login["expires_in"], 28_799);
    assert_eq!(login["remember_me_expires_in"], 2_591_999);
    assert_eq!(login["remember_me"], true);
    assert_eq!(login["token_type"], "BimPlus");
    assert_eq!(login.as_object().map(serde_json::Map::len), Some(7), "{login}");
});

on_both_stores!(a_remember_me_token_logs_in_again_and_again, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let client = Uuid::new_v4().to_string();
    let remembered = remember(&app, &user, &client);
    let mut all = Vec::new();
    for _ in 0..3 {
        let login = app.post("/v2/authorize", &silent(&remembered, &client)).ok();
        assert_eq!(login["expires_in"], 28_799);
        assert_eq!(login["client_id"], client);
        assert_eq!(login["token_type"], "BimPlus");
        assert_eq!(login.as_object().map(serde_json::Map::len), Some(4), "{login}");
        all.push(token(&login, "access_token"));
    }
    for access in &all {
        let info = app.check(access).ok();
        assert_eq!((&info["user_id"], &info["audience"]), (&json!(user.id.to_string()), &json!(client)));
    }
    let mut named = silent(&remembered, &client);
    named["application_id"] = json!("0106c8baad467c08e26f026852cb7525");
    assert_eq!(app.post("/v2/authorize", &named).ok()["application_id"], "0106c8baad467c08e26f026852cb7525");
});

on_both_stores!(it_works_only_with_the_client_it_was_issued_to, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let id = Uuid::new_v4();
    let remembered = remember(&app, &user, &id.braced().to_string());
    for same in [id.to_string(), id.simple().to_string().to_uppercase()] {
        let login = app.post("/v2/authorize", &silent(&remembered, &same)).ok();
        assert_eq!(login["client_id"], same, "echoed as sent");
    }
    let by_bytes = remember(&app, &user, "Device");
    app.post("/v2/authorize", &silent(&by_bytes, "Device")).ok();
    for (token, other) in [(&remembered, Uuid::new_v4().to_string()), (&by_bytes, "device".into())] {
        app.post("/v2/authorize", &silent(token, &other)).refused(401, "E_InvalidCredentials");
    }
    app.post("/v2/authorize", &silent(&by_bytes, "Device")).ok();
});

on_both_stores!(it_is_read_in_both_spellings, |kind| {
    let app = App::shared(kind);
    let remembered = remember(&app, &app.user(), "a");
    for name in ["remember_me_token", "remeber_me_token"] {
        app.post("/v2/authorize", &json!({"remember_me": "true", name: remembered, "client_id": "a"})).ok();
    }
});

on_both_stores!(what_a_silent_login_lacks_is_a_bad_request, |kind| {
    let app = App::shared(kind);
    let remembered = remember(&app, &app.user(), "a");
    for body in [
        json!({"remember_me": true, "remember_me_token": remembered}),
        json!({"remember_me": true, "remember_me_token": remembered, "client_id": ""}),
        json!({"remember_me": true, "remember_me_token": remembered, "client_id": Uuid::nil()}),
        json!({"remember_me": true, "client_id": "a"}),
        json!({"remember_me": true, "remember_me_token": 5, "client_id": "a"}),
        json!({"remember_me": true, "remember_me_token": null, "client_id": "a"}),
        json!({"remember_me_token": remembered, "client_id": "a"}),
    ] {
        app.post("/v2/authorize", &body).refused(400, "E_BadRequest");
    }
});

on_both_stores!(a_password_makes_it_a_password_login, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let remembered = remember(&app, &user, "a");
    let wrong = json!({"password": "wrong", "remember_me": true, "remember_me_token": remembered, "client_id": "a"});
    app.try_login(&user, &wrong).refused(401, "E_InvalidCredentials");
    let right = json!({"remember_me": true, "remember_me_token": remembered, "client_id": "a"});
    let login = app.login_with(&user, &right);
    assert_ne!(token(&login, "remember_me_token"), remembered, "a new one");
    let mut empty = silent(&remembered, "a");
    empty["password"] = json!("");
    empty["user_id"] = json!("someone@else.example");
    app.post("/v2/authorize", &empty).ok();
});

on_both_stores!(booleans_are_read_leniently, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    for (sent, remembers) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("True"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!("False"), false),
        (json!(""), false),
        (Value::Null, false),
    ] {
        let login = app.login_with(&user, &json!({"remember_me": sent, "client_id": "a"}));
        assert_eq!(login["remember_me_token"].is_string(), remembers, "{sent}");
    }
});

on_both_stores!(a_token_that_is_none_is_refused_like_a_wrong_password, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = token(&app.login_with(&user, &json!({"client_id": "a"})), "access_token");
    for sent in ["0123456789abcdef0123456789abcdef", "short", "not hexadecimal at all, and long", &access] {
        let reply = app.post("/v2/authorize", &silent(sent, "a"));
        reply.refused(401, "E_InvalidCredentials");
        assert_eq!(reply.header("www-authenticate"), Some("BimPlus"));
    }
});

on_both_stores!(without_a_client_id_the_made_one_is_bound, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true}));
    let (remembered, made) = (token(&login, "remember_me_token"), login["client_id"].as_str().expect("an id"));
    let again = app.post("/v2/authorize", &silent(&remembered, made)).ok();
    assert_eq!(again["client_id"], made);
    app.accepts(&token(&login, "access_token"));
});

// Lifetimes count down while a case runs, so it compares with what they were at first: more than that is too long.
on_both_stores!(nothing_that_comes_of_it_outlives_it, |kind| {
    let app = App::start(kind, &[("tokens.remember_me_lifetime", "1000")]);
    let user = app.user();
    let bounded = |body: &Value| {
        let left = body["expires_in"].as_u64();
        assert!(left.is_some_and(|left| left < 1000), "{body}");
    };
    let made = app.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    assert_eq!(made["remember_me_expires_in"], 999);
    bounded(&made);
    let remembered = token(&made, "remember_me_token");
    let silent = app.post("/v2/authorize", &silent(&remembered, "a")).ok();
    bounded(&silent);
    for login in [made, silent] {
        let mut access = token(&login, "access_token");
        for client in ["b", "c", "a"] {
            let cross = app.cross_token(&access);
            let swapped = app.swap(&json!({"cross_token": cross, "client_id": client})).ok();
            bounded(&swapped);
            access = token(&swapped, "access_token");
            bounded(&app.check(&access).ok());
        }
        let session = app.request("POST", "/directory/api/directorysession/heartbeat").token(&access).send().ok();
        let left = session["session_eol"].as_u64().expect("seconds").saturating_sub(SystemClock.now().seconds());
        assert!(left <= 1000, "{session}");
    }
    let plain = token(&app.login_with(&user, &json!({"client_id": "a"})), "access_token");
    let swapped = app.swap(&json!({"cross_token": app.cross_token(&plain), "client_id": "a"})).ok();
    assert_eq!(swapped["expires_in"], 2_591_999, "another login of the same client is bounded by nothing of it");
});
