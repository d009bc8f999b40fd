//! Clients that mean ill, or are merely broken: they cost their own connection, and nobody else anything.

use std::net::TcpStream;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use crate::support::app::{App, Kind, ROOMY, token};
use crate::support::client::exchange;
use crate::support::connection::Connection;
use crate::support::wait::until;

/// Deadlines as short as they can be, so that they can be waited for.
const HASTY: [(&str, &str); 4] = [
    ("server.client_timeout", "1"),
    ("server.idle_timeout", "2"),
    ("passwords.memory_kib", "8"),
    ("passwords.iterations", "1"),
];
/// For a deadline of a second or two to have passed, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);
/// The server's own deadline for a body is ten seconds.
const PATIENCE_WITH_A_BODY: Duration = Duration::from_secs(25);

const HEAD: &str = "Host: localhost\r\nContent-Length: 100\r\n\r\n";

#[test]
fn a_head_that_trickles_in_is_given_up_on() {
    let app = App::start(Kind::Embedded, &HASTY);
    let mut slow = Connection::open(app.address()).expect("it listens");
    slow.send(b"GET /v2/authorize HTTP/1.1\r\nHost: ").expect("sent");
    // A byte every few milliseconds does not put the deadline off.
    until("given up on", PATIENCE, || (slow.send(b"a").is_err() || slow.is_closed()).then_some(()));
    app.request("GET", "/healthz").send().ok();
}

#[test]
fn a_body_that_trickles_in_is_given_up_on() {
    let app = App::start(Kind::Embedded, &HASTY);
    let began = Instant::now();
    let mut silent = Connection::open(app.address()).expect("it listens");
    silent.send(format!("POST /v2/authorize HTTP/1.1\r\n{HEAD}{{").as_bytes()).expect("sent");
    let mut slow = Connection::open(app.address()).expect("it listens");
    slow.send(b"POST /v2/authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n").expect("sent");
    until("given up on", PATIENCE_WITH_A_BODY, || (slow.send(b" ").is_err() || slow.is_closed()).then_some(()));
    until("given up on", PATIENCE_WITH_A_BODY, || silent.is_closed().then_some(()));
    assert!(began.elapsed() > Duration::from_secs(5), "a bad mobile network has time");
    app.request("GET", "/healthz").send().ok();
}

#[test]
fn a_client_that_has_finished_sending_still_hears_its_answer() {
    let app = App::start(Kind::Embedded, &HASTY);
    let user = app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let login = app.request("POST", "/v2/authorize").body(body).bytes("keep-alive");
    let mut half_closed = Connection::open(app.address()).expect("it listens");
    half_closed.send(&login).expect("sent");
    half_closed.finish_sending().expect("open");
    app.accepts(&token(&half_closed.reply().expect("an answer").ok(), "access_token"));
    until("closed", PATIENCE, || half_closed.is_closed().then_some(()));

    // Half a request is no request: nobody waits for the rest.
    let mut broken_off = Connection::open(app.address()).expect("it listens");
    broken_off.send(&login[..login.len() - 1]).expect("sent");
    broken_off.finish_sending().expect("open");
    until("closed", PATIENCE, || broken_off.is_closed().then_some(()));
}

#[test]
fn garbage_after_a_request_does_not_reach_its_answer() {
    let app = App::start(Kind::Embedded, &HASTY);
    let mut connection = Connection::open(app.address()).expect("it listens");
    let mut bytes = app.request("GET", "/healthz").bytes("keep-alive");
    bytes.extend_from_slice(b"\0\xff\x16\x03\x01 no request at all\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n");
    connection.send(&bytes).expect("sent");
    connection.reply().expect("an answer").ok();
    until("closed", PATIENCE, || connection.is_closed().then_some(()));

    for garbage in [&b"\r\n\r\n\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", &[0xff; 4096]] {
        match exchange(app.address(), garbage, false) {
            Ok(reply) => assert!((400..500).contains(&reply.status), "{garbage:?}: {}", reply.status),
            Err(error) => assert_ne!(error.kind(), io::ErrorKind::WouldBlock, "{garbage:?}: the connection stays open"),
        }
    }
    app.request("GET", "/healthz").send().ok();
}

#[test]
fn oversized_heads_and_bodies_are_refused_and_not_kept_in_memory() {
    let app = App::start(Kind::Embedded, &HASTY);
    let before = resident_mib(&app);
    let large = "a".repeat(4 << 20);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                if let Ok(reply) = app.request("GET", "/v2/authorize").header("x-large", &large).try_send() {
                    assert!((400..500).contains(&reply.status), "{}", reply.status);
                }
                if let Ok(reply) = app.request("POST", "/v2/authorize").body(&large).try_send() {
                    reply.refused(413, "E_TooLarge");
                }
            });
        }
    });
    app.request("GET", "/healthz").send().ok();
    let grown = resident_mib(&app).saturating_sub(before);
    assert!(grown < 32, "{grown} MiB more than before");
}

#[test]
fn two_thousand_idle_connections_keep_nobody_out() {
    allow_open_files(6000);
    let all = [("server.max_connections_per_network", "15000")];
    let app = App::start(Kind::Embedded, &[&ROOMY[..], &HASTY, &all].concat());
    let user = app.user();
    let access = app.login(&user);
    let before = resident_mib(&app);
    let mut idle: Vec<_> = (0..2000).map(|_| TcpStream::connect(app.address()).expect("accepted")).collect();
    app.accepts(&access);
    app.login(&user);
    let grown = resident_mib(&app).saturating_sub(before);
    assert!(grown < 64, "{grown} MiB more than before");
    // They are not kept for ever.
    until("given up on", PATIENCE, || {
        idle.retain(|stream| {
            stream.set_nonblocking(true).expect("a socket");
            stream.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        });
        idle.is_empty().then_some(())
    });
}

#[test]
fn connections_beyond_the_limit_wait_until_the_idle_ones_are_given_up_on() {
    let limit = [("server.max_connections", "20"), ("server.workers", "2")];
    let app = App::start(Kind::Embedded, &[&HASTY[..], &limit].concat());
    let _idle: Vec<_> = (0..40).map(|_| TcpStream::connect(app.address()).expect("queued")).collect();
    app.request("GET", "/healthz").send().ok();
}

#[test]
fn a_client_that_takes_no_answers_loses_its_place() {
    let limits = [("server.workers", "1"), ("server.max_connections", "1"), ("server.client_timeout", "2")];
    let app = App::start(Kind::Embedded, &limits);
    let mut greedy = Connection::open(app.address()).expect("it listens");
    let large = app.request("GET", "/docs/swagger-ui-bundle.js").bytes("keep-alive");
    // More than the buffers of both ends hold, so that the rest waits for the client to read.
    for _ in 0..60 {
        greedy.send(&large).expect("sent");
    }
    let served = || app.request("GET", "/healthz").try_send().ok().filter(|reply| reply.status == 200);
    until("the place is free", Duration::from_secs(60), served);
}

/// What the server holds in memory.
fn resident_mib(app: &App) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", app.server.id())).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("resident memory");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// For this process and the servers it starts from now on.
fn allow_open_files(files: u64) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < files) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum });
        raised.expect("the hard limit of open files is 6,000 or more");
    }
}
