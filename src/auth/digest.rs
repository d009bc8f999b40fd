//! Keyed digests: names for people and devices that mean nothing in the store or the log without the key.

use std::sync::Arc;

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};

/// The key of these digests, the same on every server of a store.
///
/// A plain digest of an e-mail address is no secret: anybody can digest a list of addresses and compare. Cheap to clone.
#[derive(Clone)]
pub struct DigestKey(Arc<Key>);

impl DigestKey {
    /// The key of these bytes, which must be unguessable.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Arc::new(Key::new(HMAC_SHA256, secret)))
    }

    /// The first half of an HMAC-SHA-256 over the kind of name and its parts, each behind its length.
    #[must_use]
    pub fn digest(&self, kind: &str, parts: &[&[u8]]) -> [u8; 16] {
        let mut context = Context::with_key(&self.0);
        for part in std::iter::once(&kind.as_bytes()).chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut half = [0; 16];
        half.copy_from_slice(&context.sign().as_ref()[..16]);
        half
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_kind_and_every_part_count() {
        let key = DigestKey::new(&[1; 32]);
        let digest = key.digest("a", &[b"bc", b"d"]);
        assert_eq!(key.clone().digest("a", &[b"bc", b"d"]), digest);
        for other in [
            DigestKey::new(&[2; 32]).digest("a", &[b"bc", b"d"]),
            key.digest("b", &[b"bc", b"d"]),
            key.digest("a", &[b"b", b"cd"]),
            key.digest("a", &[b"bc"]),
        ] {
            assert_ne!(other, digest);
        }
    }
}
