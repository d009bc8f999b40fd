//! Holding changes, in every shard by a key of its own. Scripts that change a person look at the key of the person's
//! shard, so a hold begins between two of them. What is no person's is changed first, and then looked at: if nothing is
//! held then, the change was there before any hold began, and is in the dump that follows.

use async_trait::async_trait;
use futures_util::future::try_join_all;
use uuid::Uuid;

use super::{RedisStore, scripts};
use crate::domain::Shard;
use crate::store::metrics::Op;
use crate::store::{HELD_FOR, HoldStep, Moving, Result, StoreError};

#[async_trait]
impl Moving for RedisStore {
    async fn hold(&self, step: HoldStep) -> Result<bool> {
        let (by, is_taken) = match &step {
            HoldStep::Begin { by } => (*by, self.hold_all(*by, false, false).await?),
            HoldStep::Renew { by } => (*by, self.hold_all(*by, true, false).await?),
            HoldStep::Keep { by, to } => {
                let is_kept = self.hold_all(*by, true, true).await?;
                if is_kept {
                    let mut call = scripts::MARK.on(&[self.keys.moved()]);
                    call.arg([&by.as_bytes()[..], to.as_bytes()].concat());
                    self.act(Op::Backup, self.client.eval_replicated::<()>(&call)).await?;
                }
                (*by, is_kept)
            }
            HoldStep::Lift { by } => {
                self.lift(*by).await?;
                return Ok(true);
            }
            HoldStep::Undo => {
                self.undo().await?;
                return Ok(true);
            }
        };
        if !is_taken {
            self.lift(by).await?;
        }
        Ok(is_taken)
    }

    async fn moved_to(&self) -> Result<Option<String>> {
        let mark = self.act(Op::Backup, self.client.get(self.keys.moved())).await?;
        // Before the URL stands the id of the move.
        let to =
            mark.map(|mark| String::from_utf8_lossy(mark.get(size_of::<Uuid>()..).unwrap_or_default()).into_owned());
        Ok(to)
    }
}

impl RedisStore {
    /// Makes a change of what is no person's, or says that it may be too late for the copy.
    pub(super) async fn unless_held<T>(&self, change: impl Future<Output = Result<T>>) -> Result<T> {
        let done = change.await?;
        // A hold begins in all shards before anything is read for the copy, so any of them tells.
        let some = Shard::all().next().map(|shard| self.keys.hold(shard));
        let is_held: bool = self.client.command(redis::cmd("EXISTS").arg(some)).await?;
        if is_held { Err(StoreError::Held) } else { Ok(done) }
    }

    /// Holds changes in every shard; `held`: only if this move holds them already. False if one could not be held.
    async fn hold_all(&self, by: Uuid, held: bool, for_good: bool) -> Result<bool> {
        let shards = Shard::all().map(async |shard| {
            let mut call = scripts::HOLD.on(&[self.keys.hold(shard)]);
            call.arg(by.as_bytes()).arg(u8::from(held)).optional((!for_good).then(|| HELD_FOR.as_millis().to_string()));
            self.client.eval_replicated::<bool>(&call).await
        });
        let held = self.act(Op::Backup, try_join_all(shards)).await?;
        Ok(held.into_iter().all(|held| held))
    }

    /// Removes what this move holds. The mark goes first, as of [`Self::undo`]: a [`HoldStep::Keep`] that failed may have
    /// set it all the same.
    async fn lift(&self, by: Uuid) -> Result<()> {
        let mut call = scripts::UNMARK.on(&[self.keys.moved()]);
        call.arg(by.as_bytes());
        self.act(Op::Backup, self.client.eval::<()>(&call)).await?;
        let shards = Shard::all().map(async |shard| {
            let mut call = scripts::FORGET.on(&[self.keys.hold(shard)]);
            call.arg(by.as_bytes());
            self.client.eval::<()>(&call).await
        });
        self.act(Op::Backup, try_join_all(shards)).await.map(drop)
    }

    /// Removes whatever is held. The mark goes first: without it, changes are held until this is done once more.
    async fn undo(&self) -> Result<()> {
        let keys = std::iter::once(self.keys.moved()).chain(Shard::all().map(|shard| self.keys.hold(shard)));
        for key in keys {
            self.act(Op::Backup, self.client.command::<()>(redis::cmd("UNLINK").arg(key))).await?;
        }
        Ok(())
    }
}
