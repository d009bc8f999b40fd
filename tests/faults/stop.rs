//! Stopping in bounded time, and waiting in bounded time for whoever has the data folder.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::app::{App, Kind, ROOMY};
use crate::support::client::Request;
use crate::support::connection::Connection;
use crate::support::server::Server;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn clients_that_do_nothing_do_not_hold_up_the_stop() {
    for kind in [Kind::Embedded, Kind::Redis] {
        let mut app = App::start(kind, &[&ROOMY[..], &[("server.shutdown_timeout", "1")]].concat());
        let access = app.login(&app.user());
        let mut idle = Connection::open(app.address()).expect("it listens");
        idle.ask(&app.request("GET", "/v2/authorize").token(&access)).expect("an answer").ok();
        let mut half = Connection::open(app.address()).expect("it listens");
        half.send(b"POST /v2/authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").expect("sent");
        let _silent = Connection::open(app.address()).expect("it listens");
        app.accepts(&access);
        let asked = Instant::now();
        app.server.ask_to_stop();
        assert_eq!(app.server.stopped().code(), Some(0), "{}", app.server.log());
        let took = asked.elapsed();
        assert!(took < Duration::from_secs(8), "a second for requests, and a few to put things away: {took:?}");
    }
}

#[test]
fn who_watches_a_stopping_server_is_told_that_it_is_not_ready() {
    let settings =
        [("server.private_listen", "127.0.0.1:0"), ("server.shutdown_timeout", "3"), ("server.workers", "1")];
    let mut server = Server::start(&settings);
    let log = server.log();
    let line = log.lines().find(|line| line.contains("health and metrics on")).expect("the line at the start");
    let private = line.split("health and metrics on http://").nth(1).and_then(|rest| rest.split(',').next());
    let private = private.and_then(|address| address.parse().ok()).expect("an address");
    let ready = || Request::new(private, "GET", "/readyz").try_send();
    assert_eq!(ready().expect("an answer").status, 200);
    // A request under way keeps the server from having stopped at once.
    let mut half = Connection::open(server.address).expect("it listens");
    half.send(b"POST /v2/authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").expect("sent");
    // The one worker comes to that before it comes to these.
    for _ in 0..2 {
        server.request("GET", "/v2/authorize").send().refused(401, "E_InvalidToken");
    }
    server.ask_to_stop();
    let told = || ready().ok().filter(|reply| reply.status == 503);
    until("it says that it is not ready", PATIENCE, told).refused(503, "E_Unavailable");
    assert_eq!(server.stopped().code(), Some(0), "{}", server.log());
}

#[test]
fn whoever_is_connected_when_the_server_stops_is_answered() {
    let mut server = Server::start(&[]);
    for _ in 0..10 {
        let (address, answered) = (server.address, Arc::new(AtomicUsize::new(0)));
        let client = || {
            let answered = Arc::clone(&answered);
            thread::spawn(move || ask_until_refused(address, &answered))
        };
        let clients: Vec<_> = (0..4).map(|_| client()).collect();
        until("they ask", PATIENCE, || (answered.load(Ordering::SeqCst) > 20).then_some(()));
        server.ask_to_stop();
        for client in clients {
            client.join().expect("every one is answered");
        }
        assert_eq!(server.stopped().code(), Some(0), "{}", server.log());
        server.restart();
    }
}

/// Asks one request a connection until nobody listens. All whose connection was accepted are answered.
fn ask_until_refused(address: SocketAddr, answered: &AtomicUsize) {
    while let Ok(mut connection) = Connection::open(address) {
        connection.ask(&Request::new(address, "GET", "/healthz")).expect("an answer").ok();
        answered.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_connection_that_has_not_asked_yet_is_waited_for_and_told_that_it_was_the_last() {
    let mut server = Server::start(&[("server.workers", "1")]);
    // The one worker has a connection with a long poll, which ends when it is told to stop.
    let mut polling = Connection::open(server.address).expect("it listens");
    let poll =
        Request::new(server.address, "GET", "/directory/api/directorysession/waitforauthentication?timeoutsec=30");
    polling.send(&poll.header("x-infinite-bearer", &"n".repeat(32)).bytes("keep-alive")).expect("sent");
    let waits = || server.request("GET", "/metrics").send().text().contains("bimgate_waiting_clients 1");
    until("it waits", PATIENCE, || waits().then_some(()));
    let mut silent = Connection::open(server.address).expect("it listens");
    server.ask_to_stop();
    assert_eq!(polling.reply().expect("an answer").status, 204);
    let reply = silent.ask(&server.request("GET", "/healthz")).expect("an answer");
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert_eq!(server.stopped().code(), Some(0), "{}", server.log());
}

#[test]
fn signals_of_terminals_and_log_rotation_do_nothing_and_quit_stops() {
    let mut server = Server::start(&[]);
    for signal in [Signal::HUP, Signal::USR1, Signal::USR2] {
        server.signal(signal);
        assert_eq!(server.request("GET", "/readyz").send().status, 200, "{signal:?}");
    }
    server.signal(Signal::QUIT);
    assert_eq!(server.stopped().code(), Some(0), "{}", server.log());
    assert!(server.log().contains("stopping"), "{}", server.log());
}

#[test]
fn a_redis_that_is_gone_does_not_hold_up_the_stop() {
    let mut app = App::start(Kind::Redis, &[("server.shutdown_timeout", "1"), ("store.timeout_ms", "800")]);
    app.login(&app.user());
    app.redis().freeze();
    let asked = Instant::now();
    app.server.ask_to_stop();
    assert_eq!(app.server.stopped().code(), Some(0), "{}", app.server.log());
    assert!(asked.elapsed() < Duration::from_secs(8));
}

#[test]
fn serve_waits_for_a_short_command_that_has_the_data_folder() {
    let mut server = Server::start(&[]);
    server.kill();
    let lock = File::options().write(true).open(server.data().join("bimgate.lock")).expect("there");
    lock.lock().expect("nobody has it");
    let inode = format!(":{} ", fs::metadata(server.data().join("bimgate.lock")).expect("there").ino());
    thread::scope(|scope| {
        let restarted = scope.spawn(|| server.restart());
        // The kernel lists who waits for a lock behind an arrow.
        let waits = || {
            let locks = fs::read_to_string("/proc/locks").expect("Linux");
            locks.lines().any(|line| line.contains("-> FLOCK") && line.contains(&inode))
        };
        until("it waits", PATIENCE, || waits().then_some(()));
        lock.unlock().expect("ours");
        restarted.join().expect("it started");
    });
    assert_eq!(server.request("GET", "/readyz").send().status, 200);
}
