//! What one user may hold, and for how long at the most.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, User, token};
use crate::support::wait::until;

fn login(app: &App, user: &User, client: &str) -> String {
    token(&app.login_with(user, &json!({"client_id": client})), "access_token")
}

on_both_stores!(beyond_the_tokens_of_one_client_the_oldest_goes, |kind| {
    let app = App::start(kind, &[("limits.max_tokens_per_client", "2")]);
    let user = app.user();
    let other = login(&app, &user, "b");
    let [first, second, third] = ["a"; 3].map(|client| login(&app, &user, client));
    app.refuses(&first);
    for access in [&second, &third, &other] {
        app.accepts(access);
    }
});

on_both_stores!(beyond_the_remember_me_tokens_of_one_client_the_oldest_goes, |kind| {
    let app = App::start(kind, &[("limits.max_remember_me_per_client", "1")]);
    let user = app.user();
    let remember = || app.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    let [first, second] = [remember(), remember()];
    let silent = |login: &Value| {
        let body = json!({"remember_me": true, "remember_me_token": login["remember_me_token"], "client_id": "a"});
        app.post("/v2/authorize", &body)
    };
    silent(&first).refused(401, "E_InvalidCredentials");
    silent(&second).ok();
    app.accepts(&token(&first, "access_token"));
});

on_both_stores!(beyond_the_sessions_of_a_user_those_with_made_ids_go_first, |kind| {
    let app = App::start(kind, &[("limits.max_sessions_per_user", "3")]);
    let user = app.user();
    let [named, made, later] = ["named", "", "later"].map(|client| login(&app, &user, client));
    let fourth = login(&app, &user, "fourth");
    app.refuses(&made);
    for access in [&named, &later, &fourth] {
        app.accepts(access);
    }
    let fifth = login(&app, &user, "fifth");
    app.refuses(&named);
    for access in [&later, &fourth, &fifth] {
        app.accepts(access);
    }
});

on_both_stores!(nothing_lives_past_the_age_of_its_login, |kind| {
    let lifetimes = ["access_lifetime", "remember_me_access_lifetime", "remember_me_lifetime", "cross_lifetime"];
    let names = lifetimes.map(|key| format!("tokens.{key}"));
    let mut settings = vec![("tokens.max_login_age", "100")];
    settings.extend(names.iter().map(|name| (name.as_str(), "100")));
    let app = App::start(kind, &settings);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    assert_eq!((&login["expires_in"], &login["remember_me_expires_in"]), (&json!(99), &json!(99)));
    let access = token(&login, "access_token");
    let left = || app.check(&access).ok()["expires_in"].as_u64().filter(|left| *left < 98);
    let left = until("two seconds of its life are over", Duration::from_secs(10), left);

    let minted = app.mint(&access).ok();
    let swapped = app.swap(&json!({"cross_token": minted["cross_token"]})).ok();
    let silent = json!({"remember_me": true, "remember_me_token": login["remember_me_token"], "client_id": "a"});
    let silent = app.post("/v2/authorize", &silent).ok();
    for inherited in [&minted, &swapped, &silent] {
        assert!(inherited["expires_in"].as_u64().is_some_and(|seconds| seconds <= left), "{left}: {inherited}");
    }
    assert_eq!(app.login_with(&user, &Value::Null)["expires_in"], 99, "a new proof");
});
