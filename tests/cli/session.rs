//! `bimgate session …`, and what commands do to logins, beside a running server.

use serde_json::{Value, json};

use super::support::app::{App, Kind, User};

const PHONE: &str = "0864b512-1776-4a55-8ee5-2b19d7d9b7ea";

macro_rules! on_every_store {
    ($($case:ident),* $(,)?) => {
        mod embedded { $( #[test] fn $case() { super::$case(super::Kind::Embedded); } )* }
        mod redis { $( #[test] fn $case() { super::$case(super::Kind::Redis); } )* }
    };
}

on_every_store!(sessions_are_listed_and_closed, what_changes_a_user_ends_the_logins);

fn sessions(app: &App, user: &User) -> Vec<Value> {
    let lines = app.server.run(&["session", "list", "--user", &user.email, "--json"], "");
    lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn login(app: &App, user: &User, client: &str) -> String {
    let body = json!({"client_id": client, "application_id": "app", "remember_me": true});
    super::support::app::token(&app.login_with(user, &body), "access_token")
}

fn sessions_are_listed_and_closed(kind: Kind) {
    let app = App::shared(kind);
    let user = app.user();
    let clients = [PHONE, "desk", "tablet", "car"];
    let tokens = clients.map(|client| login(&app, &user, client));
    app.cross_token(&tokens[0]);

    let table = app.server.run(&["session", "list", "--user", &user.id.to_string()], "");
    assert!(clients.iter().all(|client| table.contains(client)) && table.contains("127.0.0.1"), "{table}");
    let listed = sessions(&app, &user);
    let of = |client: &str| listed.iter().find(|session| session["client"] == client).expect("listed");
    let phone = of(PHONE);
    assert_eq!((&phone["audience"], &phone["how"]), (&json!(PHONE), &json!("password")));
    assert_eq!((&phone["address"], &phone["application"]), (&json!("127.0.0.1"), &json!("app")));
    for (tokens, count) in [("access_tokens", 1), ("remember_me_tokens", 1), ("cross_tokens", 1)] {
        assert_eq!(phone[tokens], count, "{tokens}");
    }
    let shown = app.server.run(&["user", "show", &user.email, "--json"], "");
    assert!(shown.contains("\"sessions\":4") && shown.contains("\"known_networks\":1"), "{shown}");

    let desk = of("desk")["id"].as_str().expect("an id").to_owned();
    for which in [&desk, "{0864B512-1776-4A55-8EE5-2B19D7D9B7EA}"] {
        app.server.run(&["session", "close", "--user", &user.email, which], "");
        let again = app.server.command(&["session", "close", "--user", &user.email, which], "");
        assert_eq!(again.status.code(), Some(1), "it is closed already");
    }
    app.refuses(&tokens[0]);
    app.refuses(&tokens[1]);
    app.accepts(&tokens[2]);
    let closed = app.server.run(&["session", "close", "--user", &user.email, "--all", "--json"], "");
    assert_eq!(closed, "{\"closed\":2}\n");
    app.refuses(&tokens[2]);
    app.refuses(&tokens[3]);
    assert_eq!(sessions(&app, &user).len(), 0);
    let who = ["--user", &user.email];
    for wrong in [[&["session", "close"][..], &who].concat(), [&["session", "list", "--kind", "v2"][..], &who].concat()]
    {
        assert_eq!(app.server.command(&wrong, "").status.code(), Some(2));
    }
}

fn what_changes_a_user_ends_the_logins(kind: Kind) {
    let app = App::shared(kind);
    let mut user = app.user();
    let access = app.login(&user);
    app.server.run(&["user", "set-password", &user.email, "--password-stdin"], "another password");
    app.refuses(&access);
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    user.password = "another password".into();

    let access = app.login(&user);
    app.server.run(&["user", "disable", &user.email], "");
    app.refuses(&access);
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    app.server.run(&["user", "enable", &user.email], "");
    app.refuses(&access);

    let access = app.login(&user);
    app.server.run(&["user", "delete", &user.email, "--yes"], "");
    app.refuses(&access);
    app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
}
