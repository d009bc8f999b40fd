//! The keys that sign bearers, as stores keep them.

use minicbor::{Decode, Encode};

use super::{Happened, Timestamp};

/// Every signing key, oldest first, and a number that each change raises.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct KeyRing {
    /// Zero for a ring that was never stored.
    #[n(0)]
    pub version: u64,
    /// The keys, at most [`KeyRing::MAX_KEYS`].
    #[n(1)]
    pub keys: Vec<SealedKey>,
}

impl KeyRing {
    /// How many keys a ring holds at most.
    pub const MAX_KEYS: usize = 16;

    /// What is reported once this ring is stored.
    #[must_use]
    pub fn changed(&self) -> Option<Happened> {
        let newest = self.keys.last()?.id.clone();
        Some(Happened::Keys { newest, count: self.keys.len() })
    }
}

/// One key. Its private half is sealed, and worthless without the secret file.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct SealedKey {
    /// Its id (`kid`).
    #[n(0)]
    pub id: Box<str>,
    /// The public half: an RSA public key as PKCS #1 DER (RFC 8017, A.1.1).
    #[cbor(n(1), with = "minicbor::bytes")]
    pub public: Box<[u8]>,
    /// The private half, sealed.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub sealed: Box<[u8]>,
    /// When it was made, and published.
    #[n(3)]
    pub made: Timestamp,
    /// When it begins to sign; it does so until a later key begins.
    #[n(4)]
    pub signs_from: Timestamp,
}

impl std::fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedKey").field("id", &self.id).finish_non_exhaustive()
    }
}
