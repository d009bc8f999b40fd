//! How native clients that wait describe themselves, in memory: a restart forgets it, and they say it again.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::{Contact, Timestamp, TokenDigest};

/// The most remembered, some 6 MB. Beyond, those whose time is over go; if none is, nothing more is noted.
const MOST: usize = 20_000;
/// How long each is remembered: as long as a login may take.
const KEPT: Duration = Duration::from_secs(600);
/// How often room is looked for.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Native tokens, who introduced themselves with them, and until when that is remembered; and when room was last
/// looked for.
#[derive(Default)]
pub(super) struct Introduced(HashMap<TokenDigest, (Timestamp, Contact)>, Timestamp);

impl Introduced {
    pub(super) fn note(&mut self, native: TokenDigest, client: &Contact, now: Timestamp) {
        // Not for every stranger who comes while there is no room: it looks at all of them.
        if self.0.len() >= MOST && !self.0.contains_key(&native) && now.since(self.1) >= LOOKED_EVERY {
            self.0.retain(|_, (until, _)| *until > now);
            self.1 = now;
        }
        if self.0.len() < MOST || self.0.contains_key(&native) {
            self.0.insert(native, (now.plus(KEPT), client.clone()));
        }
    }

    pub(super) fn of(&self, native: TokenDigest, now: Timestamp) -> Option<Contact> {
        self.0.get(&native).filter(|(until, _)| *until > now).map(|(_, client)| client.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_most_are_remembered_and_none_for_ever() {
        let at = |seconds: u64| Timestamp::from_millis(1_000_000 + seconds * 1000);
        let token = |number: usize| TokenDigest((number as u128).to_be_bytes());
        let client = Contact { application: Some("A".into()), ..Contact::default() };
        let mut introduced = Introduced::default();
        for number in 0..=MOST {
            introduced.note(token(number), &client, at(0));
        }
        assert_eq!(introduced.of(token(0), at(599)), Some(client.clone()));
        assert_eq!(introduced.of(token(MOST), at(1)), None, "there is no room");
        assert_eq!(introduced.of(token(0), at(600)), None);
        introduced.note(token(MOST), &client, at(600));
        assert_eq!(introduced.of(token(MOST), at(601)), Some(client));
        assert_eq!(introduced.0.len(), 1);
    }
}
