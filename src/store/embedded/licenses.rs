//! Licences that native clients borrow.

use std::time::Duration;

use async_trait::async_trait;
use redb::{ReadableTable as _, ReadableTableMetadata as _};

use super::EmbeddedStore;
use super::schema::TxnError;
use super::txn::Txn;
use crate::domain::{Borrow, Checkout, LicenseLimits, SessionId, Timestamp, TokenDigest, UserId};
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Licenses, Result};

#[async_trait]
impl Licenses for EmbeddedStore {
    async fn check_out(
        &self,
        native: TokenDigest,
        user: UserId,
        session: SessionId,
        lifetime: Duration,
        limits: LicenseLimits,
    ) -> Result<Checkout> {
        let clock = self.inner.clock.clone();
        let act = move |txn: &mut Txn<'_>| {
            let since = clock.now();
            txn.take_licenses_back(since, usize::MAX)?;
            if txn.borrow(native)?.is_some() {
                return Ok(Checkout::AlreadyOut);
            }
            if txn.tables.licenses.len()? >= limits.total as u64 {
                return Ok(Checkout::NoneLeft);
            }
            if txn.borrows_of(user, limits.per_user)? >= limits.per_user {
                return Ok(Checkout::NoneForUser);
            }
            txn.put_borrow(&Borrow { native, user, session, since, until: since.plus(lifetime) })?;
            Ok(Checkout::Out)
        };
        self.write(Op::License, act).await
    }

    async fn renew_license(&self, native: TokenDigest, lifetime: Duration) -> Result<bool> {
        let clock = self.inner.clock.clone();
        let act = move |txn: &mut Txn<'_>| {
            let now = clock.now();
            let Some(mut borrow) = txn.borrow(native)?.filter(|borrow| borrow.until > now) else { return Ok(false) };
            txn.remove_borrow(&borrow)?;
            borrow.until = borrow.until.max(now.plus(lifetime));
            txn.put_borrow(&borrow)?;
            Ok(true)
        };
        self.write(Op::License, act).await
    }

    async fn check_in(&self, native: TokenDigest) -> Result<bool> {
        let clock = self.inner.clock.clone();
        let act = move |txn: &mut Txn<'_>| {
            let now = clock.now();
            let Some(borrow) = txn.borrow(native)?.filter(|borrow| borrow.until > now) else { return Ok(false) };
            txn.remove_borrow(&borrow)?;
            Ok(true)
        };
        self.write(Op::License, act).await
    }

    async fn licenses(&self, limit: usize) -> Result<(Vec<Borrow>, usize)> {
        let now = self.inner.clock.now();
        self.read(Op::License, |snapshot| {
            let (mut out, mut count) = (Vec::new(), 0);
            for entry in snapshot.license_returns.range((now.millis() + 1, &[0; 16])..).map_err(TxnError::from)? {
                count += 1;
                if out.len() < limit {
                    let (key, _) = entry.map_err(TxnError::from)?;
                    let record = snapshot.licenses.get(key.value().1).map_err(TxnError::from)?;
                    out.extend(record.map(|record| decode::<Borrow>(record.value())).transpose()?);
                }
            }
            Ok((out, count))
        })
    }
}

impl Txn<'_> {
    fn borrow(&self, native: TokenDigest) -> std::result::Result<Option<Borrow>, TxnError> {
        let record = self.tables.licenses.get(&native.0)?;
        record.map(|record| decode(record.value())).transpose().map_err(TxnError::Record)
    }

    /// How many licences a person has, counted up to `most`.
    fn borrows_of(&self, user: UserId, most: usize) -> std::result::Result<usize, TxnError> {
        let user = user.0.as_bytes();
        let range = self.tables.license_borrowers.range((user, &[0; 16])..=(user, &[u8::MAX; 16]))?;
        Ok(range.take(most).count())
    }

    pub(super) fn put_borrow(&mut self, borrow: &Borrow) -> std::result::Result<(), TxnError> {
        self.changed = true;
        self.tables.licenses.insert(&borrow.native.0, encode(borrow).as_slice())?;
        self.tables.license_returns.insert((borrow.until.millis(), &borrow.native.0), ())?;
        self.tables.license_borrowers.insert((borrow.user.0.as_bytes(), &borrow.native.0), ())?;
        Ok(())
    }

    fn remove_borrow(&mut self, borrow: &Borrow) -> std::result::Result<(), TxnError> {
        self.changed = true;
        self.tables.licenses.remove(&borrow.native.0)?;
        self.tables.license_returns.remove((borrow.until.millis(), &borrow.native.0))?;
        self.tables.license_borrowers.remove((borrow.user.0.as_bytes(), &borrow.native.0))?;
        Ok(())
    }

    /// Removes borrows that have ended, the oldest first, at most so many.
    pub(super) fn take_licenses_back(&mut self, now: Timestamp, most: usize) -> std::result::Result<(), TxnError> {
        let mut ended = Vec::new();
        for entry in self.tables.license_returns.range((0, &[0; 16])..(now.millis() + 1, &[0; 16]))?.take(most) {
            let (key, _) = entry?;
            let (until, native) = key.value();
            ended.push((until, *native));
        }
        for (until, native) in ended {
            self.changed = true;
            self.tables.license_returns.remove((until, &native))?;
            let record = self.tables.licenses.remove(&native)?.map(|record| decode::<Borrow>(record.value()));
            if let Some(borrow) = record.transpose().map_err(TxnError::Record)? {
                self.tables.license_borrowers.remove((borrow.user.0.as_bytes(), &native))?;
            }
        }
        Ok(())
    }
}
