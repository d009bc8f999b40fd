//! Redis, 7 or newer, and Valkey: one server, one named by Sentinel, or a Cluster.
//!
//! All that a user has lies in one slot ([`keys`]), so one script commits an act on a user ([`user`]): all of it or
//! nothing, also across a crash or a failover. What spans users takes effect in steps: an e-mail address or a
//! provider's subject is claimed before the account has it ([`unique_index`]), and a login under way ([`logins`]) opens
//! its session before it ends. `docs/design/redis.md` has the picture.

use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

use self::client::Client;
use self::connect::ConnectOptions;
use self::keys::Keys;
use self::primary::Primary;
use super::calls::Calls;
use super::codec::{Record, decode};
use super::metrics::Op;
use super::{Result, Store, StoreError, StoreEvents, StoreMetrics};
use crate::domain::{Shard, UserId};
use crate::settings::StoreSettings;

mod accounts;
mod api_tokens;
mod backoff;
mod client;
mod cluster;
mod codec;
mod connect;
mod dump;
mod error;
mod events;
mod expired_logins;
mod groups;
mod health;
mod keys;
mod licenses;
mod logins;
mod moving;
mod primary;
mod pubsub;
mod redirect_urls;
mod restore;
mod scan;
mod scripts;
mod sentinels;
mod session_timers;
mod sessions;
mod shard;
mod signing_keys;
mod sweep;
mod takeovers;
mod throttle;
mod unique_index;
mod user;
mod versioned;

pub use connect::ConnectError;

/// A handle of a store in Redis. Each has a connection of its own, opened when it is first used.
pub struct RedisStore {
    shared: Arc<Shared>,
    keys: Arc<Keys>,
    client: Arc<Client>,
    calls: Calls,
}

/// What all handles of a process share.
struct Shared {
    primary: Arc<Primary>,
    limit: std::time::Duration,
    wait_replicas: usize,
    /// Of acts that begin again, one a shard.
    queues: [Mutex<()>; Shard::COUNT],
    events: StoreEvents,
}

impl RedisStore {
    /// A store in the Redis that `settings` name. Redis need not run yet: until it does, every call fails with
    /// [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// [`ConnectError`] if the settings name no Redis that could ever be reached.
    pub fn connect(settings: &StoreSettings) -> std::result::Result<Self, ConnectError> {
        let shared = Shared {
            primary: Arc::new(Primary::new(ConnectOptions::new(settings)?)),
            limit: settings.timeout_ms,
            wait_replicas: settings.wait_replicas,
            queues: std::array::from_fn(|_| Mutex::new(())),
            events: StoreEvents::default(),
        };
        let (keys, calls) = (Keys::new(&settings.key_prefix), Calls::new("redis", settings.timeout_ms));
        Ok(Self::handle(Arc::new(shared), Arc::new(keys), calls))
    }

    fn handle(shared: Arc<Shared>, keys: Arc<Keys>, calls: Calls) -> Self {
        let client = Arc::new(Client::new(&shared.primary, shared.limit, shared.wait_replicas));
        Self { shared, keys, client, calls }
    }

    /// Does `work` within the deadline, and counts it.
    fn act<T>(&self, op: Op, work: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
        self.calls.run(op, |limit| self.client.act(limit, work))
    }

    /// The record in a key.
    async fn find<R: Record>(&self, key: Vec<u8>) -> Result<Option<R>> {
        let record = self.act(Op::Find, self.client.get(key)).await?;
        record.as_deref().map(decode).transpose()
    }

    /// Waits until no other act of this process that has begun again is about the same shard.
    async fn queue(&self, user: UserId) -> MutexGuard<'_, ()> {
        self.shared.queues[Shard::of_user(user).index()].lock().await
    }
}

impl Store for RedisStore {
    fn for_worker(&self) -> Arc<dyn Store> {
        Arc::new(Self::handle(self.shared.clone(), self.keys.clone(), self.calls.for_worker()))
    }

    fn for_request(&self) -> Arc<dyn Store> {
        let (shared, keys, client) = (self.shared.clone(), self.keys.clone(), self.client.clone());
        Arc::new(Self { shared, keys, client, calls: self.calls.for_request() })
    }

    fn metrics(&self) -> &StoreMetrics {
        self.calls.metrics()
    }

    fn events(&self) -> &StoreEvents {
        &self.shared.events
    }
}

/// A random id, by which a script knows that it is delivered again.
fn new_id() -> Result<[u8; 8]> {
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(|_| StoreError::Unavailable("the system gives no random bytes".into()))?;
    Ok(id)
}
