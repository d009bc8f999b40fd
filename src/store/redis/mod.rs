//! Redis, 7 or newer, and Valkey: one server, one named by Sentinel, or a Cluster.
//!
//! What a user has is one key (see [`aggregate`]); a token is found by its digest alone and lies on any server of a
//! cluster. So an act takes effect in steps, ordered so that a crash between any two leaves nothing alive that should
//! be dead. To issue: the user's key learns of the new digest, then the token is written, only if nothing is there
//! and not late. To end: the user's key forgets the digest and notes that it must die, then a tombstone that outlives
//! any late write takes the token's place, then the note goes; then it is acknowledged. Whoever finds such a note,
//! [`sweep`] at the latest, finishes. A directory session has no token of its own: it is there or not, so its steps
//! are only its timer (see [`deadlines`]), then the user's key.

use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

use self::client::Client;
use self::connect::ConnectOptions;
use self::keys::Keys;
use super::{SessionEvents, Store};
use crate::domain::UserId;
use crate::settings::StoreSettings;

mod access_tokens;
mod accounts;
mod client;
mod codec;
mod connect;
mod directory_sessions;
mod expired_logins;
mod health;
mod keys;
mod licenses;
mod logins;
mod pubsub;
mod redirect_urls;
mod revocation;
mod scan;
mod scripts;
mod session_timers;
mod sessions;
mod signing_keys;
mod subjects;
mod sweep;
mod throttle;
mod unique_index;
mod user;

pub use connect::ConnectError;

/// A store in Redis: a handle with one connection, opened when it is first used.
pub struct RedisStore {
    shared: Arc<Shared>,
    keys: Arc<Keys>,
    client: Arc<Client>,
}

/// What all handles of a process share.
struct Shared {
    options: Arc<ConnectOptions>,
    limit: std::time::Duration,
    events: SessionEvents,
    locks: [Mutex<()>; LOCKS],
}

/// Locks for users, found by id: acts of one user would only be in each other's way.
const LOCKS: usize = 256;

impl RedisStore {
    /// A store at the Redis that `settings` name. Redis need not run yet: until it does, every act is
    /// [`StoreError::Unavailable`](super::StoreError::Unavailable).
    ///
    /// # Errors
    /// [`ConnectError`] if the settings cannot be right.
    pub fn connect(settings: &StoreSettings) -> Result<Self, ConnectError> {
        let shared = Shared {
            options: Arc::new(ConnectOptions::new(settings)?),
            limit: settings.timeout_ms,
            events: SessionEvents::default(),
            locks: std::array::from_fn(|_| Mutex::new(())),
        };
        Ok(Self::handle(Arc::new(shared), Arc::new(Keys::new(&settings.key_prefix))))
    }

    fn handle(shared: Arc<Shared>, keys: Arc<Keys>) -> Self {
        let client = Arc::new(Client::new(shared.options.clone(), shared.limit));
        Self { shared, keys, client }
    }

    /// Keeps other acts of this process on the same user out.
    async fn lock(&self, user: UserId) -> MutexGuard<'_, ()> {
        let hash = user.0.as_bytes().iter().fold(0_usize, |hash, byte| hash.wrapping_mul(31) + usize::from(*byte));
        self.shared.locks[hash % LOCKS].lock().await
    }
}

impl Store for RedisStore {
    fn for_worker(&self) -> Arc<dyn Store> {
        Arc::new(Self::handle(self.shared.clone(), self.keys.clone()))
    }

    fn session_events(&self) -> &SessionEvents {
        &self.shared.events
    }
}
