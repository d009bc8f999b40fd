//! How native clients that wait describe themselves, in memory: a restart forgets it, and they say it again.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::{Contact, Timestamp, TokenDigest};
use crate::store::INTRODUCTION_KEPT;

/// The most remembered, some 6 MB. Beyond, those whose time is over go; if none is, nothing more is noted.
const MOST: usize = 20_000;
/// How often room is looked for.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Who introduced themselves.
#[derive(Default)]
pub(super) struct Introduced {
    /// By native token: until when each is remembered, and how it describes itself.
    clients: HashMap<TokenDigest, (Timestamp, Contact)>,
    /// When room was last looked for.
    looked: Timestamp,
}

impl Introduced {
    pub(super) fn note(&mut self, native: TokenDigest, client: &Contact, now: Timestamp) {
        // Not for every stranger who comes while there is no room: it looks at all of them.
        if !self.has_room_for(native) && now.since(self.looked) >= LOOKED_EVERY {
            self.clients.retain(|_, (until, _)| *until > now);
            self.looked = now;
        }
        if self.has_room_for(native) {
            self.clients.insert(native, (now.plus(INTRODUCTION_KEPT), client.clone()));
        }
    }

    pub(super) fn of(&self, native: TokenDigest, now: Timestamp) -> Option<Contact> {
        self.clients.get(&native).filter(|(until, _)| *until > now).map(|(_, client)| client.clone())
    }

    fn has_room_for(&self, native: TokenDigest) -> bool {
        self.clients.len() < MOST || self.clients.contains_key(&native)
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
        assert_eq!(introduced.clients.len(), 1);
    }
}
