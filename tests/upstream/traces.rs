//! A trace that a caller belongs to goes on to the old service (W3C Trace Context).

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::place::{honest, liar, somebody, start_after};
use super::support::app::{App, Kind::Embedded, User};
use super::support::client::Reply;
use super::support::liar::Liar;
use super::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn log_in(app: &App, user: &User, headers: &[(&str, &str)]) -> Reply {
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let request = app.request("POST", "/v2/authorize").header("Content-Type", "application/json");
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).body(body).send()
}

/// What the old service was asked since then, once it has ended the token that it issued.
fn asked_since(old: &Liar, since: usize) -> Vec<String> {
    until("the token is ended there", PATIENCE, || {
        let asked = old.everything_asked().split_off(since);
        asked.iter().any(|asked| asked.starts_with("DELETE ")).then_some(asked)
    })
}

#[test]
fn a_trace_is_logged_and_goes_on_to_the_old_service() {
    let user = somebody();
    let old = liar(&user);
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    let parent = format!("00-{ID}-00f067aa0ba902b7-01");
    let reply = log_in(&new, &user, &[("traceparent", &parent), ("tracestate", "a=1"), ("tracestate", "b=2")]);
    let id = reply.header("x-request-id").expect("an id").to_owned();
    reply.ok();
    let line =
        until("it is logged", PATIENCE, || new.server.log().lines().find(|line| line.contains(&id)).map(str::to_owned));
    assert!(line.contains(&format!("\"trace_id\":\"{ID}\"")), "{line}");
    let asked = asked_since(&old, 0);
    assert_eq!(asked.len(), 4, "{asked:?}");
    for asked in &asked {
        assert!(asked.contains(&format!("traceparent: {parent}\r\n")), "{asked}");
        assert!(asked.contains("tracestate: a=1,b=2\r\n"), "{asked}");
    }

    // So does that of a check which has to ask there.
    let unknown = Uuid::new_v4().simple().to_string();
    new.request("GET", "/v2/authorize").token(&unknown).header("traceparent", &parent).send().ok();
    assert!(old.last_asked().contains(&parent), "{}", old.last_asked());
}

#[test]
fn what_is_no_trace_goes_nowhere_and_none_is_made_up() {
    let (wrong, right) = (format!("00-{ID}-0000000000000000-01"), format!("00-{ID}-00f067aa0ba902b7-01"));
    let old = liar(&somebody());
    let new = start_after(&old.url, Embedded, &[("upstream.provision", "true")]);
    for headers in [
        &[][..],
        &[("traceparent", wrong.as_str())],
        &[("traceparent", &right), ("traceparent", &right)],
        &[("tracestate", "a=1")],
    ] {
        let (user, before) = (somebody(), old.everything_asked().len());
        honest(&old, &user);
        log_in(&new, &user, headers).ok();
        let asked = asked_since(&old, before).concat();
        assert!(!asked.contains("trace"), "{headers:?}: {asked}");
        assert!(!new.server.log().contains("trace_id"), "{headers:?}");
    }
}
