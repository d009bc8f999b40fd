//! `/waitforauthentication`: what a native client is told, and how often.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::app::{App, Kind};
use crate::support::directory::{Session, native_token, path};
use crate::support::visitor::Visitor;
use crate::support::wait::until;

/// The machine is busy with other cases.
const SOON: Duration = Duration::from_secs(8);

on_both_stores!(it_is_told_the_moment_the_login_is_complete, |kind| {
    let app = App::shared(kind);
    let (user, native) = (app.user(), native_token());
    thread::scope(|scope| {
        // It asks before the browser arrives.
        let waiter = scope.spawn(|| (app.wait(&native, 15), Instant::now()));
        app.open_native(&user, &native);
        let complete = Instant::now();
        let (reply, told) = waiter.join().expect("no panic");
        let session = Session::of_body(&reply.ok());
        assert!(told.saturating_duration_since(complete) < SOON);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(app.user_info(&session.directory).ok()["email"], user.email.as_str());
    });
});

on_both_stores!(a_lost_answer_can_be_asked_for_again_until_the_first_heartbeat, |kind| {
    let app = App::shared(kind);
    let (user, native) = (app.user(), native_token());
    app.open_native(&user, &native);
    let first = Session::of_body(&app.wait(&native, 0).ok());
    let again = Session::of_body(&app.wait(&native, 0).ok());
    assert_ne!(first.directory, again.directory, "freshly signed");
    app.heartbeat(&again.directory).ok();
    app.wait(&native, 0).refused(401, "E_InvalidToken");
    app.heartbeat(&first.directory).ok();
    app.close(&first.directory, "false").ok();
    app.wait(&native, 0).refused(401, "E_InvalidToken");
});

on_both_stores!(a_failed_login_is_told, |kind| {
    let app = App::shared(kind);
    let (user, native) = (app.user(), native_token());
    thread::scope(|scope| {
        let waiter = scope.spawn(|| app.wait(&native, 15));
        // A right that the user has not.
        let start = app.authenticate("access:client-dev", &format!("&nativetoken={native}"));
        let end = Visitor::default().log_in(&start, &user);
        assert!(end.fragment().is_some_and(|told| told.contains("error=access_denied")), "{end}");
        waiter.join().expect("no panic").refused(403, "E_Forbidden");
    });
    app.wait(&native, 0).refused(403, "E_Forbidden");
});

on_both_stores!(nothing_yet_is_told_in_time, |kind| {
    let app = App::shared(kind);
    for (seconds, least) in [(0, 0), (1, 1)] {
        let began = Instant::now();
        let reply = app.wait(&native_token(), seconds);
        assert_eq!((reply.status, reply.body.len()), (204, 0));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(began.elapsed() >= Duration::from_secs(least) && began.elapsed() < SOON);
    }
    let reply = app.call("POST", "waitforauthentication?timeoutsec=0&_=1", &native_token()).body("{]").send();
    assert_eq!(reply.status, 204);
});

/// Whatever a client asks for: nginx gives up on a silent server after 60 s. The store plays no part.
#[test]
fn a_wait_ends_before_a_proxy_gives_up() {
    let app = App::shared(Kind::Embedded);
    let wait = app.call("GET", "waitforauthentication?timeoutsec=60", &native_token());
    let mut proxy = TcpStream::connect(app.address()).expect("a connection");
    proxy.set_read_timeout(Some(Duration::from_secs(58))).expect("a socket");
    proxy.write_all(&wait.bytes("close")).expect("it listens");
    let mut answer = Vec::new();
    proxy.read_to_end(&mut answer).expect("an answer in time");
    assert!(answer.starts_with(b"HTTP/1.1 204 "), "{}", String::from_utf8_lossy(&answer));
}

on_both_stores!(what_is_malformed_is_refused, |kind| {
    let app = App::shared(kind);
    for query in ["timeoutsec=61", "timeoutsec=-1", "timeoutsec=1.5", "timeoutsec=x", "timeoutsec=0&timeoutsec=0"] {
        let call = format!("waitforauthentication?{query}");
        app.call("GET", &call, &native_token()).send().refused(400, "E_BadRequest");
    }
    for native in ["", "too short", &"x".repeat(257)] {
        app.wait(native, 0).refused(401, "E_InvalidToken");
    }
    app.request("GET", &path("waitforauthentication?timeoutsec=0")).send().refused(401, "E_InvalidToken");
});

on_both_stores!(a_native_token_serves_one_login, |kind| {
    let app = App::shared(kind);
    let (user, native) = (app.user(), native_token());
    let start = app.authenticate_native(&native);
    app.open_native(&user, &native);
    let taken = || app.request("GET", &start[url::Position::BeforePath..]).send();
    taken().refused(409, "E_Conflict");
    let session = Session::of_body(&app.wait(&native, 0).ok());
    app.close(&session.directory, "false").ok();
    // Its session is closed: it may be used again.
    until("the token is free", SOON, || (taken().status == 302).then_some(()));
});
