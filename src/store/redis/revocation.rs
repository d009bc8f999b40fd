//! Killing tokens. What is to die is noted in the same commit that ends it, then each token is overwritten by a
//! tombstone, then the note is removed; so whoever finds the note can finish, after any crash.

use futures_util::future::{join_all, try_join_all};

use super::user::{Committed, concat, revoked};
use super::{RedisStore, scripts};
use crate::domain::{Effects, TokenDigest, TokenKind, UserId};
use crate::store::Result;

/// How long after its commit a token may still be written, in milliseconds.
pub(super) const WRITE_WINDOW: u64 = 30_000;
/// How long a tombstone stands, in milliseconds: longer than any token written late, clocks of a cluster's servers
/// that differ by a minute and a half included.
const TOMBSTONE: u64 = 120_000;
/// How many commands are under way at once.
const AT_ONCE: usize = 1_000;

impl RedisStore {
    /// Kills what an act ended, and forgets where its other tokens were. Then the act can be acknowledged.
    pub(super) async fn finish<T>(&self, user: UserId, act: &Committed<T>) -> Result<()> {
        let changes = &act.changes;
        self.forget_pointers(changes).await;
        self.disarm(user, &changes.removed).await;
        let dead = revoked(changes, TokenKind::Access);
        if dead.is_empty() {
            return Ok(());
        }
        let left = self.kill(user, &dead).await?;
        match act.mark {
            Some(mark) if left == 0 => self.unmark(user, mark).await,
            _ => Ok(()),
        }
    }

    /// Makes tokens refused for good. How many bytes of digests of the user are left to kill.
    pub(super) async fn kill(&self, user: UserId, dead: &[TokenDigest]) -> Result<usize> {
        let mut rest = dead;
        loop {
            let (some, others) = rest.split_at(rest.len().min(AT_ONCE));
            try_join_all(some.iter().map(|digest| self.bury(*digest))).await?;
            // Noted at once: who runs out of time leaves less to the next.
            let left = self.client.eval(&scripts::KILLED, &[&self.keys.kills(user)], &[&concat(some)]).await?;
            if others.is_empty() {
                return Ok(left);
            }
            rest = others;
        }
    }

    /// Puts a tombstone where a token is or may yet be written.
    pub(super) async fn bury(&self, digest: TokenDigest) -> Result<()> {
        let mut set = redis::cmd("SET");
        set.arg(self.keys.access(digest)).arg("").arg("PX").arg(TOMBSTONE);
        self.client.command(&set).await
    }

    /// Notes that a user is about to have tokens to kill.
    pub(super) async fn mark(&self, user: UserId) -> Result<u64> {
        self.client.eval(&scripts::MARK, &[&self.keys.closing()], &[user.0.as_bytes()]).await
    }

    /// Removes that note, unless another act has renewed it.
    pub(super) async fn unmark(&self, user: UserId, mark: u64) -> Result<()> {
        let mark = mark.to_string();
        self.client.eval(&scripts::UNMARK, &[&self.keys.closing()], &[user.0.as_bytes(), mark.as_bytes()]).await
    }

    /// Their sessions no longer know these tokens, so that only room is lost when this fails; they expire.
    async fn forget_pointers(&self, changes: &Effects) {
        let keys = changes.revoked.iter().filter(|(kind, _)| *kind != TokenKind::Access);
        let keys: Vec<_> = keys.map(|(kind, digest)| self.keys.token(*kind, *digest)).collect();
        for some in keys.chunks(AT_ONCE) {
            join_all(some.iter().map(async |key| {
                let _ = self.client.command::<u64>(redis::cmd("UNLINK").arg(key)).await;
            }))
            .await;
        }
    }
}
