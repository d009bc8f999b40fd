//! Logging in with an app password.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::app::{App, Kind, User, token};
use crate::support::client::Reply;

/// An app password as it is shown once.
struct Shown {
    id: String,
    value: String,
}

fn add(app: &App, who: &str, more: &[&str]) -> Shown {
    let arguments = [&["user", "app-password", "add", who, "--name", "phone", "--json"], more].concat();
    let told: Value = serde_json::from_str(&app.server.run(&arguments, "")).expect("JSON");
    let text = |member: &str| told[member].as_str().expect("a text").to_owned();
    Shown { id: text("id"), value: text("app_password") }
}

fn revoke(app: &App, user: &User, which: &str) {
    app.server.run(&["user", "app-password", "revoke", &user.email, which], "");
}

fn listed(app: &App, user: &User) -> Vec<Value> {
    let lines = app.server.run(&["user", "app-password", "list", &user.email, "--json"], "");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn try_with(app: &App, who: &str, password: &str, more: &Value) -> Reply {
    let mut body = json!({"user_id": who, "password": password});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    app.post("/v2/authorize", &body)
}

#[track_caller]
fn log_in(app: &App, user: &User, password: &str) -> String {
    token(&try_with(app, &user.email, password, &Value::Null).ok(), "access_token")
}

#[track_caller]
fn refused(app: &App, user: &User, password: &str) {
    try_with(app, &user.email, password, &Value::Null).refused(401, "E_InvalidCredentials");
}

on_both_stores!(it_logs_in_with_and_without_a_password_here, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let without = format!("without.{}", user.email);
    let id = app.server.run(&["user", "add", "--email", &without, "--no-password"], "");
    for (who, id) in [(&user.email, user.id.to_string()), (&without, id.trim().to_owned())] {
        let shown = add(&app, who, &[]);
        let login = try_with(&app, who, &shown.value, &json!({"client_id": "a", "remember_me": true})).ok();
        assert_eq!(app.check(&token(&login, "access_token")).ok()["user_id"], id);
        let silent = json!({
            "client_id": "a", "remember_me": true, "remember_me_token": login["remember_me_token"]
        });
        app.post("/v2/authorize", &silent).ok();
    }
    app.login(&user);
});

on_both_stores!(it_may_be_typed_in_other_ways, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let shown = add(&app, &user.email, &[]).value;
    assert_eq!((shown.len(), shown.split('-').count()), (34, 7), "{shown}");
    let look_alikes: String = shown
        .chars()
        .skip(4)
        .map(|c| {
            if c == '0' {
                'O'
            } else if c == '1' {
                'l'
            } else {
                c
            }
        })
        .collect();
    for typed in [
        shown.clone(),
        shown.to_uppercase(),
        shown.replace('-', ""),
        shown.replace('-', " "),
        format!(" {shown}\n"),
        format!("bgap{look_alikes}"),
    ] {
        log_in(&app, &user, &typed);
    }
    let (start, last) = shown.split_at(shown.len() - 1);
    let other = if last == "z" { "y" } else { "z" };
    for mistyped in [format!("{start}{other}"), start.to_owned(), format!("{shown}0"), shown.replace("bgap-", "")] {
        refused(&app, &user, &mistyped);
    }
    refused(&app, &app.user(), &shown);
    try_with(&app, "nobody@example.org", &shown, &Value::Null).refused(401, "E_InvalidCredentials");
});

on_both_stores!(revoking_it_ends_what_it_opened_at_once_and_nothing_else, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [gone, stays] = [add(&app, &user.email, &[]), add(&app, &user.email, &[])];
    let opened = try_with(&app, &user.email, &gone.value, &json!({"client_id": "a", "remember_me": true})).ok();
    let access = token(&opened, "access_token");
    let silent = json!({"client_id": "a", "remember_me": true, "remember_me_token": opened["remember_me_token"]});
    let second = token(&app.post("/v2/authorize", &silent).ok(), "access_token");
    let cross = app.cross_token(&second);
    let swapped = token(&app.swap(&json!({"cross_token": cross, "client_id": "b"})).ok(), "access_token");
    let unspent = app.cross_token(&swapped);
    // The same client by the person's own password, the same by the other app password, and a client of its own.
    let own = token(&app.login_with(&user, &json!({"client_id": "a"})), "access_token");
    let same = try_with(&app, &user.email, &stays.value, &json!({"client_id": "a"})).ok();
    let others = [own, token(&same, "access_token"), log_in(&app, &user, &stays.value)];

    revoke(&app, &user, &gone.id);
    for dead in [&access, &second, &swapped] {
        app.refuses(dead);
    }
    app.post("/v2/authorize", &silent).refused(401, "E_InvalidCredentials");
    app.swap(&json!({"cross_token": unspent})).refused(401, "E_InvalidCredentials");
    refused(&app, &user, &gone.value);
    for alive in &others {
        app.accepts(alive);
    }
    log_in(&app, &user, &stays.value);
    revoke(&app, &user, "--all");
    app.accepts(&others[0]);
    app.refuses(&others[1]);
    app.refuses(&others[2]);
    refused(&app, &user, &stays.value);
    assert!(listed(&app, &user).is_empty());
});

on_both_stores!(a_disabled_person_has_none_that_counts, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let shown = add(&app, &user.email, &[]);
    let access = log_in(&app, &user, &shown.value);
    app.server.run(&["user", "disable", &user.email], "");
    app.refuses(&access);
    refused(&app, &user, &shown.value);
    app.server.run(&["user", "enable", &user.email], "");
    app.refuses(&access);
    log_in(&app, &user, &shown.value);
});

on_both_stores!(an_operators_new_password_takes_them_along_and_says_so, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let shown = [add(&app, &user.email, &[]), add(&app, &user.email, &[])];
    let access = log_in(&app, &user, &shown[0].value);
    let set = ["user", "set-password", &user.email, "--password-stdin"];
    let told = app.server.command(&set, "another password");
    let told = String::from_utf8(told.stderr).expect("UTF-8");
    assert!(told.contains("2 app passwords are revoked"), "{told}");
    app.refuses(&access);
    for gone in &shown {
        refused(&app, &user, &gone.value);
    }
    let like_one = app.server.command(&set, "bgap-0123-4567-89ab-cdef-ghjk-mnpq");
    assert_eq!(like_one.status.code(), Some(1), "nobody could log in with it");
});

on_both_stores!(nothing_that_it_opens_outlives_it, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let shown = add(&app, &user.email, &["--days", "2"]);
    let login = try_with(&app, &user.email, &shown.value, &json!({"client_id": "a"})).ok();
    let seconds = login["expires_in"].as_u64().expect("seconds");
    assert!((2 * 86_400 - 600..2 * 86_400).contains(&seconds), "{seconds}");
    let cross = app.cross_token(&token(&login, "access_token"));
    let swapped = app.swap(&json!({"cross_token": cross})).ok();
    assert!(swapped["expires_in"].as_u64().is_some_and(|swapped| swapped <= seconds), "{swapped}");
    assert!(listed(&app, &user)[0]["expires"].is_string());
});

on_both_stores!(its_last_use_is_told_to_the_day_and_network, |kind| {
    let app = App::start(kind, &[("server.trusted_proxies", "127.0.0.1/32")]);
    let user = app.user();
    let shown = add(&app, &user.email, &[]);
    let before = &listed(&app, &user)[0];
    assert_eq!((&before["name"], &before["last_used"]), (&json!("phone"), &Value::Null));
    for (address, network) in [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2::7", "2001:db8:1:2::/64")] {
        let body = json!({"user_id": user.email, "password": shown.value}).to_string();
        app.request("POST", "/v2/authorize").header("X-Forwarded-For", address).body(body).send().ok();
        let held = &listed(&app, &user)[0];
        assert_eq!(held["last_network"], network);
        assert!(held["last_used"].as_str().is_some_and(|day| day.len() == 10), "{held}");
    }
    let sessions = app.server.run(&["session", "list", "--user", &user.email, "--json"], "");
    for session in sessions.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")) {
        assert_eq!((&session["app_passwords"], &session["how"]), (&json!(["phone"]), &json!("password")));
    }
});

on_both_stores!(a_setting_switches_them_off, |kind| {
    let mut app = App::start(kind, &[]);
    let user = app.user();
    let shown = add(&app, &user.email, &[]);
    let access = log_in(&app, &user, &shown.value);
    app.server.ask_to_stop();
    app.server.stopped();
    app.server.restart_with(&[("passwords.app_passwords", "0")]);
    refused(&app, &user, &shown.value);
    app.accepts(&access);
    let made = app.server.command(&["user", "app-password", "add", &user.email, "--name", "x"], "");
    assert_eq!(made.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&made.stderr).contains("switched off"));
    assert_eq!(listed(&app, &user).len(), 1, "they are there still");
    revoke(&app, &user, &shown.id);
    app.refuses(&access);
});

on_both_stores!(a_person_has_so_many_and_no_more, |kind| {
    let app = App::start(kind, &[("passwords.app_passwords", "2")]);
    let user = app.user();
    let first = add(&app, &user.email, &[]);
    add(&app, &user.email, &[]);
    let more = ["user", "app-password", "add", &user.email, "--name", "phone"];
    let refused = app.server.command(&more, "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("as many app passwords as"));
    assert!(refused.stdout.is_empty(), "none is shown that does not count");
    revoke(&app, &user, &first.id);
    app.server.run(&more, "");
});

// Guessing one is guessing a password: the same buckets, and the same answer for known and unknown.
on_both_stores!(guesses_are_throttled_as_those_at_passwords, |kind| {
    let app = App::start(kind, &[]);
    let user = app.user();
    let shown = add(&app, &user.email, &[]);
    for who in [&*user.email, "nobody@example.org"] {
        for _ in 0..10 {
            let guess = "bgap-0123-4567-89ab-cdef-ghjk-mnpq";
            try_with(&app, who, guess, &Value::Null).refused(401, "E_InvalidCredentials");
        }
        try_with(&app, who, &shown.value, &Value::Null).refused(429, "E_TooManyAttempts");
    }
    try_with(&app, &user.email, &user.password, &Value::Null).refused(429, "E_TooManyAttempts");
});

on_both_stores!(each_refusal_has_its_reason_for_the_operator, |kind| {
    let app = App::start(kind, &[]);
    let user = app.user();
    let of_another = add(&app, &app.user().email, &[]).value;
    refused(&app, &user, &of_another);
    let metrics = app.request("GET", "/metrics").send().text();
    assert!(metrics.contains("bimgate_denied_total{reason=\"wrong_app_password\"} 1"), "{metrics}");
    let judged = "bimgate_password_checks_total{by=\"app_password\",outcome=\"refused\"} 1";
    assert!(metrics.contains(judged), "{metrics}");
});

on_both_stores!(its_value_is_neither_logged_nor_stored, |kind| {
    let mut app = App::start(kind, &[("log.level", "trace")]);
    let user = app.user();
    let shown = add(&app, &user.email, &[]);
    log_in(&app, &user, &shown.value);
    refused(&app, &app.user(), &shown.value);
    revoke(&app, &user, &shown.id);
    refused(&app, &user, &shown.value);
    app.server.ask_to_stop();
    app.server.stopped();
    let bare = shown.value.replace('-', "");
    let [group, other] = [&bare[4..16], &bare[16..]];
    let mut kept = app.server.log().to_lowercase().replace('-', "").into_bytes();
    match kind {
        Kind::Embedded => kept.extend(files_below(&app.server.data())),
        Kind::Redis => kept.extend(journal(&mut app)),
    }
    let has = |text: &str| kept.windows(text.len()).any(|bytes| bytes.eq_ignore_ascii_case(text.as_bytes()));
    assert!(has(&user.email), "what is searched is what is kept");
    assert!(!has(group) && !has(other));
});

fn files_below(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let read = |path: std::path::PathBuf| {
        if path.is_dir() { files_below(&path) } else { fs::read(path).unwrap_or_default() }
    };
    entries.flat_map(read).collect()
}

/// Whatever Redis was sent, as it writes it down.
fn journal(app: &mut App) -> Vec<u8> {
    let folder = app.redis().command("CONFIG GET dir");
    files_below(Path::new(folder.lines().last().expect("a folder").trim()))
}

// Whatever one of two servers has acknowledged, the other knows.
#[test]
fn two_servers_of_one_store_agree() {
    let app = App::start(Kind::Redis, &[]);
    let other = app.beside(&[]);
    let user = app.user();
    let shown = add(&app, &user.email, &[]);
    let access = log_in(&other, &user, &shown.value);
    app.accepts(&access);
    revoke(&other, &user, &shown.id);
    for server in [&app, &other] {
        server.refuses(&access);
        refused(server, &user, &shown.value);
    }
}
