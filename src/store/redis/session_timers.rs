//! When directory sessions are due: a timer each, set before the session opens, so that none opens without one. It is
//! lazy: heartbeats leave it alone, and when it goes off and the session lives on, it is set to the true deadline.
//!
//! Whoever takes timers that went off has them alone for a while; after that, if not done, they go off again.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use uuid::Uuid;

use super::user::Fate;
use super::{RedisStore, scripts};
use crate::domain::{Command as _, Expire, SessionId, SessionKey, Timestamp, UserId, UserState};
use crate::store::Result;

/// How many are taken at once.
pub(super) const AT_ONCE: usize = 100;
/// How long who took a timer has it alone, in milliseconds.
const ALONE: &[u8] = b"5000";
/// The least time, in milliseconds, between setting a timer and its going off.
const SHORTEST: u64 = 500;

/// A user and a session, one after the other.
type Timer = [u8; 32];

fn timer(user: UserId, session: SessionId) -> Timer {
    let mut timer = Timer::default();
    timer[..16].copy_from_slice(user.0.as_bytes());
    timer[16..].copy_from_slice(session.0.as_bytes());
    timer
}

fn whose(timer: &Timer) -> (UserId, SessionId) {
    let id = Uuid::from_u128;
    let (halves, _) = timer.as_chunks();
    (UserId(id(u128::from_be_bytes(halves[0]))), SessionId(id(u128::from_be_bytes(halves[1]))))
}

impl RedisStore {
    /// Sets a session's timer, unless it is set. Until when the session may open, by the time of the user's server:
    /// half the way, so that the clocks of a cluster's servers may differ by the other half.
    pub(super) async fn arm(
        &self,
        user: UserId,
        session: SessionId,
        deadline: Timestamp,
        now: Timestamp,
    ) -> Result<u64> {
        let at = deadline.millis().max(now.millis() + SHORTEST);
        let mut add = redis::cmd("ZADD");
        add.arg(self.keys.due()).arg("NX").arg(at).arg(&timer(user, session)[..]);
        self.client.command::<u64>(&add).await?;
        Ok(now.millis().midpoint(at))
    }

    /// Takes away the timers of sessions that are closed. One that stays goes off for nothing.
    pub(super) async fn disarm(&self, user: UserId, closed: &BTreeSet<SessionKey>) {
        let mut remove = redis::cmd("ZREM");
        remove.arg(self.keys.due());
        let mut any = false;
        for key in closed {
            if let SessionKey::Directory(session) = key {
                remove.arg(&timer(user, *session)[..]);
                any = true;
            }
        }
        if any {
            let _ = self.client.command::<u64>(&remove).await;
        }
    }

    /// Closes some sessions that are due, and says whether there may be more.
    pub(super) async fn expire_due(&self) -> Result<bool> {
        let count = AT_ONCE.to_string();
        let (until, timers): (Vec<u8>, Vec<Timer>) =
            self.client.eval(&scripts::DUE, &[&self.keys.due()], &[ALONE, count.as_bytes()]).await?;
        let looked = join_all(timers.iter().map(|timer| {
            let (user, session) = whose(timer);
            self.lapse(user, session)
        }))
        .await;
        let (mut settled, mut failed) = (vec![until], None);
        for (timer, outcome) in timers.iter().zip(looked) {
            match outcome {
                Ok(next) => {
                    let next = next.map_or_else(String::new, |next| next.millis().to_string());
                    settled.extend([timer.to_vec(), next.into_bytes()]);
                }
                // It goes off again.
                Err(error) => failed = Some(error),
            }
        }
        if settled.len() > 1 {
            let settled: Vec<_> = settled.iter().map(Vec::as_slice).collect();
            self.client.eval::<i64>(&scripts::SETTLE, &[&self.keys.due()], &settled).await?;
        }
        failed.map_or(Ok(timers.len() == AT_ONCE), Err)
    }

    /// Closes a session if it is due. When to look again, if it lives on.
    async fn lapse(&self, user: UserId, session: SessionId) -> Result<Option<Timestamp>> {
        let _alone = self.lock(user).await;
        let expire = Expire { session: Some(SessionKey::Directory(session)) };
        let rule = |state: &mut UserState, now| expire.rule(state, now);
        let Ok(done) = self.change(user, Fate::Stays, rule).await? else { return Ok(None) };
        self.finish(user, &done).await?;
        Ok(done.answer)
    }
}
