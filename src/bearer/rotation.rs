//! How the ring changes: the first key, the next one, and when an old one goes.

use std::time::Duration;

use super::keys::{Ring, make};
use super::sealing::Sealer;
use super::{KeyError, MAX_AHEAD};
use crate::domain::{KeyRing, Timestamp};
use crate::settings::DirectorySettings;
use crate::store::Store;

/// How long a key is published before it signs: longer than clients cache a JWK set, and longer than a server goes
/// without reading the ring.
pub const LEAD: Duration = Duration::from_secs(600);
/// How often a change is tried when other servers change the ring at the same time.
const MAX_TRIES: usize = 4;

/// How long a key is kept after it last signed: as long as a bearer lives, and some more because clocks differ.
#[must_use]
pub fn retention(settings: &DirectorySettings) -> Duration {
    settings.bearer_lifetime + MAX_AHEAD + LEAD
}

/// Makes the next key, which is published at once and signs after [`LEAD`]; the very first key signs at once. Removes
/// keys that have not signed for `retention`. Returns the new key's id.
///
/// # Errors
/// [`KeyError`]; the ring is unchanged, unless the store's answer was lost.
pub async fn rotate(
    store: &dyn Store,
    sealer: &Sealer,
    retention: Duration,
    now: Timestamp,
) -> Result<String, KeyError> {
    for _ in 0..MAX_TRIES {
        let mut ring = store.key_ring().await?;
        let id = add(&mut ring, sealer, retention, now)?;
        if store.replace_key_ring(&ring).await? {
            tracing::info!(key = id, "a new signing key is published");
            return Ok(id);
        }
    }
    Err(KeyError::Contended)
}

/// The change that [`rotate`] makes.
pub(super) fn add(
    ring: &mut KeyRing,
    sealer: &Sealer,
    retention: Duration,
    now: Timestamp,
) -> Result<String, KeyError> {
    // A secret that does not open the present keys must not seal the next one.
    Ring::open(ring, sealer)?;
    retire(ring, retention, now);
    if ring.keys.len() >= KeyRing::MAX_KEYS {
        return Err(KeyError::Full);
    }
    let signs_from = if ring.keys.is_empty() { now } else { now.plus(LEAD) };
    let key = make(sealer, now, signs_from)?;
    let id = key.id.to_string();
    ring.keys.push(key);
    Ok(id)
}

/// Removes every key and makes a new one, for when the secret is lost or a key has leaked. Every bearer ends; clients
/// get new ones with their next login. Returns the new key's id.
///
/// # Errors
/// [`KeyError`].
pub async fn start_over(store: &dyn Store, sealer: &Sealer, now: Timestamp) -> Result<String, KeyError> {
    for _ in 0..MAX_TRIES {
        let KeyRing { version, .. } = store.key_ring().await?;
        let key = make(sealer, now, now)?;
        let id = key.id.to_string();
        if store.replace_key_ring(&KeyRing { version, keys: vec![key] }).await? {
            tracing::warn!(key = id, "every signing key was thrown away; every bearer ends");
            return Ok(id);
        }
    }
    Err(KeyError::Contended)
}

/// Whether the next key is due.
pub(super) fn is_due(ring: &KeyRing, every: Duration, now: Timestamp) -> bool {
    let newest = ring.keys.iter().map(|key| key.made).max();
    newest.is_none_or(|made| !every.is_zero() && made.plus(every) <= now)
}

/// Removes the keys that have not signed for `retention`; true if there were any.
pub(super) fn retire(ring: &mut KeyRing, retention: Duration, now: Timestamp) -> bool {
    let before = ring.keys.len();
    let starts: Vec<_> = ring.keys.iter().map(|key| key.signs_from).collect();
    ring.keys.retain(|key| {
        let next = starts.iter().filter(|start| **start > key.signs_from).min();
        next.is_none_or(|start| start.plus(retention) > now)
    });
    ring.keys.len() < before
}
