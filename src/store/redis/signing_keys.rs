//! The ring of signing keys.

use async_trait::async_trait;

use super::RedisStore;
use crate::domain::KeyRing;
use crate::store::{Result, SigningKeys};

#[async_trait]
impl SigningKeys for RedisStore {
    async fn key_ring(&self) -> Result<KeyRing> {
        self.versioned(self.keys.signing()).await
    }

    async fn replace_key_ring(&self, ring: &KeyRing) -> Result<bool> {
        // There is no version after the last one.
        let Some(version) = ring.version.checked_add(1) else { return Ok(false) };
        let stored = KeyRing { version, keys: ring.keys.clone() };
        let replaced = self.replace(self.keys.signing(), ring.version, version, &stored).await?;
        self.shared.events.report(stored.changed().filter(|_| replaced));
        Ok(replaced)
    }
}
