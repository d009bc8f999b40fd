//! What one person may do who is logged in: nobody fills the store, or keeps everybody waiting, with one account.

use serde_json::{Value, json};

use crate::support::app::{App, User, token};
use crate::support::client::Reply;

const BURST: usize = 8;

fn is_throttled(reply: &Reply) {
    reply.refused(429, "E_TooManyAttempts");
    let wait = reply.header("retry-after").and_then(|wait| wait.parse::<u64>().ok());
    assert!(wait.is_some_and(|wait| (1..=86_400).contains(&wait)), "{wait:?}");
}

/// Every way to a token without a password, in turns, until one is refused; how often it went well.
fn issue_until_refused(app: &App, remembered: &Value) -> usize {
    let silent = json!({"remember_me": true, "remember_me_token": remembered["remember_me_token"], "client_id": "a"});
    let access = token(remembered, "access_token");
    let mut cross = None;
    for issued in 0.. {
        let reply = match (issued % 3, cross.take()) {
            (0, _) => app.post("/v2/authorize", &silent),
            (1, _) => app.mint(&access),
            (_, cross) => app.swap(&json!({"cross_token": cross, "client_id": "b"})),
        };
        if reply.status != 200 {
            is_throttled(&reply);
            return issued;
        }
        cross = reply.json()["cross_token"].as_str().map(str::to_owned);
    }
    unreachable!("it goes on for ever")
}

on_both_stores!(tokens_without_a_password_are_bounded_by_person, |kind| {
    let burst = BURST.to_string();
    let app = App::start(kind, &[("throttle.issues.burst", &burst), ("throttle.issues.refill", "86400")]);
    let remember = |user: &User| app.login_with(user, &json!({"remember_me": true, "client_id": "a"}));
    let (user, other) = (app.user(), app.user());
    let remembered = remember(&user);
    assert_eq!(issue_until_refused(&app, &remembered), BURST);
    is_throttled(&app.mint(&token(&remembered, "access_token")));
    app.accepts(&token(&remembered, "access_token"));
    app.accepts(&app.login(&user));
    assert_eq!(issue_until_refused(&app, &remember(&other)), BURST, "each person has a bucket");
});
