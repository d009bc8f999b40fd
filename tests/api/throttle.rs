//! How often logins may be tried.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, Kind, User};
use crate::support::client::Reply;
use crate::support::wait::until;

on_both_stores!(
    failed_attempts_on_one_account_from_one_network_run_out,
    known_and_unknown_accounts_run_out_alike,
    one_network_runs_out_for_all_accounts,
    nobody_locks_the_owner_out,
    attempts_that_succeed_cost_nothing,
    a_bucket_refills,
    unknown_tokens_cost_a_bucket_of_their_own,
    no_proxy_is_believed_unless_it_is_named,
    trusted_proxies_are_read_from_right_to_left,
    one_ipv6_network_is_a_64,
);

const PROXY: (&str, &str) = ("server.trusted_proxies", "127.0.0.1/32,10.0.0.0/8");

/// Logs in with this password, from behind a proxy that says so in this header.
fn attempt(app: &App, who: &str, password: &str, header: &str, says: &str) -> Reply {
    let body = json!({"user_id": who, "password": password}).to_string();
    app.request("POST", "/v2/authorize").header(header, says).body(body).send()
}

fn from(app: &App, who: &str, password: &str, address: &str) -> Reply {
    attempt(app, who, password, "X-Forwarded-For", address)
}

#[track_caller]
fn throttled(reply: &Reply) {
    reply.refused(429, "E_TooManyAttempts");
    let seconds = reply.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), "{:?}", reply.header("retry-after"));
}

fn failed_attempts_on_one_account_from_one_network_run_out(kind: Kind) {
    let app = App::start(kind, &[PROXY]);
    let user = app.user();
    for _ in 0..10 {
        from(&app, &user.email, "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
    }
    throttled(&from(&app, &user.email, "wrong", "192.0.2.1"));
    throttled(&from(&app, &user.email.to_uppercase(), &user.password, "192.0.2.1"));
    from(&app, &user.email, &user.password, "192.0.2.2").ok();
    from(&app, &app.user().email, "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
}

fn known_and_unknown_accounts_run_out_alike(kind: Kind) {
    let app = App::start(kind, &[PROXY]);
    let known = app.user();
    let answers = [known.email.as_str(), "nobody@example.org"].map(|who| {
        let replies = (0..12).map(|_| from(&app, who, "wrong", "192.0.2.1"));
        let shape = |reply: Reply| (reply.status, reply.json()["code"].clone(), reply.header("retry-after").is_some());
        replies.map(shape).collect::<Vec<_>>()
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][11].0, 429);
}

fn one_network_runs_out_for_all_accounts(kind: Kind) {
    let app = App::start(kind, &[PROXY, ("throttle.network.burst", "5"), ("throttle.network.refill", "600")]);
    let users: Vec<_> = (0..3).map(|_| app.user()).collect();
    for attempt in 0..5 {
        from(&app, &users[attempt % 3].email, "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
    }
    from(&app, &users[0].email, &users[0].password, "192.0.2.1").refused(429, "E_TooManyAttempts");
    from(&app, &users[0].email, &users[0].password, "192.0.2.2").ok();
}

fn nobody_locks_the_owner_out(kind: Kind) {
    let app = App::start(kind, &[PROXY, ("throttle.account.burst", "4"), ("throttle.account.refill", "600")]);
    let user = app.user();
    from(&app, &user.email, &user.password, "192.0.2.1").ok();
    for attacker in 1..=4 {
        from(&app, &user.email, "guess", &format!("198.51.100.{attacker}")).refused(401, "E_InvalidCredentials");
    }
    from(&app, &user.email, "guess", "198.51.100.9").refused(429, "E_TooManyAttempts");
    from(&app, &user.email, &user.password, "192.0.2.1").ok();
}

fn attempts_that_succeed_cost_nothing(kind: Kind) {
    let app = App::start(kind, &[PROXY, ("throttle.account_network.burst", "2"), ("throttle.network.burst", "2")]);
    let user = app.user();
    for _ in 0..6 {
        from(&app, &user.email, &user.password, "192.0.2.1").ok();
    }
}

fn a_bucket_refills(kind: Kind) {
    let settings = [PROXY, ("throttle.account_network.burst", "2"), ("throttle.account_network.refill", "4")];
    let app = App::start(kind, &settings);
    let user = app.user();
    // However slow the machine is, attempts are faster than the bucket refills.
    let empty = || (from(&app, &user.email, "wrong", "192.0.2.1").status == 429).then_some(());
    until("the bucket is empty", Duration::from_secs(60), empty);
    let again = || (from(&app, &user.email, &user.password, "192.0.2.1").status == 200).then_some(());
    until("the bucket refills", Duration::from_secs(20), again);
}

fn unknown_tokens_cost_a_bucket_of_their_own(kind: Kind) {
    let app = App::start(kind, &[PROXY, ("throttle.tokens.burst", "3"), ("throttle.tokens.refill", "60")]);
    let user = app.user();
    let unknown = "0123456789abcdef0123456789abcdef";
    let swap = json!({"cross_token": unknown});
    let silent = json!({"remember_me": true, "remember_me_token": unknown, "client_id": "a"});
    let access = app.login(&user);
    for (path, body) in [("/v2/cross-authorize", &swap), ("/v2/authorize", &silent)] {
        for _ in 0..3 {
            app.post(path, body).refused(401, "E_InvalidCredentials");
        }
        throttled(&app.post(path, body));
    }
    app.login(&user);
    for _ in 0..10 {
        app.refuses(unknown);
    }
    app.accepts(&access);
}

fn no_proxy_is_believed_unless_it_is_named(kind: Kind) {
    let app = App::start(kind, &[("throttle.account_network.burst", "2")]);
    let user = app.user();
    for (attempt, header) in ["X-Forwarded-For", "Forwarded", "X-Forwarded-For"].into_iter().enumerate() {
        let says = if header == "Forwarded" { "for=198.51.100.1".into() } else { format!("198.51.100.{attempt}") };
        let status = self::attempt(&app, &user.email, "wrong", header, &says).status;
        assert_eq!(status, if attempt < 2 { 401 } else { 429 });
    }
}

fn trusted_proxies_are_read_from_right_to_left(kind: Kind) {
    let app = App::start(kind, &[PROXY, ("throttle.account_network.burst", "1")]);
    // Each names the same address, which its bucket is to be charged for: the first untrusted one from the right.
    for (header, says) in [
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-For", "203.0.113.50, 192.0.2.7"),
        ("X-Forwarded-For", "8.8.8.8, nonsense, 192.0.2.7, 10.1.2.3, 10.0.0.1"),
        ("Forwarded", "for=192.0.2.7"),
        ("Forwarded", "for=8.8.8.8, For=\"192.0.2.7:4711\";proto=https;by=10.0.0.9, for=10.0.0.1"),
    ] {
        let user = app.user();
        from(&app, &user.email, "wrong", "192.0.2.7").refused(401, "E_InvalidCredentials");
        assert_eq!(attempt(&app, &user.email, "wrong", header, says).status, 429, "{header}: {says}");
        assert_eq!(attempt(&app, &user.email, "wrong", header, "for=192.0.2.8, 192.0.2.8").status, 401, "another");
    }
}

fn one_ipv6_network_is_a_64(kind: Kind) {
    let app = App::start(kind, &[PROXY, ("throttle.account_network.burst", "1")]);
    let user: User = app.user();
    from(&app, &user.email, "wrong", "2001:db8:1:2::1").refused(401, "E_InvalidCredentials");
    throttled(&attempt(&app, &user.email, "wrong", "Forwarded", "for=\"[2001:db8:1:2:ffff::9]:443\""));
    from(&app, &user.email, "wrong", "2001:db8:1:3::1").refused(401, "E_InvalidCredentials");
    assert_eq!(app.try_login(&user, &Value::Null).status, 200, "from the proxy itself");
}
