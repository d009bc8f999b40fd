//! A machine's clock that jumps, and servers whose clocks differ.

use std::time::Duration;

use bimgate::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::directory::Session;
use crate::support::fake_clock::{FakeClock, borrowed};
use crate::support::redis_server::RedisServer;
use crate::support::server::Server;
use crate::support::visitor::Visitor;
use crate::support::wait::until;

const HOUR: i64 = 3600;
/// The machine is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(kind: Kind, clock: &FakeClock, more: &[(&str, &str)]) -> App {
    App::start(kind, &borrowed(&clock.settings(more)))
}

/// By the machine's own clock, which is Redis' too.
fn now() -> u64 {
    SystemClock.now().seconds()
}

fn on_both_stores(case: impl Fn(Kind)) {
    for kind in [Kind::Embedded, Kind::Redis] {
        case(kind);
    }
}

/// How often the log says that a session was closed.
fn closed(server: &Server) -> usize {
    server.log().matches("\"no heartbeat\"").count()
}

/// Every way in, for somebody who was here before the clock jumped; `browser` was signed on.
fn logs_in_everywhere(app: &App, user: &User, browser: &mut Visitor) {
    app.accepts(&app.login(user));
    let session = browser.open(&app.authenticate("access:client", ""), user).session();
    let session = Session::of_body(&app.heartbeat(&session.directory).ok());
    app.user_info(&session.directory).ok();
    app.accepts(&swapped(app, &session));
    let remembered = app.login_with(user, &json!({"remember_me": true, "client_id": "a"}));
    let token = &remembered["remember_me_token"];
    let silent = json!({"remember_me": true, "remember_me_token": token, "client_id": "a"});
    app.post("/v2/authorize", &silent).ok();
}

/// The access token that a session's cross token gives.
fn swapped(app: &App, session: &Session) -> String {
    let cross = app.call_v2_cross(&session.directory).ok()["cross_token"].clone();
    let body = app.swap(&json!({"cross_token": cross})).ok();
    body["access_token"].as_str().expect("a token").to_owned()
}

#[test]
fn people_log_in_whatever_the_clock_does() {
    on_both_stores(|kind| {
        for jumps in [[-HOUR, -2 * HOUR], [HOUR, 0]] {
            let clock = FakeClock::off_by(0);
            let app = start(kind, &clock, &[]);
            let (user, mut browser) = (app.user(), Visitor::default());
            // Some wrong passwords before the right one, so that something is counted.
            for _attempt in 0..2 {
                app.try_login(&User { password: "wrong".into(), email: user.email.clone(), id: user.id }, &Value::Null)
                    .refused(401, "E_InvalidCredentials");
            }
            logs_in_everywhere(&app, &user, &mut browser);
            for seconds in jumps {
                clock.set(seconds);
                logs_in_everywhere(&app, &user, &mut browser);
            }
        }
    });
}

#[test]
fn who_must_be_asked_again_is_let_in_by_the_right_password_after_the_clock_was_set_back() {
    on_both_stores(|kind| {
        let clock = FakeClock::off_by(0);
        let app = start(kind, &clock, &[]);
        let (user, mut browser) = (app.user(), Visitor::default());
        let start = app.authenticate("access:client", "");
        let session = browser.open(&start, &user).session();
        app.close(&session.directory, "true").ok();
        clock.set(-HOUR);
        let walked = browser.open(&start, &user);
        assert!(walked.asked_for_password);
        app.heartbeat(&walked.session().directory).ok();
        assert!(!browser.open(&start, &user).asked_for_password, "the person was asked");
    });
}

#[test]
fn what_was_revoked_stays_refused_whatever_the_clock_does() {
    on_both_stores(|kind| {
        let clock = FakeClock::off_by(0);
        let app = start(kind, &clock, &[]);
        let user = app.user();
        let [revoked, kept] = [app.login(&user), app.login(&user)];
        let session = app.open_session(&user);
        app.revoke(&revoked, "").ok();
        app.close(&session.directory, "false").ok();
        for seconds in [-HOUR, HOUR, -24 * HOUR, 0] {
            clock.set(seconds);
            app.refuses(&revoked);
            app.accepts(&kept);
            app.heartbeat(&session.directory).refused(401, "E_InvalidToken");
        }
    });
}

#[test]
fn a_server_whose_clock_is_off_goes_by_that_of_redis() {
    for seconds in [-HOUR, HOUR] {
        let clock = FakeClock::off_by(seconds);
        let app = start(Kind::Redis, &clock, &[("directory.time_to_heartbeat", "6")]);
        let user = app.user();
        let before = now();
        let session = app.open_session(&user);
        let is_told = |session: &Session| {
            let (heartbeat, end) = (before + 6..=now() + 6, before + 43_200..=now() + 43_200);
            assert!(heartbeat.contains(&session.heartbeat_before), "{heartbeat:?}: {session:?}");
            assert!(end.contains(&session.end_of_life), "{end:?}: {session:?}");
        };
        is_told(&session);
        app.accepts(&swapped(&app, &session));
        // Two more jumps while it is open, and it is neither closed early nor left open.
        for seconds in [2 * seconds, -seconds] {
            clock.set(seconds);
            is_told(&Session::of_body(&app.heartbeat(&session.directory).ok()));
        }
        let last = Session::of_body(&app.heartbeat(&session.directory).ok());
        until("it is closed", PATIENCE, || (closed(&app.server) > 0).then_some(()));
        assert!(now() >= last.heartbeat_before, "closed early");
        app.heartbeat(&last.directory).refused(401, "E_InvalidToken");
        assert!(app.server.log().contains("clock differs from the store's"));
    }
}

#[test]
fn bearers_and_demands_count_at_servers_whose_clocks_differ() {
    let settings = [&ROOMY[..], &[("store.timeout_ms", "10000")]].concat();
    let first = App::on(RedisServer::start(), &settings);
    let clocks = [-20, 20, -HOUR].map(FakeClock::off_by);
    let others = clocks.each_ref().map(|clock| first.beside(&borrowed(&clock.settings(&settings))));
    let user = first.user();
    for (here, there) in others.iter().map(|other| (&first, other)).chain(others.iter().map(|other| (other, &first))) {
        let mut browser = Visitor::default();
        let session = browser.open(&here.authenticate("access:client", ""), &user).session();
        there.user_info(&session.directory).ok();
        let renewed = Session::of_body(&there.heartbeat(&session.directory).ok());
        here.close(&renewed.directory, "true").ok();
        there.user_info(&session.directory).refused(401, "E_InvalidToken");
        let walked = browser.open(&there.authenticate("access:client", ""), &user);
        assert!(walked.asked_for_password);
        here.heartbeat(&walked.session().directory).ok();
        here.accepts(&there.login(&user));
    }
}
