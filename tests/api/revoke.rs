//! `DELETE /v2/authorize`, and what else ends tokens.

use serde_json::{Value, json};

use crate::support::app::{App, User, token};

/// Every kind of token, of two clients of one user.
struct HeldTokens {
    access: [String; 3],
    remembered: String,
    cross: String,
}

/// `access[0]` and the remember-me token are of client `a`, as is `access[1]`; `access[2]` and the cross token are of `b`.
fn hold(app: &App, user: &User) -> HeldTokens {
    let login = app.login_with(user, &json!({"remember_me": true, "client_id": "a"}));
    let [second, third] = ["a", "b"].map(|id| token(&app.login_with(user, &json!({"client_id": id})), "access_token"));
    let cross = app.cross_token(&third);
    HeldTokens {
        access: [token(&login, "access_token"), second, third],
        remembered: token(&login, "remember_me_token"),
        cross,
    }
}

fn silent(app: &App, held: &HeldTokens) -> u16 {
    let body = json!({"remember_me": true, "remember_me_token": held.remembered, "client_id": "a"});
    app.post("/v2/authorize", &body).status
}

#[track_caller]
fn all_dead(app: &App, held: &HeldTokens) {
    for access in &held.access {
        app.refuses(access);
    }
    assert_eq!(silent(app, held), 401);
    app.swap(&json!({"cross_token": held.cross})).refused(401, "E_InvalidCredentials");
}

on_both_stores!(a_revoked_token_is_told_about_once_more_and_refused_from_then_on, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = app.login(&user);
    let mut told = app.check(&access).ok();
    let deleted = app.revoke(&access, "?_=1732").ok();
    told["expires_in"] = json!(0);
    assert_eq!(deleted, told);
    app.refuses(&access);
    app.mint(&access).refused(401, "E_InvalidToken");
    app.revoke(&access, "").refused(401, "E_InvalidToken");
});

on_both_stores!(revoking_leaves_every_other_token_alone, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let held = hold(&app, &user);
    app.revoke(&held.access[0], "").ok();
    app.refuses(&held.access[0]);
    app.accepts(&held.access[1]);
    app.accepts(&held.access[2]);
    assert_eq!(silent(&app, &held), 200);
    app.swap(&json!({"cross_token": held.cross})).ok();
});

on_both_stores!(the_scope_client_ends_the_whole_session_of_that_client, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let held = hold(&app, &user);
    let of_a = app.cross_token(&held.access[0]);
    assert_eq!(app.revoke(&held.access[1], "?scope=client").ok()["expires_in"], 0);
    app.refuses(&held.access[0]);
    app.refuses(&held.access[1]);
    assert_eq!(silent(&app, &held), 401);
    app.swap(&json!({"cross_token": of_a})).refused(401, "E_InvalidCredentials");
    app.accepts(&held.access[2]);
    app.swap(&json!({"cross_token": held.cross})).ok();
});

on_both_stores!(the_scope_user_ends_every_session_of_the_user, |kind| {
    let app = App::shared(kind);
    let [user, other] = [app.user(), app.user()];
    let (held, untouched) = (hold(&app, &user), hold(&app, &other));
    app.revoke(&held.access[0], "?scope=user").ok();
    all_dead(&app, &held);
    app.accepts(&untouched.access[0]);
    app.login(&user);
});

on_both_stores!(another_scope_is_a_bad_request_and_ends_nothing, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    for query in ["?scope=", "?scope=all", "?scope=User", "?scope=client%20"] {
        app.revoke(&access, query).refused(400, "E_BadRequest");
    }
    app.accepts(&access);
});

on_both_stores!(only_a_live_access_token_can_be_revoked, |kind| {
    let app = App::shared(kind);
    let held = hold(&app, &app.user());
    for no_access in ["", "x", "0123456789abcdef0123456789abcdef", &held.remembered, &held.cross] {
        let reply = app.revoke(no_access, "");
        reply.refused(401, "E_InvalidToken");
        assert_eq!(reply.header("www-authenticate"), Some("BimPlus"));
    }
    assert_eq!(silent(&app, &held), 200);
});

on_both_stores!(disabling_ends_every_session_and_enabling_brings_none_back, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let held = hold(&app, &user);
    app.server.run(&["user", "disable", &user.email], "");
    all_dead(&app, &held);
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    app.server.run(&["user", "enable", &user.id.to_string()], "");
    all_dead(&app, &held);
    app.login(&user);
});

on_both_stores!(a_new_password_ends_every_session, |kind| {
    let app = App::shared(kind);
    let mut user = app.user();
    let held = hold(&app, &user);
    app.server.run(&["user", "set-password", &user.email, "--password-stdin"], "another password");
    all_dead(&app, &held);
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    user.password = "another password".into();
    app.login(&user);
});

on_both_stores!(deleting_a_user_ends_every_session, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let held = hold(&app, &user);
    app.server.run(&["user", "delete", &user.email, "--yes"], "");
    all_dead(&app, &held);
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
});

on_both_stores!(the_operator_can_close_a_session, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let held = hold(&app, &user);
    app.server.run(&["session", "close", "--user", &user.email, "a"], "");
    app.refuses(&held.access[0]);
    app.refuses(&held.access[1]);
    assert_eq!(silent(&app, &held), 401);
    app.accepts(&held.access[2]);
});
