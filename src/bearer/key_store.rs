//! Reads the keys from the store, and keeps them fresh.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::keys::Ring;
use super::rotation::{add, is_due, retire, rotate, start_over};
use super::{Bearers, KeyError};
use crate::clock::Clock;
use crate::domain::{KeyRing, Timestamp};
use crate::error::ServiceError;

/// How often to try again until the ring has been read.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// How often to read it after that, in multiples of [`RETRY_EVERY`].
const READ_EVERY: u64 = 60;

/// Reads the ring once a minute, until dropped. Logs a failure once, until reading works again.
pub async fn keep_keys(bearers: Arc<Bearers>, clock: Arc<dyn Clock>) {
    let mut ticks = interval(RETRY_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut works, mut logged) = (true, false);
    for turn in 0_u64.. {
        ticks.tick().await;
        if works && !turn.is_multiple_of(READ_EVERY) {
            continue;
        }
        match bearers.read(clock.now()).await {
            Ok(()) => (works, logged) = (true, false),
            Err(error) => {
                if !logged {
                    tracing::error!(%error, "the signing keys cannot be read; trying again every second");
                }
                (works, logged) = (false, true);
            }
        }
    }
}

impl Bearers {
    /// Reads the ring, makes the first key if there is none and the next one if it is due, and removes old ones.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn read(&self, now: Timestamp) -> Result<(), KeyError> {
        let mut ring = self.store.key_ring().await?;
        let mut changed = ring.clone();
        let mut aged = retire(&mut changed, self.retention, now);
        // Only commands fill a ring. Its keys suffice until one of them is removed.
        if is_due(&ring, self.rotate_every, now) && changed.keys.len() < KeyRing::MAX_KEYS {
            let id = add(&mut changed, &self.sealer, self.retention, now)?;
            tracing::info!(key = id, "a signing key was due, and is made");
            aged = true;
        }
        if aged {
            // If another server was faster, its change serves as well.
            self.store.replace_key_ring(&changed).await?;
            ring = self.store.key_ring().await?;
        }
        let known = self.ring.load().as_ref().map(|known| known.version);
        if known != Some(ring.version) {
            self.ring.store(Some(Arc::new(Ring::open(&ring, &self.sealer)?)));
        }
        Ok(())
    }

    /// Makes the next key, see [`rotate`].
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn rotate(&self, now: Timestamp) -> Result<String, KeyError> {
        let id = rotate(&*self.store, &self.sealer, self.retention, now).await?;
        self.read(now).await?;
        Ok(id)
    }

    /// Throws every key away, see [`start_over`].
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn start_over(&self, now: Timestamp) -> Result<String, KeyError> {
        let id = start_over(&*self.store, &self.sealer, now).await?;
        self.read(now).await?;
        Ok(id)
    }

    /// Reads the ring because a bearer names a key that is not in it. At most one call in [`Self::REREAD`] reads, and
    /// the others wait for it, so that made-up keys cost the store next to nothing.
    pub(super) async fn read_once(&self, now: Timestamp) -> Result<(), ServiceError> {
        let mut last = self.last_read.lock().await;
        let fresh = last.filter(|(at, _)| now.since(*at).max(at.since(now)) < Self::REREAD);
        let worked = if let Some((_, worked)) = fresh {
            worked
        } else {
            let read = self.read(now).await;
            if let Err(error) = &read {
                tracing::warn!(%error, "the signing keys cannot be read");
            }
            *last = Some((now, read.is_ok()));
            read.is_ok()
        };
        if worked { Ok(()) } else { Err(ServiceError::NoKeys) }
    }
}
