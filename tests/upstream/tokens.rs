//! Tokens of the old service that clients hold on the day of the switch.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::place::{GAINED, Move, honest, import, liar, refusal, shown, somebody, start_after, token_of, url};
use super::support::app::Kind::{Embedded, Redis};
use super::support::app::{App, ROOMY, User, token};
use super::support::liar::Answer;

fn silent(remembered: &str, client: &str) -> Value {
    json!({"remember_me": true, "remember_me_token": remembered, "client_id": client})
}

/// How many sessions a person has, and how many tokens.
fn held(app: &App, user: &User) -> (usize, u64) {
    let listed = app.server.run(&["session", "list", "--user", &user.id.to_string(), "--json"], "");
    let sessions: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let count = |session: &Value, of: &str| session[of].as_u64().unwrap_or_default();
    let tokens = sessions.iter().map(|session| count(session, "access_tokens") + count(session, "remember_me_tokens"));
    (sessions.len(), tokens.sum())
}

on_both_stores!(an_access_token_goes_on_to_count_and_is_asked_for_once, |kind| {
    let Move { mut old, new } = Move::start(kind, &[]);
    let user = old.user();
    import(&new, &user);
    let client = Uuid::new_v4().to_string();
    let named = token(&old.login_with(&user, &json!({"client_id": client})), "access_token");
    let nameless = old.login(&user);
    let there = old.check(&named).ok();

    let here = new.check(&named);
    assert_eq!(here.header("x-user-id"), Some(&*user.id.to_string()));
    let here = here.ok();
    assert_eq!((&here["user_id"], &here["audience"]), (&there["user_id"], &there["audience"]));
    let lives = |info: &Value| info["expires_in"].as_u64().expect("a number");
    let [there, here] = [there, here].map(|info| lives(&info));
    assert!(here <= there && here + 300 > there, "{here} of {there}");
    let nameless_here = new.check(&nameless).ok();
    assert_eq!(nameless_here["audience"], Uuid::nil().to_string());

    old.server.kill();
    for (access, here) in [(&named, here), (&nameless, lives(&nameless_here))] {
        new.accepts(access);
        assert_eq!(new.request("HEAD", "/v2/authorize").token(access).send().status, 200);
        assert_eq!(new.request("GET", "/v2/user").token(access).send().ok()["email"], user.email);
        let swapped = new.swap(&json!({"cross_token": new.cross_token(access)})).ok();
        let swapped = lives(&swapped);
        assert!(swapped <= here, "what comes of it lives no longer: {swapped} of {here}");
    }
});

on_both_stores!(a_remember_me_token_goes_on_to_log_its_client_in, |kind| {
    let Move { mut old, new } = Move::start(kind, &[("upstream.provision", "true")]);
    let user = old.user();
    let login = old.login_with(&user, &json!({"client_id": "device", "remember_me": true}));
    let remembered = token(&login, "remember_me_token");
    new.post("/v2/authorize", &silent(&remembered, "another")).refused(401, "E_InvalidCredentials");
    let login = new.post("/v2/authorize", &silent(&remembered, "device")).ok();
    assert_eq!(login["expires_in"], 28_799);
    assert_eq!(login.as_object().map(serde_json::Map::len), Some(4), "{login}");
    assert_eq!(new.check(&token(&login, "access_token")).ok()["user_id"], user.id.to_string());
    assert_eq!(shown(&new, &user.email).expect("an account")["password"], false);

    old.server.kill();
    new.post("/v2/authorize", &silent(&remembered, "another")).refused(401, "E_InvalidCredentials");
    let again = new.post("/v2/authorize", &silent(&remembered, "device")).ok();
    new.accepts(&token(&again, "access_token"));
    let id = user.id.to_string();
    assert_eq!(new.server.command(&["session", "close", "--user", &id, "--all"], "").status.code(), Some(0));
    new.post("/v2/authorize", &silent(&remembered, "device")).refused(401, "E_InvalidCredentials");
});

on_both_stores!(what_was_revoked_does_not_come_back, |kind| {
    // This one never lets go of a token.
    let user = somebody();
    let old = liar(&user);
    let mut new = start_after(&old.url, kind, &[]);
    import(&new, &user);
    let [one, other] = ["1", "2"].map(|digit| digit.repeat(32));
    new.accepts(&one);
    assert_eq!(new.revoke(&one, "").ok()["expires_in"], 0);
    assert_eq!(old.asked("DELETE /v2/authorize"), 1, "it is ended there too");
    assert!(old.last_asked().contains(&one));
    let asked = old.everything_asked().len();
    new.refuses(&one);
    new.revoke(&one, "").refused(401, "E_InvalidToken");
    new.server.kill();
    new.server.restart();
    new.refuses(&one);
    assert_eq!(old.everything_asked().len(), asked, "nor is it asked for");

    // One that was never seen here before ends as well.
    new.revoke(&other, "").ok();
    new.refuses(&other);
    let remembered = "3".repeat(32);
    new.post("/v2/authorize", &silent(&remembered, "device")).ok();
    let access = token(&new.post("/v2/authorize", &silent(&remembered, "device")).ok(), "access_token");
    new.revoke(&access, "?scope=client").ok();
    new.post("/v2/authorize", &silent(&remembered, "device")).refused(401, "E_InvalidCredentials");
});

on_both_stores!(who_was_logged_out_everywhere_or_disabled_here_stays_out, |kind| {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, kind, &[]);
    import(&new, &user);
    let tokens: Vec<_> = (0..6).map(|digit| digit.to_string().repeat(32)).collect();
    new.accepts(&tokens[0]);
    new.revoke(&tokens[0], "?scope=user").ok();
    new.refuses(&tokens[0]);
    new.refuses(&tokens[1]);
    new.post("/v2/authorize", &silent(&tokens[2], "device")).refused(401, "E_InvalidCredentials");
    // The password is another matter.
    new.login(&user);
    new.refuses(&tokens[3]);

    let disabled = somebody();
    import(&new, &disabled);
    honest(&old, &disabled);
    new.server.run(&["user", "disable", &disabled.email], "");
    new.refuses(&tokens[4]);
    new.server.run(&["user", "enable", &disabled.email], "");
    new.refuses(&tokens[5]);

    // Somebody who was never said to come over.
    let native = new.user();
    honest(&old, &native);
    new.refuses(&"6".repeat(32));
    assert_eq!(held(&new, &native), (0, 0));
});

#[test]
fn rubbish_is_asked_for_once_and_counted() {
    let user = somebody();
    let old = liar(&user);
    old.says("GET /v2/authorize", refusal());
    let new = start_after(&old.url, Embedded, &[("throttle.tokens.burst", "3")]);
    let native = new.user();
    let access = new.login(&native);
    let rubbish = |digit: u8| format!("{digit:032x}");
    for _ in 0..5 {
        new.refuses(&rubbish(1));
    }
    assert_eq!(old.asked("GET /v2/authorize"), 1);
    new.refuses(&rubbish(2));
    new.refuses(&rubbish(3));
    let refused = new.check(&rubbish(4));
    refused.refused(429, "E_TooManyAttempts");
    assert!(refused.header("retry-after").is_some());
    new.refuses(&rubbish(1));
    new.accepts(&access);
    assert_eq!(old.asked("GET /v2/authorize"), 3);
    new.check("not-a-token").refused(401, "E_InvalidToken");
}

#[test]
fn whose_token_it_is_must_be_certain() {
    let (user, another) = (somebody(), somebody());
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    old.says("GET /v2/user", Answer::Json(json!({"id": another.id, "email": user.email})));
    new.check(GAINED).refused(503, "E_Unavailable");
    new.post("/v2/authorize", &silent(GAINED, "a")).refused(503, "E_Unavailable");
    assert!(shown(&new, &user.email).is_none());

    honest(&old, &user);
    import(&new, &User { id: another.id, email: user.email.clone(), password: String::new() });
    new.refuses(GAINED);
    new.post("/v2/authorize", &silent(GAINED, "a")).refused(401, "E_InvalidCredentials");
    assert!(new.server.log().contains("the user of this e-mail address has another id here"));
    old.says("GET /v2/authorize", Answer::Json(token_of(&another)));
    old.says("GET /v2/user", Answer::Json(json!({"id": another.id, "email": "other@example.org"})));
    new.refuses(&"1".repeat(32));
    assert!(new.server.log().contains("the user of this id has another e-mail address here"));
}

on_both_stores!(while_the_old_service_is_gone_nobody_is_told_that_a_token_is_wrong, |kind| {
    let Move { mut old, new } = Move::start(kind, &[]);
    let user = old.user();
    import(&new, &user);
    let [here, access] = [new.login(&new.user()), old.login(&user)];
    old.server.kill();
    for reply in [new.check(&access), new.mint(&access), new.revoke(&access, ""), new.check(&"1".repeat(32))] {
        reply.refused(503, "E_Unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    new.post("/v2/authorize", &silent(&access, "a")).refused(503, "E_Unavailable");
    new.accepts(&here);
});

#[test]
fn after_the_last_day_what_came_over_goes_on_and_nothing_else_comes() {
    let user = somebody();
    let old = liar(&user);
    let mut new = start_after(&old.url, Embedded, &[]);
    import(&new, &user);
    new.accepts(GAINED);
    new.server.kill();
    new.server.restart_with(&[("upstream.until", "2026-01-31")]);
    let asked = old.everything_asked().len();
    new.accepts(GAINED);
    new.refuses(&"1".repeat(32));
    new.post("/v2/authorize", &silent(&"2".repeat(32), "a")).refused(401, "E_InvalidCredentials");
    assert_eq!(old.everything_asked().len(), asked);
}

#[test]
fn a_token_that_two_servers_take_over_at_once_is_one() {
    let Move { old, new } = Move::start(Redis, &[("upstream.provision", "true")]);
    let old_url = url(&old);
    let more = [
        ("upstream.url", old_url.as_str()),
        ("upstream.timeout_ms", "30000"),
        ("upstream.provision", "true"),
        ("store.timeout_ms", "10000"),
    ];
    let second = new.beside(&[&ROOMY[..], &more].concat());
    let user = old.user();
    let client = Uuid::new_v4().to_string();
    let login = old.login_with(&user, &json!({"client_id": client, "remember_me": true}));
    let [access, remembered] = ["access_token", "remember_me_token"].map(|member| token(&login, member));
    std::thread::scope(|scope| {
        for app in [&new, &second, &new, &second, &new, &second] {
            scope.spawn(|| app.accepts(&access));
        }
    });
    assert_eq!(held(&new, &user), (1, 1), "whoever was late has ended what they had issued");
    std::thread::scope(|scope| {
        for app in [&new, &second, &new, &second] {
            let body = silent(&remembered, &client);
            scope.spawn(move || app.post("/v2/authorize", &body).ok());
        }
    });
    assert_eq!(held(&second, &user), (1, 1 + 1 + 4), "one remember-me token, and each login has its access token");
    new.revoke(&access, "").ok();
    for app in [&new, &second] {
        app.refuses(&access);
    }
}

#[test]
fn an_old_token_opens_what_introspection_describes() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("introspection.clients", "viewer:0123456789abcdef")]);
    import(&new, &user);
    let ask = |token: &str| {
        let request = new.request("POST", "/directory/api/introspect");
        let basic = format!("Basic {}", STANDARD.encode("viewer:0123456789abcdef"));
        let request = request.header("Authorization", &basic);
        request.header("Content-Type", "application/x-www-form-urlencoded").body(format!("token={token}")).send().ok()
    };
    assert_eq!(ask(GAINED)["sub"], user.id.to_string());
    old.says("GET /v2/authorize", refusal());
    assert_eq!(ask(&"1".repeat(32)), json!({"active": false}));
}
