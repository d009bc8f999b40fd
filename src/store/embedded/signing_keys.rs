//! The keys that sign bearers.

use async_trait::async_trait;
use redb::ReadableTable as _;

use super::EmbeddedStore;
use super::schema::{Snapshot, TxnError};
use super::txn::Txn;
use crate::domain::KeyRing;
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Result, SigningKeys};

#[async_trait]
impl SigningKeys for EmbeddedStore {
    async fn key_ring(&self) -> Result<KeyRing> {
        self.read(Op::Find, Snapshot::key_ring)
    }

    async fn replace_key_ring(&self, ring: &KeyRing) -> Result<bool> {
        let mut ring = ring.clone();
        let act = move |txn: &mut Txn<'_>| {
            let stored = match txn.tables.key_ring.get(())? {
                Some(record) => decode::<KeyRing>(record.value()).map_err(TxnError::Record)?.version,
                None => 0,
            };
            if stored != ring.version {
                return Ok(false);
            }
            ring.version += 1;
            txn.changed = true;
            txn.tables.key_ring.insert((), encode(&ring).as_slice())?;
            txn.happened.extend(ring.changed());
            Ok(true)
        };
        self.write(Op::Account, act).await
    }
}
