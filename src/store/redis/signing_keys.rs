//! The ring of signing keys: one value, of the random id of the act that wrote it, the version, and the record.

use async_trait::async_trait;

use super::{RedisStore, new_id, scripts};
use crate::domain::KeyRing;
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Result, SigningKeys};

/// How many bytes stand before the record.
const HEAD: usize = 16;

#[async_trait]
impl SigningKeys for RedisStore {
    async fn key_ring(&self) -> Result<KeyRing> {
        let value = self.act(Op::Find, self.client.get(self.keys.signing())).await?;
        value.map_or_else(|| Ok(KeyRing::default()), |value| decode(value.get(HEAD..).unwrap_or_default()))
    }

    async fn replace_key_ring(&self, ring: &KeyRing) -> Result<bool> {
        // There is no version after the last one.
        let Some(version) = ring.version.checked_add(1) else { return Ok(false) };
        let stored = KeyRing { version, keys: ring.keys.clone() };
        let (id, next) = (new_id()?, version.to_be_bytes());
        let stands = if ring.version == 0 { Vec::new() } else { ring.version.to_be_bytes().to_vec() };
        let mut call = scripts::REPLACE_RING.on(&[self.keys.signing()]);
        call.arg(stands).arg(&id).arg([&id[..], &next, &encode(&stored)].concat());
        self.act(Op::Account, self.client.eval(&call)).await
    }
}
