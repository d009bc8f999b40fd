//! Licences that are out: a sorted set by when they end, a hash that tells the rest, and a sorted set by whose they are;
//! all lie together. What has
//! ended counts no more, and the next checkout removes it.

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
        let act = new_id()?;
        let record = [&act[..], user.0.as_bytes(), session.0.as_bytes()].concat();
        let lifetime = lifetime.as_millis().to_string();
        let (total, per_user) = (limits.total.to_string(), limits.per_user.to_string());
        let arguments = [&native.0[..], &record, lifetime.as_bytes(), total.as_bytes(), per_user.as_bytes()];
        let keys: [&[u8]; 3] = [&self.keys.licenses(), &self.keys.borrowed(), &self.keys.borrowers()];
        match self.act(Op::License, self.client.eval::<u8>(&scripts::CHECK_OUT, &keys, &arguments)).await? {
            0 => Ok(Checkout::NoneLeft),
            1 => Ok(Checkout::Out),
            3 => Ok(Checkout::NoneForUser),
            _ => Ok(Checkout::AlreadyOut),
        }
    }

    async fn renew_license(&self, native: TokenDigest, lifetime: Duration) -> Result<bool> {
        let keys: [&[u8]; 3] = [&self.keys.licenses(), &self.keys.borrowed(), &self.keys.borrowers()];
        let lifetime = lifetime.as_millis().to_string();
        self.act(Op::License, self.client.eval(&scripts::RENEW, &keys, &[&native.0, lifetime.as_bytes()])).await
    }

    async fn check_in(&self, native: TokenDigest) -> Result<bool> {
        let returned = self.keys.returned(&new_id()?);
        let keys: [&[u8]; 4] = [&self.keys.licenses(), &self.keys.borrowed(), &returned, &self.keys.borrowers()];
        self.act(Op::License, self.client.eval(&scripts::CHECK_IN, &keys, &[&native.0])).await
    }

    async fn licenses(&self, limit: usize) -> Result<(Vec<Borrow>, usize)> {
        let keys: [&[u8]; 2] = [&self.keys.licenses(), &self.keys.borrowed()];
        let limit = limit.to_string();
        let (count, rows): (usize, Vec<(Vec<u8>, u64, Vec<u8>)>) =
            self.act(Op::License, self.client.eval(&scripts::LICENSES, &keys, &[limit.as_bytes()])).await?;
        let borrows = rows.iter().map(|(native, until, record)| read(native, *until, record)).collect::<Option<_>>();
        Ok((borrows.ok_or_else(|| StoreError::Unreadable("licence: damaged".into()))?, count))
    }
}

/// A record is the act that made it, user, session, and, in decimal, when it was borrowed.
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
