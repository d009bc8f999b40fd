//! Sessions end by themselves, on time, and exactly once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use serde_json::Value;

use crate::support::app::App;
use crate::support::directory::{Session, native_token};
use crate::support::redis_server::RedisServer;
use crate::support::visitor::{Visitor, hidden};
use crate::support::wait::until;

/// The machine is busy with other cases.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many seconds late a session may be closed: within one, and the rest is the busy machine's.
const LATE: i64 = 5;

/// A log line that says that a session was closed.
struct Closed {
    session: String,
    reason: String,
    /// In seconds, by the server's clock.
    at: i64,
}

fn all_closed(apps: &[&App]) -> Vec<Closed> {
    let log: String = apps.iter().map(|app| app.server.log()).collect();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |line: &Value, name: &str| line[name].as_str().or(line["fields"][name].as_str()).map(str::to_owned);
    let lines = lines.filter(|line| text(line, "message").as_deref() == Some("session closed"));
    let closed = lines.filter_map(|line| {
        let at = DateTime::parse_from_rfc3339(&text(&line, "timestamp")?).expect("a time").timestamp();
        Some(Closed { session: text(&line, "session")?, reason: text(&line, "reason")?, at })
    });
    closed.collect()
}

/// The sessions that the log says were closed for this reason, each as often as it is said.
pub fn closed(apps: &[&App], reason: &str) -> Vec<String> {
    all_closed(apps).into_iter().filter(|closed| closed.reason == reason).map(|closed| closed.session).collect()
}

/// That the log says of this session that it was closed once, for this reason, and on time: not before `deadline`, which
/// is in seconds, and not much later. It does not matter when the log is read.
#[track_caller]
fn closed_on_time(apps: &[&App], session: &Session, reason: &str, deadline: u64) {
    let claims = session.directory.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims: Value = serde_json::from_slice(&claims.expect("claims")).expect("JSON");
    let all = all_closed(apps);
    let its: Vec<_> = all.iter().filter(|closed| *closed.session == claims["sid"]).collect();
    let [Closed { reason: told, at, .. }] = &*its else { panic!("told {} times", its.len()) };
    let deadline = i64::try_from(deadline).expect("seconds");
    assert!(told == reason && (deadline..=deadline + LATE).contains(at), "due at {deadline}, {told} at {at}");
}

on_both_stores!(a_session_without_a_heartbeat_closes_by_itself, |kind| {
    let app = App::start(kind, &[("directory.time_to_heartbeat", "2")]);
    let user = app.user();
    let session = app.open_session(&user);
    // No request comes: the log says when it was closed.
    until("it closes", PATIENCE, || (!closed(&[&app], "no heartbeat").is_empty()).then_some(()));
    closed_on_time(&[&app], &session, "no heartbeat", session.heartbeat_before);
    app.heartbeat(&session.directory).refused(401, "E_InvalidToken");
    assert_eq!(closed(&[&app], "no heartbeat").len(), 1);
    let metrics = app.request("GET", "/metrics").send().text();
    assert!(metrics.contains("bimgate_sessions_ended_total{reason=\"no_heartbeat\"} 1"), "{metrics}");
});

on_both_stores!(a_session_that_beats_lives_until_its_end, |kind| {
    let app = App::start(kind, &[("directory.time_to_heartbeat", "3"), ("directory.session_lifetime", "5")]);
    let session = app.open_session(&app.user());
    until("its end", PATIENCE, || (app.heartbeat(&session.directory).status == 401).then_some(()));
    until("it is told", PATIENCE, || (closed(&[&app], "end of life").len() == 1).then_some(()));
    closed_on_time(&[&app], &session, "end of life", session.end_of_life);
    assert_eq!(closed(&[&app], "no heartbeat").len(), 0);
});

on_both_stores!(a_login_that_nobody_completes_is_told_to_its_client, |kind| {
    let app = App::start(kind, &[("directory.time_to_authenticate", "10")]);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate_native(&native);
    let page = start.join(visitor.get(&start).header("location").expect("the login page")).expect("a URL");
    let csrf = hidden(&visitor.get(&page).text(), "csrf").expect("a form");
    // Proven, and so known to the server; but nobody goes on to the confirmation.
    let form = [("csrf", csrf.as_str()), ("email", user.email.as_str()), ("password", user.password.as_str())];
    assert_eq!(visitor.post(&page, &form).status, 303);
    assert_eq!(app.wait(&native, 0).status, 204);
    let told = app.wait(&native, 18);
    told.refused(403, "E_Forbidden");
    // The client may be told before the log is.
    let logged = || Some(closed(&[&app], "not authenticated on time")).filter(|logged| !logged.is_empty());
    assert_eq!(until("it is logged", PATIENCE, logged).len(), 1);
});

#[test]
fn three_servers_close_each_session_exactly_once_and_on_time() {
    let settings = [("directory.time_to_heartbeat", "4"), ("store.timeout_ms", "10000")];
    let first = App::on(RedisServer::start(), &settings);
    let servers = [&first, &first.beside(&settings), &first.beside(&settings)];
    let user = first.user();
    let sessions: Vec<_> = (0..9).map(|at| servers[at % 3].open_session(&user)).collect();
    until("all are closed", PATIENCE, || (closed(&servers, "no heartbeat").len() >= sessions.len()).then_some(()));
    for session in &sessions {
        servers[0].heartbeat(&session.directory).refused(401, "E_InvalidToken");
        closed_on_time(&servers, session, "no heartbeat", session.heartbeat_before);
    }
    let mut told = closed(&servers, "no heartbeat");
    told.sort();
    told.dedup();
    assert_eq!((told.len(), closed(&servers, "no heartbeat").len()), (sessions.len(), sessions.len()));
}

#[test]
fn a_session_closes_though_its_server_is_gone() {
    let settings = [("directory.time_to_heartbeat", "3"), ("store.timeout_ms", "10000")];
    let mut first = App::on(RedisServer::start(), &settings);
    let session = first.open_session(&first.user());
    let second = first.beside(&settings);
    first.server.kill();
    until("the other closes it", PATIENCE, || (closed(&[&second], "no heartbeat").len() == 1).then_some(()));
    closed_on_time(&[&second], &session, "no heartbeat", session.heartbeat_before);
    second.call("GET", "heartbeat", &session.directory).send().refused(401, "E_InvalidToken");
}
