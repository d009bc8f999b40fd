//! Tokens that the old service has refused lately: it is not asked about them again at once.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::{Timestamp, TokenDigest};

/// How many are remembered: some 400 KiB.
const PLACES: usize = 1 << 14;
/// For how long.
const KEPT: Duration = Duration::from_secs(60);

/// A table of fixed size, since anybody can have tokens refused. Each has one place, which others take over.
pub(super) struct Refused(Mutex<Vec<Option<(TokenDigest, Timestamp)>>>);

impl Default for Refused {
    fn default() -> Self {
        Self(Mutex::new(vec![None; PLACES]))
    }
}

impl Refused {
    pub(super) fn has(&self, token: TokenDigest, now: Timestamp) -> bool {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = places.get(place(token)).copied().flatten();
        found.is_some_and(|(refused, until)| refused == token && now < until)
    }

    pub(super) fn note(&self, token: TokenDigest, now: Timestamp) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get_mut(place(token)) {
            *place = Some((token, now.plus(KEPT)));
        }
    }
}

fn place(token: TokenDigest) -> usize {
    let [one, two, ..] = token.0;
    usize::from(u16::from_be_bytes([one, two])) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_remembered_for_a_minute_unless_another_takes_its_place() {
        let (refused, now) = (Refused::default(), Timestamp::from_millis(1_000_000));
        let [one, same_place] = [1, 2].map(|last| TokenDigest([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, last]));
        assert!(!refused.has(one, now));
        refused.note(one, now);
        assert!(refused.has(one, now) && refused.has(one, now.plus(KEPT.saturating_sub(Duration::from_millis(1)))));
        assert!(!refused.has(one, now.plus(KEPT)) && !refused.has(same_place, now));
        refused.note(same_place, now);
        assert!(refused.has(same_place, now) && !refused.has(one, now));
    }
}
