//! Records that stand alone and are replaced whole: the signing keys, the groups, the API tokens. One value, of the
//! random id of the act that wrote it, the version, and the record.

use super::{RedisStore, new_id, scripts};
use crate::store::Result;
use crate::store::codec::{Record, decode, encode};
use crate::store::metrics::Op;

/// How many bytes stand before the record.
const HEAD: usize = 16;

impl RedisStore {
    /// The record in a key; an empty one of version 0 at first.
    pub(super) async fn versioned<R: Record + Default>(&self, key: Vec<u8>) -> Result<R> {
        let value = self.act(Op::Find, self.client.get(key)).await?;
        value.map_or_else(|| Ok(R::default()), |value| decode(value.get(HEAD..).unwrap_or_default()))
    }

    /// Stores a record of the version after `stands`, if the stored one has that version.
    pub(super) async fn replace<R: Record>(&self, key: Vec<u8>, stands: u64, next: u64, record: &R) -> Result<bool> {
        let value = Self::versioned_value(next, record)?;
        let stands = if stands == 0 { Vec::new() } else { stands.to_be_bytes().to_vec() };
        let mut call = scripts::REPLACE.on(&[key]);
        call.arg(stands).arg(&value[..8]).arg(&value);
        self.act(Op::Account, self.unless_held(self.client.eval(&call))).await
    }

    /// The value of a record of this version, under a new id.
    pub(super) fn versioned_value<R: Record>(version: u64, record: &R) -> Result<Vec<u8>> {
        Ok([&new_id()?[..], &version.to_be_bytes(), &encode(record)].concat())
    }
}
