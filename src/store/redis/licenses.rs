//! Licences that are out: a sorted set by when they end, a hash of the rest, and a sorted set by whose they are, all in
//! one slot. A licence that has ended counts no more, and the next checkout removes it.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{RedisStore, new_id, scripts};
use crate::domain::{Borrow, Checkout, LicenseLimits, SessionId, Timestamp, TokenDigest, UserId};
use crate::store::metrics::Op;
use crate::store::{Licenses, Result, StoreError};

#[async_trait]
impl Licenses for RedisStore {
    async fn check_out(
        &self,
        native: TokenDigest,
        user: UserId,
        session: SessionId,
        lifetime: Duration,
        limits: LicenseLimits,
    ) -> Result<Checkout> {
        let record = [&new_id()?[..], user.0.as_bytes(), session.0.as_bytes()].concat();
        let mut call = scripts::CHECK_OUT.on(&self.borrowing());
        call.arg(&native.0).arg(record).arg(lifetime.as_millis()).arg(limits.total).arg(limits.per_user);
        match self.act(Op::License, self.unless_held(self.client.eval::<u8>(&call))).await? {
            0 => Ok(Checkout::NoneLeft),
            1 => Ok(Checkout::Out),
            3 => Ok(Checkout::NoneForUser),
            _ => Ok(Checkout::AlreadyOut),
        }
    }

    async fn renew_license(&self, native: TokenDigest, lifetime: Duration) -> Result<bool> {
        let mut call = scripts::RENEW.on(&self.borrowing());
        self.act(Op::License, self.unless_held(self.client.eval(call.arg(&native.0).arg(lifetime.as_millis())))).await
    }

    async fn check_in(&self, native: TokenDigest) -> Result<bool> {
        let [licenses, borrowed, borrowers] = self.borrowing();
        let mut call = scripts::CHECK_IN.on(&[licenses, borrowed, borrowers, self.keys.returned(&new_id()?)]);
        self.act(Op::License, self.unless_held(self.client.eval(call.arg(&native.0)))).await
    }

    async fn licenses(&self, limit: usize) -> Result<(Vec<Borrow>, usize)> {
        let mut call = scripts::LICENSES.on(&[self.keys.licenses(), self.keys.borrowed()]);
        let (count, rows): (usize, Vec<(Vec<u8>, u64, Vec<u8>)>) =
            self.act(Op::License, self.client.eval(call.arg(limit))).await?;
        let borrows = rows.iter().map(|(native, until, record)| read(native, *until, record)).collect::<Option<_>>();
        Ok((borrows.ok_or_else(|| StoreError::Unreadable("licence: damaged".into()))?, count))
    }
}

impl RedisStore {
    pub(super) fn borrowing(&self) -> [Vec<u8>; 3] {
        [self.keys.licenses(), self.keys.borrowed(), self.keys.borrowers()]
    }
}

/// A record is the id of the act that made it, user, session, and in decimal when it was borrowed.
fn read(native: &[u8], until: u64, record: &[u8]) -> Option<Borrow> {
    let (_act, rest) = record.split_first_chunk::<8>()?;
    let (user, rest) = rest.split_first_chunk()?;
    let (session, since) = rest.split_first_chunk()?;
    Some(Borrow {
        native: TokenDigest(native.try_into().ok()?),
        user: UserId(Uuid::from_bytes(*user)),
        session: SessionId(Uuid::from_bytes(*session)),
        since: Timestamp::from_millis(std::str::from_utf8(since).ok()?.parse().ok()?),
        until: Timestamp::from_millis(until),
    })
}
