//! Finishing what a crash interrupted, and removing what has ended. Every server of a store calls it; whoever gets
//! the lease does the work.

use futures_util::future::join_all;

use super::scan::ScanCursor;
use super::{RedisStore, scripts};
use crate::domain::UserId;
use crate::store::Result;

/// How long the lease lasts, in milliseconds: a little less than the second after which everyone asks again.
const LEASE: u64 = 900;
/// Killings younger than this, in milliseconds, are left to those who began them.
pub(super) const OVERDUE: u64 = 10_000;
/// How many users' killings are finished at once.
const KILLINGS: &[u8] = b"100";
/// How many times one call looks for users.
const LOOKS: usize = 20;
/// How many users and claims one call looks at, at least, if there are as many.
const KEYS: usize = 200;

impl RedisStore {
    /// See [`crate::store::Sessions::sweep`].
    pub(super) async fn sweep_some(&self) -> Result<()> {
        let mut lease = redis::cmd("SET");
        lease.arg(self.keys.sweep()).arg("").arg("NX").arg("PX").arg(LEASE);
        if self.client.command::<Option<String>>(&lease).await?.is_none() {
            return Ok(());
        }
        let finished = self.finish_overdue().await;
        self.prune_some().await?;
        finished
    }

    async fn finish_overdue(&self) -> Result<()> {
        let age = OVERDUE.to_string();
        let overdue: Vec<([u8; 16], u64)> =
            self.client.eval(&scripts::OVERDUE, &[&self.keys.closing()], &[age.as_bytes(), KILLINGS]).await?;
        let mut outcome = Ok(());
        for (user, mark) in overdue {
            // One user that fails must not keep the others waiting.
            outcome = self.finish_one(UserId(uuid::Uuid::from_bytes(user)), mark).await.and(outcome);
        }
        outcome
    }

    async fn finish_one(&self, user: UserId, mark: u64) -> Result<()> {
        let _alone = self.lock(user).await;
        let loaded = self.load(user).await?;
        if self.kill(user, &loaded.kills).await? > 0 {
            return Ok(());
        }
        self.unmark(user, mark).await
    }

    async fn prune_some(&self) -> Result<()> {
        let walk = self.keys.walk();
        let text: Option<String> = self.client.command(redis::cmd("GET").arg(&walk)).await?;
        let mut place = text.and_then(|text| ScanCursor::parse(&text)).unwrap_or_default();
        let mut keys = Vec::new();
        for _ in 0..LOOKS {
            let (found, next) = self.look(place, self.keys.users_and_claims()).await?;
            keys.extend(found);
            place = next.unwrap_or_default();
            if next.is_none() || keys.len() >= KEYS {
                break;
            }
        }
        let pruned = keys.iter().map(async |key| match self.keys.user_of(key) {
            Some(user) => self.prune(user).await,
            None => self.drop_abandoned(key).await,
        });
        let pruned = join_all(pruned).await;
        self.client.command::<()>(redis::cmd("SET").arg(&walk).arg(place.to_text())).await?;
        pruned.into_iter().collect()
    }
}
