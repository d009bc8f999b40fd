//! Records that are nobody's: the key ring, borrowed licences.

use super::bytes::{Reader, Writer};
use crate::domain::{Borrow, KeyRing, SealedKey, SessionId, UserId};
use crate::store::StoreError;

/// A key ring as bytes; its version is among them.
#[must_use]
pub fn encode_key_ring(ring: &KeyRing) -> Vec<u8> {
    let mut out = Writer::with_capacity(2048 * ring.keys.len());
    out.raw(&ring.version.to_be_bytes());
    out.u16(ring.keys.len());
    for key in &ring.keys {
        out.text(&key.id);
        out.u16(key.public.len());
        out.raw(&key.public);
        out.u16(key.sealed.len());
        out.raw(&key.sealed);
        out.instant(key.made);
        out.instant(key.signs_from);
    }
    out.finish()
}

/// The key ring in a record.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_key_ring(record: &[u8]) -> Result<KeyRing, StoreError> {
    let mut from = Reader::new("key ring", record)?;
    let version = u64::from_be_bytes(from.array()?);
    let bytes = |from: &mut Reader<'_>| {
        let length = from.u16()?;
        from.raw(length).map(Box::from)
    };
    let keys = from.list(|from| {
        let id = from.text()?.into();
        let (public, sealed) = (bytes(from)?, bytes(from)?);
        Ok(SealedKey { id, public, sealed, made: from.instant()?, signs_from: from.instant()? })
    })?;
    Ok(KeyRing { version, keys })
}

/// A borrowed licence as bytes.
#[must_use]
pub fn encode_borrow(borrow: &Borrow) -> Vec<u8> {
    let mut out = Writer::with_capacity(64);
    out.digest(borrow.native);
    out.uuid(borrow.user.0);
    out.uuid(borrow.session.0);
    out.instant(borrow.since);
    out.instant(borrow.until);
    out.finish()
}

/// The borrowed licence in a record.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_borrow(record: &[u8]) -> Result<Borrow, StoreError> {
    let mut from = Reader::new("licence", record)?;
    let (native, user, session) = (from.digest()?, UserId(from.uuid()?), SessionId(from.uuid()?));
    Ok(Borrow { native, user, session, since: from.instant()?, until: from.instant()? })
}
