//! Stores for tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{ClosedSession, Issue, Timestamp, UserId};
use bimgate::settings::{Settings, StoreSettings};
use bimgate::store::redis::RedisStore;
use bimgate::store::{Health as _, Result, Store, StoreError, Tokens as _};

use crate::backend::{Backend, Reports};
use crate::given;

/// How long an act may take in these tests; the promise to callers is a second.
pub const TIMEOUT: Duration = Duration::from_millis(600);
/// What may come on top of that on a busy machine, and how soon at the latest it goes on with a Redis that is back.
pub const SOON: Duration = Duration::from_secs(3);
/// How long until everything must be well again.
pub const RECOVERY: Duration = Duration::from_secs(20);

pub fn settings(url: &str) -> StoreSettings {
    let defaults = Settings::defaults().expect("the defaults are good").store;
    StoreSettings { url: url.into(), key_prefix: "test:".into(), timeout_ms: TIMEOUT, ..defaults }
}

/// A store, as one server holds it.
pub struct Here(pub RedisStore, Reports);

pub fn here(url: &str) -> Here {
    with(&settings(url))
}

/// One with plenty of time: for tests that are not about how long an act may take.
pub fn patient(url: &str) -> Here {
    with(&StoreSettings { timeout_ms: Duration::from_secs(10), ..settings(url) })
}

pub fn with(settings: &StoreSettings) -> Here {
    let (store, reports) = (RedisStore::connect(settings).expect("usable settings"), Reports::default());
    reports.listen_to(&store);
    Here(store, reports)
}

#[async_trait]
impl Backend for Here {
    fn store(&self) -> Arc<dyn Store> {
        self.0.for_worker()
    }

    fn second_server(&self) -> Arc<dyn Store> {
        self.0.for_worker()
    }

    fn reported(&self) -> Vec<ClosedSession> {
        self.1.take()
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn pass(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while Instant::now() < until {
            ticks.tick().await;
        }
    }
}

impl Here {
    /// Logs a user in on a client of its own, which must succeed.
    pub async fn logged_in(&self, user: UserId) -> given::Result<Issue> {
        let login = given::login(self, &given::client());
        self.0.issue(user, &login).await??;
        Ok(login)
    }

    /// Returns when the store answers, and takes writes, again.
    pub async fn recovered(&self) -> Duration {
        let began = Instant::now();
        while let Err(error) = self.0.time().await {
            assert!(began.elapsed() < RECOVERY, "still: {error}");
            self.pass(Duration::from_millis(10)).await;
        }
        began.elapsed()
    }
}

/// The sentence of a refusal, which must come when the time of an act is over, or before.
pub async fn refusal<T: std::fmt::Debug>(act: impl Future<Output = Result<T>>) -> String {
    let began = Instant::now();
    let answer = act.await;
    assert!(began.elapsed() < TIMEOUT + SOON, "refused only after {:?}", began.elapsed());
    match answer {
        Err(StoreError::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}
