//! Tokens of the old service that stand for tokens of ours.

use async_trait::async_trait;
use redb::ReadableTable as _;

use super::EmbeddedStore;
use super::schema::TxnError;
use super::timers::Timer;
use super::txn::Txn;
use crate::domain::{TakenOver, Timestamp, TokenDigest};
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Result, Takeovers};

#[async_trait]
impl Takeovers for EmbeddedStore {
    async fn taken_over(&self, digest: TokenDigest) -> Result<Option<TakenOver>> {
        self.read(Op::Find, |snapshot| snapshot.taken_over(digest))
    }

    async fn take_over(&self, digest: TokenDigest, to: &TakenOver) -> Result<Option<TakenOver>> {
        let to = to.clone();
        let act = move |txn: &mut Txn<'_>| {
            let noted = txn.taken_over(digest)?;
            if noted.is_none() {
                txn.set_timer(to.expires, &Timer::TakenOver(digest))?;
                txn.tables.taken_over.insert(&digest.0, encode(&to).as_slice())?;
            }
            Ok(noted)
        };
        self.write(Op::Issue, act).await
    }

    async fn upstream_until(&self, default: Timestamp) -> Result<Timestamp> {
        let act = move |txn: &mut Txn<'_>| {
            let stored = txn.tables.upstream_until.get(())?.map(|until| until.value());
            if stored.is_none() {
                txn.changed = true;
                txn.tables.upstream_until.insert((), default.millis())?;
            }
            Ok(stored.map_or(default, Timestamp::from_millis))
        };
        self.write(Op::Account, act).await
    }
}

impl Txn<'_> {
    pub(super) fn taken_over(&self, digest: TokenDigest) -> std::result::Result<Option<TakenOver>, TxnError> {
        let record = self.tables.taken_over.get(&digest.0)?;
        record.map(|record| decode(record.value()).map_err(TxnError::Record)).transpose()
    }

    pub(super) fn forget_taken_over(&mut self, digest: TokenDigest) -> std::result::Result<(), TxnError> {
        self.changed = true;
        self.tables.taken_over.remove(&digest.0)?;
        Ok(())
    }
}
