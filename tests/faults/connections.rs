//! Attackers who hold connections: they lose them, and nobody else waits.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::support::app::{App, Kind};
use crate::support::connection::Connection;
use crate::support::wait::until;

/// For a deadline of a second or two to have passed, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection that has had an answer, with the first byte of the next request on it.
fn hold(app: &App, from: Ipv4Addr) -> Connection {
    let mut connection = Connection::open_from(from, app.address()).expect("it listens");
    connection.ask(&app.request("GET", "/healthz")).expect("an answer").ok();
    connection.send(b"G").expect("sent");
    connection
}

#[test]
fn one_byte_after_an_answer_does_not_keep_a_connection() {
    let limits = [("server.max_connections", "64"), ("server.client_timeout", "1"), ("server.idle_timeout", "3600")];
    let app = App::start(Kind::Embedded, &limits);
    // Neither a head that trickles in nor empty lines put the deadline off.
    for trickle in [&b"G"[..], b"\r\n"] {
        let mut held: Vec<_> = (0..32).map(|_| Connection::open(app.address()).expect("it listens")).collect();
        for connection in &mut held {
            connection.ask(&app.request("GET", "/healthz")).expect("an answer").ok();
        }
        until("all are given up on", PATIENCE, || {
            held.retain_mut(|connection| connection.send(trickle).is_ok() && !connection.is_closed());
            held.is_empty().then_some(())
        });
    }
    app.request("GET", "/healthz").send().ok();
}

#[test]
fn whoever_holds_all_connections_from_many_networks_keeps_nobody_out() {
    let patient = [("server.client_timeout", "3600"), ("server.idle_timeout", "3600")];
    let limits = [("server.max_connections", "64"), ("server.workers", "2")];
    let app = App::start(Kind::Embedded, &[&patient[..], &limits].concat());
    let held: Vec<_> = (0..64).map(|network| hold(&app, Ipv4Addr::new(127, 1, network, 1))).collect();
    let silent = (0..64).map(|network| Connection::open_from([127, 2, network, 1].into(), app.address()));
    let silent: Vec<_> = silent.collect();
    for _ in 0..20 {
        app.request("GET", "/healthz").send().ok();
    }
    drop((held, silent));
}

#[test]
fn a_connection_with_a_request_under_way_is_not_closed_to_make_room() {
    let limits = [("server.max_connections", "32"), ("server.workers", "1"), ("server.client_timeout", "3600")];
    let app = App::start(Kind::Embedded, &limits);
    let mut waiting = Connection::open(app.address()).expect("it listens");
    let poll = app.request("GET", "/directory/api/directorysession/waitforauthentication?timeoutsec=10");
    waiting.send(&poll.header("x-infinite-bearer", &"n".repeat(32)).bytes("keep-alive")).expect("sent");
    let waits = || app.request("GET", "/metrics").send().text().contains("bimgate_waiting_clients 1");
    until("it waits", PATIENCE, || waits().then_some(()));
    let held: Vec<_> = (0..64).map(|network| hold(&app, Ipv4Addr::new(127, 1, network, 1))).collect();
    assert_eq!(waiting.reply().expect("an answer").status, 204);
    drop(held);
}

#[test]
fn one_network_has_its_share_and_a_trusted_proxy_has_all() {
    let limits = [("server.max_connections_per_network", "8"), ("server.trusted_proxies", "127.0.0.3")];
    let app = App::start(Kind::Embedded, &limits);
    let open = |from: [u8; 4]| {
        let mut connection = Connection::open_from(from.into(), app.address()).expect("it listens");
        let reply = connection.ask(&app.request("GET", "/healthz"));
        reply.ok().map(|_| connection)
    };
    let mut held: Vec<_> = (0..8).map(|_| open([127, 0, 0, 2]).expect("an answer")).collect();
    assert!(open([127, 0, 0, 2]).is_none(), "one more is closed");
    open([127, 0, 0, 4]).expect("another network has room");
    let proxied: Vec<_> = (0..20).map(|_| open([127, 0, 0, 3]).expect("a proxy has room")).collect();
    held.pop();
    until("there is room again", PATIENCE, || open([127, 0, 0, 2]));
    drop(proxied);
    let log = app.server.log();
    let lines = log.lines().filter(|line| line.contains("server.max_connections_per_network")).count();
    assert_eq!(lines, 1, "it is said, and not for each: {log}");
}

#[test]
fn a_body_that_has_no_end_ends_with_its_answer() {
    let app = App::start(Kind::Embedded, &[("server.idle_timeout", "3600")]);
    for (request, status) in [
        ("POST /v2/authorize", 413),
        ("POST /v2/cross-token", 401),
        ("DELETE /v2/authorize", 401),
        ("GET /healthz", 200),
        ("POST /healthz", 405),
        ("POST /nowhere", 404),
    ] {
        let mut endless = Connection::open(app.address()).expect("it listens");
        endless
            .send(format!("{request} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").as_bytes())
            .expect("sent");
        let chunk = format!("400\r\n{}\r\n", "a".repeat(1024));
        // As much as a body may be, for whoever reads it.
        for _ in 0..20 {
            let _ = endless.send(chunk.as_bytes());
        }
        let reply = endless.reply().unwrap_or_else(|error| panic!("{request}: {error}"));
        assert_eq!((reply.status, reply.header("connection")), (status, Some("close")), "{request}");
        until(request, PATIENCE, || (endless.send(chunk.as_bytes()).is_err() || endless.is_closed()).then_some(()));
    }
}
