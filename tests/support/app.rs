//! The service on one of its stores, spoken to in verbs.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Weak};

use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::client::{Reply, Request};
use super::redis_server::RedisServer;
use super::server::Server;
use super::shared::shared;

/// Which store a case runs on.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Embedded,
    Redis,
}

/// Defines a case, which is given the [`Kind`] to run on, and makes a test of it for each store.
macro_rules! on_both_stores {
    ($case:ident, |$kind:ident| $body:block) => {
        fn $case($kind: $crate::support::app::Kind) $body

        mod $case {
            use crate::support::app::Kind;

            #[test]
            fn embedded() {
                super::$case(Kind::Embedded);
            }

            #[test]
            fn redis() {
                super::$case(Kind::Redis);
            }
        }
    };
}

/// A server and the Redis below it, if any.
pub struct App {
    pub server: Server,
    redis: Option<RedisServer>,
}

/// Someone who can log in.
pub struct User {
    pub id: Uuid,
    pub email: String,
    pub password: String,
}

static SHARED: [Mutex<Weak<App>>; 2] = [const { Mutex::new(Weak::new()) }; 2];

/// Buckets for many cases, or many failures, from the one address that all tests have.
pub const ROOMY: [(&str, &str); 8] = [
    ("throttle.account_network.burst", "100000"),
    ("throttle.network.burst", "100000"),
    ("throttle.account.burst", "100000"),
    ("throttle.successes.burst", "100000"),
    ("throttle.tokens.burst", "100000"),
    ("throttle.issues.burst", "1000000"),
    ("throttle.heartbeats.burst", "1000000"),
    ("throttle.licenses.burst", "100000"),
];

/// In milliseconds.
const PATIENT: &str = "10000";

impl App {
    /// A server of this case's own. Its store may take long unless the settings say otherwise: on a busy machine,
    /// where every write waits for a disk, a case that is not about outages must not meet one.
    pub fn start(kind: Kind, settings: &[(&str, &str)]) -> Self {
        let settings = [&[("store.timeout_ms", PATIENT)], settings].concat();
        match kind {
            Kind::Embedded => Self { server: Server::start(&settings), redis: None },
            Kind::Redis => Self::on(RedisServer::start(), &settings),
        }
    }

    /// As [`Self::start`], on this Redis, and with no more patience than the settings' default.
    pub fn on(redis: RedisServer, settings: &[(&str, &str)]) -> Self {
        let url = redis.url();
        Self { server: Server::start(&[&[("store.url", url.as_str())], settings].concat()), redis: Some(redis) }
    }

    /// Another server of the same store, which must be Redis.
    pub fn beside(&self, settings: &[(&str, &str)]) -> Self {
        let url = self.redis.as_ref().expect("on Redis").url();
        Self { server: Server::start(&[&[("store.url", url.as_str())], settings].concat()), redis: None }
    }

    /// A server that other cases use at the same time; with users of one's own nobody disturbs anybody.
    pub fn shared(kind: Kind) -> Arc<Self> {
        shared(&SHARED[kind as usize], || {
            Self::start(kind, &[&ROOMY[..], &[("manage.listen", "127.0.0.1:0")]].concat())
        })
    }

    /// Makes a user nobody else uses.
    pub fn user(&self) -> User {
        let id = Uuid::new_v4();
        let user = User { id, email: format!("{}@example.org", id.simple()), password: format!("pass {id}") };
        self.add(&user);
        user
    }

    /// Makes this user.
    pub fn add(&self, user: &User) {
        let id = user.id.to_string();
        let arguments = ["user", "add", "--id", &id, "--email", &user.email, "--password-stdin"];
        self.server.run(&arguments, &user.password);
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// A URL of it.
    pub fn url(&self, target: &str) -> Url {
        Url::parse(&format!("http://{}{target}", self.address())).expect("a URL")
    }

    /// The Redis below, in a case that runs on Redis only.
    pub fn redis(&mut self) -> &mut RedisServer {
        self.redis.as_mut().expect("on Redis")
    }

    pub fn request(&self, method: &str, target: &str) -> Request {
        self.server.request(method, target)
    }

    pub fn post(&self, target: &str, body: &Value) -> Reply {
        self.request("POST", target).header("Content-Type", "application/json").body(body.to_string()).send()
    }

    /// Logs in with more members than the mandatory ones.
    pub fn try_login(&self, user: &User, more: &Value) -> Reply {
        let mut body = json!({"user_id": user.email, "password": user.password});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.post("/v2/authorize", &body)
    }

    /// As [`Self::try_login`], which must succeed.
    #[track_caller]
    pub fn login_with(&self, user: &User, more: &Value) -> Value {
        self.try_login(user, more).ok()
    }

    /// A plain login; its access token.
    #[track_caller]
    pub fn login(&self, user: &User) -> String {
        token(&self.login_with(user, &Value::Null), "access_token")
    }

    pub fn check(&self, access: &str) -> Reply {
        self.request("GET", "/v2/authorize").token(access).send()
    }

    pub fn mint(&self, access: &str) -> Reply {
        self.request("POST", "/v2/cross-token").token(access).send()
    }

    /// A cross token of this access token.
    #[track_caller]
    pub fn cross_token(&self, access: &str) -> String {
        token(&self.mint(access).ok(), "cross_token")
    }

    pub fn swap(&self, body: &Value) -> Reply {
        self.post("/v2/cross-authorize", body)
    }

    pub fn revoke(&self, access: &str, query: &str) -> Reply {
        self.request("DELETE", &format!("/v2/authorize{query}")).token(access).send()
    }

    #[track_caller]
    pub fn accepts(&self, access: &str) {
        self.check(access).ok();
    }

    #[track_caller]
    pub fn refuses(&self, access: &str) {
        self.check(access).refused(401, "E_InvalidToken");
    }
}

/// The token in a member of a response, which must look like one.
#[track_caller]
pub fn token(body: &Value, member: &str) -> String {
    let value = body[member].as_str().unwrap_or_else(|| panic!("{member} is a string: {body}"));
    let good = value.len() == 32 && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    assert!(good, "{member} is 32 lower-case hexadecimal digits: {value}");
    value.into()
}
