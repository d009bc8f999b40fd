//! The suite on a real Redis that the tests share, each with a key prefix of its own.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use async_trait::async_trait;
use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{ClosedSession, Timestamp};
use bimgate::settings::{Settings, StoreSettings};
use bimgate::store::Store;
use bimgate::store::redis::RedisStore;
use uuid::Uuid;

use crate::backend::{Backend, Reports};
use crate::support::redis_server::RedisServer;
use crate::support::shared::shared;

/// Two servers' stores on one prefix.
pub struct Redis<S> {
    stores: [RedisStore; 2],
    reports: Reports,
    _server: Arc<S>,
}

static SHARED: Mutex<Weak<RedisServer>> = Mutex::new(Weak::new());

pub fn start() -> Result<Redis<RedisServer>, Box<dyn std::error::Error + Send + Sync>> {
    let server = shared(&SHARED, RedisServer::start);
    let url = server.url();
    Redis::on(server, &url)
}

impl<S> Redis<S> {
    pub fn on(server: Arc<S>, url: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let settings = StoreSettings {
            url: url.into(),
            key_prefix: format!("{}:", Uuid::new_v4()),
            timeout_ms: Duration::from_secs(10),
            ..Settings::defaults()?.store
        };
        let stores = [RedisStore::connect(&settings)?, RedisStore::connect(&settings)?];
        let reports = Reports::default();
        for store in &stores {
            reports.listen_to(store);
        }
        Ok(Self { stores, reports, _server: server })
    }
}

#[async_trait]
impl<S: Send + Sync> Backend for Redis<S> {
    fn store(&self) -> Arc<dyn Store> {
        self.stores[0].for_worker()
    }

    fn second_server(&self) -> Arc<dyn Store> {
        self.stores[1].for_worker()
    }

    fn reported(&self) -> Vec<ClosedSession> {
        self.reports.take()
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// Redis has no clock to be moved, so this waits.
    async fn pass(&self, time: Duration) {
        let until = SystemClock.now().plus(time);
        let mut ticks = tokio::time::interval(Duration::from_millis(2));
        while SystemClock.now() <= until {
            ticks.tick().await;
        }
    }
}
