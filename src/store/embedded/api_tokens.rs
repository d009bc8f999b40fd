//! The API tokens.

use async_trait::async_trait;
use redb::ReadableTable as _;

use super::EmbeddedStore;
use super::schema::{Snapshot, TxnError};
use super::txn::Txn;
use crate::domain::ApiTokenDirectory;
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{ApiTokens, Result};

#[async_trait]
impl ApiTokens for EmbeddedStore {
    async fn api_tokens(&self) -> Result<ApiTokenDirectory> {
        self.read(Op::Find, Snapshot::api_token_directory)
    }

    async fn replace_api_tokens(&self, tokens: &ApiTokenDirectory) -> Result<bool> {
        let mut tokens = tokens.clone();
        let act = move |txn: &mut Txn<'_>| {
            let stored = match txn.tables.api_tokens.get(())? {
                Some(record) => decode::<ApiTokenDirectory>(record.value()).map_err(TxnError::Record)?.version,
                None => 0,
            };
            if stored != tokens.version {
                return Ok(false);
            }
            tokens.version += 1;
            txn.changed = true;
            txn.tables.api_tokens.insert((), encode(&tokens).as_slice())?;
            Ok(true)
        };
        self.write(Op::Account, act).await
    }
}
