//! Attempts that are counted rather than told one by one: those that concern nobody here, and throttled ones.

use std::collections::BTreeMap;

use crate::domain::event::{Login, Outcome};
use crate::domain::{Event, Timestamp, UserId, What};

/// How many counts a minute has, besides one for the rest of each outcome.
const MAX_COUNTS: usize = 32;
/// A minute, in milliseconds.
const MINUTE: u64 = 60_000;

/// Counts the attempts of one minute.
#[derive(Default)]
pub(super) struct Tally {
    minute: u64,
    counts: BTreeMap<Key, Event>,
}

/// What is counted together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    outcome: &'static str,
    /// `None` for the rest.
    of: Option<Attempts>,
}

/// Attempts that are alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Attempts {
    address: Option<Box<str>>,
    reason: Option<Box<str>>,
    user: Option<UserId>,
}

/// Whether an event is counted, and not told by itself.
pub(super) fn is_counted(event: &Event) -> bool {
    match &event.what {
        What::Login(login) if login.outcome == Outcome::Throttled => true,
        What::Login(login) => login.outcome != Outcome::Success && event.user.is_none(),
        _ => false,
    }
}

impl Tally {
    /// Counts an attempt.
    pub(super) fn count(&mut self, event: Event) {
        let What::Login(Login { outcome, reason, .. }) = &event.what else { return };
        if self.counts.is_empty() {
            self.minute = event.at.millis() / MINUTE;
        }
        let outcome = outcome.as_str();
        let mut key = Key {
            outcome,
            of: Some(Attempts { address: event.address.clone(), reason: reason.clone(), user: event.user }),
        };
        let mut event = event;
        if !self.counts.contains_key(&key) && self.counts.len() >= MAX_COUNTS {
            key.of = None;
            event = rest(event);
        }
        match self.counts.get_mut(&key) {
            Some(counted) => {
                counted.at = event.at;
                if let What::Login(login) = &mut counted.what {
                    login.times = login.times.saturating_add(1);
                }
                // Of several, what only one of them has is nobody's.
                (counted.request, counted.client, counted.application) = (None, None, None);
            }
            None => drop(self.counts.insert(key, event)),
        }
    }

    /// The counts of a minute that is over by now.
    pub(super) fn take_ended(&mut self, now: Timestamp) -> Vec<Event> {
        if self.counts.is_empty() || now.millis() / MINUTE == self.minute { Vec::new() } else { self.take() }
    }

    /// All counts.
    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.counts).into_values().collect()
    }
}

/// What is told of attempts from more places than are counted.
fn rest(event: Event) -> Event {
    let what = match event.what {
        What::Login(login) => What::Login(Login { reason: None, ..login }),
        what => what,
    };
    Event::new(event.at, what)
}
