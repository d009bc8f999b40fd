//! Guessing the administrator's password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::app::{App, Kind};
use crate::support::client::Reply;

const PASSWORD: &str = "the administrator's";

fn app(kind: Kind, more: &[(&str, &str)]) -> App {
    let settings = [
        ("admin.username", "admin"),
        ("admin.password", PASSWORD),
        ("server.trusted_proxies", "127.0.0.1/32"),
        ("throttle.account_network.burst", "3"),
        ("throttle.account_network.refill", "86400"),
        ("throttle.account.refill", "86400"),
    ];
    App::start(kind, &[&settings[..], more].concat())
}

fn attempt(app: &App, password: &str, address: &str, cookie: &str) -> Reply {
    let target = "/directory/api/directorysession/registerfrontenduserandredirecturl?redirecturl=https://a.example/";
    let basic = format!("Basic {}", STANDARD.encode(format!("admin:{password}")));
    let request = app.request("GET", target).header("Authorization", &basic).header("X-Forwarded-For", address);
    request.header("Cookie", cookie).send()
}

/// The cookie of a browser in which the administrator has been let in.
#[track_caller]
fn cookie(app: &App, address: &str) -> String {
    let reply = attempt(app, PASSWORD, address, "");
    assert_eq!(reply.status, 200, "{}", reply.text());
    let ours = reply.headers().map(|(_, value)| value).find(|value| value.starts_with("directory_administrator="));
    let ours = ours.expect("a cookie");
    assert!(ours.contains("HttpOnly") && ours.contains("Max-Age=2592000"), "{ours}");
    ours.split(';').next().expect("a cookie").to_owned()
}

on_both_stores!(guessing_from_many_networks_runs_out_and_leaves_the_administrators_browser_alone, |kind| {
    let app = app(kind, &[("throttle.account.burst", "5")]);
    let (own, other) = (cookie(&app, "192.0.2.1"), cookie(&app, "192.0.2.1"));
    for network in 0..5 {
        attempt(&app, "wrong", &format!("198.51.100.{network}"), "").refused(401, "E_InvalidCredentials");
    }
    attempt(&app, "wrong", "198.51.100.9", "").refused(429, "E_TooManyAttempts");
    let mut forged = own.clone().into_bytes();
    if let Some(last) = forged.last_mut() {
        *last = if *last == b'0' { b'1' } else { b'0' };
    }
    for cookie in ["", "directory_administrator=", "directory_administrator=1.2.3", &String::from_utf8_lossy(&forged)] {
        attempt(&app, PASSWORD, "192.0.2.1", cookie).refused(429, "E_TooManyAttempts");
    }
    for _ in 0..3 {
        assert_eq!(attempt(&app, PASSWORD, "203.0.113.1", &own).status, 200);
        attempt(&app, "wrong", "203.0.113.1", &own).refused(401, "E_InvalidCredentials");
    }
    attempt(&app, PASSWORD, "203.0.113.1", &own).refused(429, "E_TooManyAttempts");
    assert_eq!(attempt(&app, PASSWORD, "203.0.113.1", &other).status, 200, "each has its own");
});

on_both_stores!(guessing_in_one_network_leaves_the_administrators_browser_alone, |kind| {
    let app = app(kind, &[]);
    let own = cookie(&app, "192.0.2.1");
    for _ in 0..3 {
        attempt(&app, "wrong", "192.0.2.1", "").refused(401, "E_InvalidCredentials");
    }
    attempt(&app, PASSWORD, "192.0.2.1", "").refused(429, "E_TooManyAttempts");
    assert_eq!(attempt(&app, PASSWORD, "192.0.2.1", &own).status, 200);
});
