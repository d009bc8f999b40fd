//! The chain: each entry has the hash of the one before, and a head seals where the chains stand.
//!
//! The seal is an HMAC under a key that is derived from the secret file, and no signature by a key that signs bearers: those
//! keys come and go, and are published, while a seal must hold for as long as events are kept, and whoever checks it has the
//! secret anyway. Whoever can write to the store alone can make no head; whoever has the secret too is proven wrong by a copy
//! of the heads that the log has taken elsewhere.

use aws_lc_rs::hkdf::{HKDF_SHA256, Prk};
use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use sha2::{Digest as _, Sha256};

use crate::domain::event::ChainEntry;
use crate::domain::{Chain, ChainEnd, Event, Timestamp, UserId, What};
use crate::store::codec::encode;
use crate::store::{EventPlace, NewEvent, StoredEvent};

/// Seals heads. Cheap to clone.
#[derive(Clone)]
pub struct HeadKey(Key);

impl HeadKey {
    /// The key derived from the secret that all servers of a store share (HKDF-SHA256, RFC 5869). Without one that can be
    /// derived, which does not happen, a key of zeros.
    #[must_use]
    pub fn new(secret: &Prk) -> Self {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        let derived = secret.expand(&[b"event heads, HMAC-SHA-256"], HKDF_SHA256).and_then(|okm| okm.fill(&mut *key));
        if derived.is_err() {
            tracing::error!(
                "no key can be derived from the secret of the signing keys: heads of the events prove nothing"
            );
        }
        Self(Key::new(HMAC_SHA256, &*key))
    }

    /// The seal of a head that follows this entry.
    fn seal(&self, before: &ChainEnd, at: Timestamp, others: &[ChainEnd]) -> [u8; 32] {
        let mut context = Context::with_key(&self.0);
        context.update(&at.millis().to_be_bytes());
        for end in std::iter::once(before).chain(others) {
            context.update(&end.chain.to_bytes());
            context.update(&end.number.to_be_bytes());
            context.update(&end.hash);
        }
        let mut seal = [0; 32];
        seal.copy_from_slice(context.sign().as_ref());
        seal
    }

    /// Whether the seal of an entry holds; `None` if it is no head.
    #[must_use]
    pub fn holds(&self, entry: &ChainEntry, event: &Event) -> Option<bool> {
        let What::Head { others, seal } = &event.what else { return None };
        let before = ChainEnd { chain: entry.chain, number: entry.number.saturating_sub(1), hash: entry.previous };
        let expected = self.seal(&before, event.at, others);
        Some(aws_lc_rs::constant_time::verify_slices_are_equal(&expected, seal).is_ok())
    }
}

/// Bytes in hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        for nibble in [byte >> 4, byte & 15] {
            digits.extend(char::from_digit(nibble.into(), 16));
        }
        digits
    })
}

/// The hash of an entry, encoded.
#[must_use]
pub fn hash_of(entry: &[u8]) -> [u8; 32] {
    Sha256::digest(entry).into()
}

/// Entries that were appended behind this end of their chain, as they are stored.
pub(super) fn stored(end: ChainEnd, entries: Vec<NewEvent>) -> impl Iterator<Item = StoredEvent> {
    (end.number + 1..).zip(entries).map(move |(number, NewEvent { at, entry, .. })| StoredEvent {
        place: EventPlace { at, chain: end.chain, number },
        entry,
    })
}

/// The growing end of a chain.
pub(super) struct Link {
    pub(super) end: ChainEnd,
    at: Timestamp,
}

impl Link {
    /// A chain without an entry.
    pub(super) const fn new(chain: Chain) -> Self {
        Self { end: ChainEnd { chain, number: 0, hash: [0; 32] }, at: chain.started }
    }

    /// A chain that ends with this entry.
    pub(super) fn after(chain: Chain, number: u64, at: Timestamp, entry: &[u8]) -> Self {
        Self { end: ChainEnd { chain, number, hash: hash_of(entry) }, at }
    }

    /// The entries of these events, in order, and the end of the chain after them. Heads are sealed by the key; commands
    /// write none and need none. No entry is older than
    /// the one before, also where a clock was set back.
    pub(super) fn append(&self, key: Option<&HeadKey>, events: &[Event]) -> (Vec<NewEvent>, Self) {
        let mut link = Self { end: self.end, at: self.at };
        let entries = events.iter().map(|event| link.add(key, event.clone())).collect();
        (entries, link)
    }

    fn add(&mut self, key: Option<&HeadKey>, mut event: Event) -> NewEvent {
        let user: Option<UserId> = event.user;
        event.at = event.at.max(self.at);
        let at = event.at;
        if let (What::Head { others, seal }, Some(key)) = (&mut event.what, key) {
            *seal = key.seal(&self.end, at, others);
        }
        let ChainEnd { chain, number, hash: previous } = self.end;
        let entry = encode(&ChainEntry { chain, number: number + 1, previous, event: encode(&event) });
        *self = Self { end: ChainEnd { chain, number: number + 1, hash: hash_of(&entry) }, at };
        NewEvent { at, user, entry }
    }
}
