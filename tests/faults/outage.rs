//! A server whose Redis fails, and what its clients then hear.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::app::{App, ROOMY, User, token};
use crate::support::client::{Reply, Request};
use crate::support::redis_server::RedisServer;
use crate::support::wait::until;

pub const A_SECOND: Duration = Duration::from_secs(1);
/// For a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How many answers others have had before what they are to bear begins.
const A_LOAD: usize = 500;
const CLIENT: &str = "6c1f5b66-6a3f-4b39-a4b3-0b9ddd4e9a0f";

/// A server on a Redis that still works, and a user who has one token of each kind.
pub struct Outage {
    pub app: App,
    user: User,
    /// An access token that nobody revokes.
    kept: String,
    /// One that is revoked during the outage, which may or may not take effect.
    doomed: String,
    cross: String,
    remember_me: String,
}

impl Outage {
    pub fn prepare(redis: RedisServer) -> Self {
        let url = redis.url();
        Self::prepare_at(redis, &url)
    }

    /// As [`Self::prepare`], with another way to that Redis.
    pub fn prepare_at(redis: RedisServer, url: &str) -> Self {
        // Cheap passwords: it is not the hashing whose time is taken.
        let cheap = [("store.url", url), ("passwords.memory_kib", "8"), ("passwords.iterations", "1")];
        let app = App::on(redis, &[&ROOMY[..], &cheap].concat());
        let user = app.user();
        let (kept, doomed) = (app.login(&user), app.login(&user));
        let login = app.login_with(&user, &json!({"remember_me": true, "client_id": CLIENT}));
        let (cross, remember_me) = (app.cross_token(&kept), token(&login, "remember_me_token"));
        Self { app, user, kept, doomed, cross, remember_me }
    }

    /// What can only be answered with a write.
    fn writes(&self) -> Vec<Request> {
        let post = |target, body: Value| self.app.request("POST", target).body(body.to_string());
        let silent = json!({"remember_me": true, "remember_me_token": self.remember_me, "client_id": CLIENT});
        vec![
            post("/v2/authorize", json!({"user_id": self.user.email, "password": self.user.password})),
            post("/v2/authorize", silent),
            post("/v2/cross-authorize", json!({"cross_token": self.cross})),
            self.app.request("POST", "/v2/cross-token").token(&self.kept),
            self.end(),
            self.app.request("GET", "/readyz"),
        ]
    }

    fn end(&self) -> Request {
        self.app.request("DELETE", "/v2/authorize").token(&self.doomed)
    }

    fn check(&self) -> Request {
        self.app.request("GET", "/v2/authorize").token(&self.kept)
    }

    /// Every client hears so at the same time, and within a second.
    pub fn nothing_is_served(&self) {
        all_unavailable(self.writes().into_iter().chain([self.check()]).collect());
        self.app.request("GET", "/healthz").send().ok();
    }

    /// Every client is told within a second, that it worked or 503.
    pub fn nobody_waits(&self) {
        for (what, reply, took) in at_once(self.writes().into_iter().chain([self.check()]).collect()) {
            assert!([200, 503].contains(&reply.status), "{what}: {}", reply.text());
            assert!(took <= A_SECOND, "{what}: {} took {took:?}", reply.status);
        }
    }

    /// As [`Self::nothing_is_served`], where reading still works: a check is answered well, or 503.
    pub fn no_write_is_served(&self) {
        all_unavailable(self.writes());
        let reply = self.check().send();
        assert!([200, 503].contains(&reply.status), "{}", reply.text());
        self.app.request("GET", "/healthz").send().ok();
    }

    /// Nobody can log in, and a balancer still sends everybody who is logged in.
    pub fn no_login_is_served(&self) {
        let mut logins = self.writes();
        logins.truncate(4);
        all_unavailable(logins);
        let ready = self.app.request("GET", "/readyz").send().ok();
        assert!(ready["note"].as_str().is_some_and(|note| note.contains("full")), "{ready}");
        assert!([200, 503].contains(&self.check().send().status));
    }

    /// One token is revoked, then all others of the user; nothing else is.
    pub fn all_can_be_ended(&self) {
        self.end().send().ok();
        self.app.refuses(&self.doomed);
        self.check().send().ok();
        self.app.revoke(&self.kept, "?scope=user").ok();
        self.app.refuses(&self.kept);
    }

    /// Everything works, new logins and old tokens, soon after now; until then a client hears 503, and nothing else.
    pub fn serves_again_within(&self, deadline: Duration) {
        let served = |request: &Request| match request.clone().send() {
            reply if reply.status == 503 => false,
            reply => reply.ok().is_object(),
        };
        let [login, silent, _, mint, ..] = &self.writes()[..] else { unreachable!() };
        // Each more than once, so that every thread of the server is asked.
        let all: Vec<_> = [login, silent, mint, &self.check()].into_iter().cycle().take(8).cloned().collect();
        until("serving again", deadline, || all.iter().all(served).then_some(()));
    }

    /// Does `work` after many others have asked for checks and logins, and while they go on; who hear good answers or
    /// 503.
    pub fn under_load(&mut self, work: impl FnOnce(&mut Self)) {
        let (over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
        let asked = [self.check(), self.writes().swap_remove(0)];
        thread::scope(|scope| {
            let (asked, over, answered) = (&asked, &over, &answered);
            for n in 0..16 {
                scope.spawn(move || {
                    while !over.load(Ordering::SeqCst) {
                        let reply = asked[n % 2].clone().send();
                        assert!([200, 503].contains(&reply.status), "{}", reply.text());
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            let _over = SetWhenDropped(over);
            let enough = || answered.load(Ordering::SeqCst) >= A_LOAD;
            until("a load", PATIENCE, || enough().then_some(()));
            work(self);
        });
    }
}

/// Also when a test fails: the threads that look at it must end.
struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Sends all at once: what was asked, what was answered, and when.
fn at_once(requests: Vec<Request>) -> Vec<(String, Reply, Duration)> {
    thread::scope(|scope| {
        let asked = requests.into_iter().map(|request| {
            scope.spawn(move || {
                let what = request.name();
                let asked = Instant::now();
                (what, request.send(), asked.elapsed())
            })
        });
        let asked: Vec<_> = asked.collect();
        asked.into_iter().map(|answer| answer.join().expect("an answer")).collect()
    })
}

/// Sends all at once. Each must be told 503, the envelope, and when to come back, within a second.
fn all_unavailable(requests: Vec<Request>) {
    for (what, reply, took) in at_once(requests) {
        assert_eq!(reply.status, 503, "{what}: {}", reply.text());
        reply.refused(503, "E_Unavailable");
        let again = reply.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(again.is_some_and(|seconds| seconds > 0), "{what}: says when to come back");
        assert!(took <= A_SECOND, "{what}: took {took:?}");
    }
}
