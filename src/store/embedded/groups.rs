//! The groups.

use async_trait::async_trait;
use redb::ReadableTable as _;

use super::EmbeddedStore;
use super::schema::{Snapshot, TxnError};
use super::txn::Txn;
use crate::domain::GroupDirectory;
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Groups, Result};

#[async_trait]
impl Groups for EmbeddedStore {
    async fn groups(&self) -> Result<GroupDirectory> {
        self.read(Op::Find, Snapshot::group_directory)
    }

    async fn replace_groups(&self, groups: &GroupDirectory) -> Result<bool> {
        let mut groups = groups.clone();
        let act = move |txn: &mut Txn<'_>| {
            let stored = match txn.tables.groups.get(())? {
                Some(record) => decode::<GroupDirectory>(record.value()).map_err(TxnError::Record)?.version,
                None => 0,
            };
            if stored != groups.version {
                return Ok(false);
            }
            groups.version += 1;
            txn.changed = true;
            txn.tables.groups.insert((), encode(&groups).as_slice())?;
            Ok(true)
        };
        self.write(Op::Account, act).await
    }
}
