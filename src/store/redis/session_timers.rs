//! Closing directory sessions that are due. Each has a timer in a sorted set of its user's shard, set by the commit
//! that opens it. Heartbeats leave the timer alone: if the session lives on when the timer goes off, it is set to the
//! true deadline.
//!
//! A server takes some timers that went off, and has a lease on them. Those that it has not dealt with by then go off
//! again.

use futures_util::future::join_all;
use uuid::Uuid;

use super::codec::Timer;
use super::user::Room;
use super::{RedisStore, scripts};
use crate::domain::{Expire, SessionId, SessionKey, Shard, UserId};
use crate::store::Result;

/// How many timers of a shard are taken at once.
const MAX_TAKEN: usize = 16;
/// How long a server has a timer that it took for itself, in milliseconds.
const LEASE: u64 = 5_000;

fn read(timer: &Timer) -> (UserId, SessionKey) {
    let (user, session) = timer.split_at(16);
    let id = |half: &[u8]| Uuid::from_slice(half).unwrap_or_default();
    (UserId(id(user)), SessionKey::Directory(SessionId(id(session))))
}

impl RedisStore {
    /// Closes some sessions that are due. True if there may be more.
    pub(super) async fn expire_due(&self) -> Result<bool> {
        let shards = join_all(Shard::all().map(|shard| self.expire_in(shard))).await;
        // A shard that fails does not stop the others.
        shards.into_iter().try_fold(false, |more, some| Ok(more | some?))
    }

    async fn expire_in(&self, shard: Shard) -> Result<bool> {
        let key = self.keys.timers(shard);
        let mut due = scripts::DUE.on(&[&key]);
        let timers: Vec<Timer> = self.client.eval(due.arg(LEASE).arg(MAX_TAKEN)).await?;
        let expired = join_all(timers.iter().map(|timer| self.expire(&key, timer))).await;
        expired.into_iter().collect::<Result<()>>()?;
        Ok(timers.len() == MAX_TAKEN)
    }

    /// Closes a session if it is due, else sets its timer to its deadline.
    async fn expire(&self, key: &[u8], timer: &Timer) -> Result<()> {
        let (user, session) = read(timer);
        let next = self.run(user, &Expire { session: Some(session) }, Room::ANY).await?.unwrap_or_default();
        let mut set = redis::cmd(if next.is_some() { "ZADD" } else { "ZREM" });
        set.arg(key);
        if let Some(next) = next {
            set.arg("XX").arg(next.millis());
        }
        self.client.command(set.arg(&timer[..])).await
    }
}
