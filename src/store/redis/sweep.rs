//! Removing what has ended. Every server of a store calls this every second; the one that gets the lease does the work.

use futures_util::future::join_all;

use super::RedisStore;
use super::scan::ScanCursor;
use crate::store::Result;

/// How long the lease lasts, in milliseconds: a little less than the second between two calls.
const LEASE: u64 = 900;
/// How many times one call scans for keys, at most.
const MAX_LOOKS: usize = 20;
/// How many users and claims are enough for one call.
const ENOUGH: usize = 200;

impl RedisStore {
    /// See [`crate::store::Upkeep::sweep`].
    pub(super) async fn sweep_some(&self) -> Result<()> {
        let mut lease = redis::cmd("SET");
        lease.arg(self.keys.sweep()).arg("").arg("NX").arg("PX").arg(LEASE);
        if self.client.command::<Option<String>>(&lease).await?.is_none() {
            return Ok(());
        }
        let walk = self.keys.walk();
        let text: Option<String> = self.client.command(redis::cmd("GET").arg(&walk)).await?;
        let mut place = text.and_then(|text| ScanCursor::parse(&text)).unwrap_or_default();
        let mut keys = Vec::new();
        for _ in 0..MAX_LOOKS {
            let (found, next) = self.look(place, self.keys.users_and_claims()).await?;
            keys.extend(found);
            place = next.unwrap_or_default();
            if next.is_none() || keys.len() >= ENOUGH {
                break;
            }
        }
        // One that fails does not stop the others.
        let swept = keys.iter().map(async |key| match self.keys.user_of(key) {
            Some(user) => self.prune(user).await,
            None => self.drop_abandoned(key).await,
        });
        let swept = join_all(swept).await;
        self.client.command::<()>(redis::cmd("SET").arg(&walk).arg(place.to_text())).await?;
        swept.into_iter().collect()
    }
}
