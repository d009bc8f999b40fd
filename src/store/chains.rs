//! The promises about events.

use async_trait::async_trait;

use super::{Page, Result};
use crate::domain::{Chain, Timestamp, UserId};

/// Events, kept in chains that only grow at one end and are trimmed at the other. To a store an entry is bytes.
#[async_trait]
pub trait Events: Send + Sync {
    /// Appends entries to a chain, in order, all or none, if the number of its last entry is `after`; 0: it has none. True
    /// also if these very entries are its last already: an answer may have been lost. Else false. Entries are numbered without gaps, and none is older than the one before.
    ///
    /// Chains do not hinder each other. Of any number of simultaneous calls after one number, at most one is told true.
    async fn append_events(&self, chain: Chain, after: u64, entries: &[NewEvent]) -> Result<bool>;

    /// A page of the entries of all chains, in the order of their places. Of one user at least the last [`EVENTS_OF_USER`]
    /// are found. A page may be short although others follow: only `next` tells.
    /// [`StoreError::NoSuchPlace`](super::StoreError) if the cursor is from elsewhere.
    async fn list_events(&self, search: &EventSearch) -> Result<Page<StoredEvent>>;

    /// The oldest entries of a chain, at most so many.
    async fn oldest_events(&self, chain: Chain, limit: usize) -> Result<Vec<StoredEvent>>;

    /// Where each chain begins and ends, by their names.
    async fn event_chains(&self) -> Result<Vec<ChainState>>;

    /// Removes the entries of a chain up to this one. A chain without any is gone.
    async fn trim_events(&self, through: EventPlace) -> Result<()>;
}

/// How many events of one user are found by that user at least, if they are not trimmed.
pub const EVENTS_OF_USER: usize = 200;

/// The place of an event among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPlace {
    /// When it happened.
    pub at: Timestamp,
    /// Its chain.
    pub chain: Chain,
    /// Its number there; the first is 1.
    pub number: u64,
}

/// An entry to append.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Whom it is found by.
    pub user: Option<UserId>,
    /// The entry.
    pub entry: Vec<u8>,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Where.
    pub place: EventPlace,
    /// The entry.
    pub entry: Vec<u8>,
}

/// A chain as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainState {
    /// Its oldest entry.
    pub first: StoredEvent,
    /// Its newest entry.
    pub last: StoredEvent,
}

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct EventSearch {
    /// Those of this user alone.
    pub user: Option<UserId>,
    /// None that is older.
    pub since: Option<Timestamp>,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// `next` of the page before.
    pub after: Option<String>,
    /// How many at the most.
    pub limit: usize,
}

impl ChainState {
    /// How many entries it has.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.last.place.number.saturating_sub(self.first.place.number) + 1
    }
}

impl EventPlace {
    /// How many bytes a place is encoded in.
    pub const BYTES: usize = 6 + Chain::BYTES + 8;

    /// Bytes that sort as places do.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..6].copy_from_slice(&self.at.millis().to_be_bytes()[2..]);
        bytes[6..17].copy_from_slice(&self.chain.to_bytes());
        bytes[17..].copy_from_slice(&self.number.to_be_bytes());
        bytes
    }

    /// The place that these bytes are of.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<6>()?;
        let (chain, number) = rest.split_first_chunk::<{ Chain::BYTES }>()?;
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(at);
        let at = Timestamp::from_millis(u64::from_be_bytes(millis));
        Some(Self { at, chain: Chain::from_bytes(*chain)?, number: u64::from_be_bytes(number.try_into().ok()?) })
    }

    /// As a cursor.
    #[must_use]
    pub fn to_text(self) -> String {
        use std::fmt::Write as _;
        self.to_bytes().iter().fold(String::with_capacity(2 * Self::BYTES), |mut text, byte| {
            let _never_fails = write!(text, "{byte:02x}");
            text
        })
    }

    /// The place of a cursor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pairs = text.as_bytes().as_chunks::<2>();
        let digit = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = pairs.0.iter().map(digit).collect();
        Self::from_bytes(&bytes?).filter(|_| pairs.1.is_empty())
    }
}

impl EventSearch {
    /// The place after which the page begins.
    pub(super) fn place(&self) -> Result<Option<EventPlace>> {
        self.after.as_deref().map(|text| EventPlace::parse(text).ok_or(super::StoreError::NoSuchPlace)).transpose()
    }

    /// Whether this place is still to be listed, given where the page before ended.
    pub(super) fn is_listed(&self, after: Option<EventPlace>, place: EventPlace) -> bool {
        let is_later = after.is_none_or(|after| if self.newest_first { place < after } else { place > after });
        is_later && self.since.is_none_or(|since| place.at >= since)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::event::Lane;

    proptest! {
        #[test]
        fn a_place_survives_the_caller_and_sorts(one in place(), other in place()) {
            prop_assert_eq!(EventPlace::parse(&one.to_text()), Some(one));
            prop_assert_eq!(one.cmp(&other), one.to_bytes().cmp(&other.to_bytes()));
        }

        #[test]
        fn arbitrary_text_names_a_place_or_none(text in "(?s).{0,60}|[0-9a-f]{48,52}") {
            if let Some(place) = EventPlace::parse(&text) {
                prop_assert_eq!(place.to_text(), text.to_lowercase());
            }
        }
    }

    fn place() -> impl Strategy<Value = EventPlace> {
        (0..3_u64, 0..3_u64, 0..2_u32, any::<bool>(), any::<u64>()).prop_map(|(at, started, process, acts, number)| {
            let lane = if acts { Lane::Acts } else { Lane::Refusals };
            let chain = Chain { started: Timestamp::from_millis(started), process, lane };
            EventPlace { at: Timestamp::from_millis(at), chain, number }
        })
    }
}
