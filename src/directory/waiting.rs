//! The native clients that wait for their logins, one list a process: who waits is woken by the decision, wherever it
//! was made.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{MissedTickBehavior, interval};

use crate::domain::TokenDigest;
use crate::store::Store;

/// When decisions may have been missed, everybody asks the store again: so many at once, so often.
const WOKEN_AT_ONCE: usize = 100;
const WOKEN_EVERY: Duration = Duration::from_millis(20);

/// Who waits for which native login.
pub struct Waiting {
    most: usize,
    stopping: AtomicBool,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    taken: usize,
    by_token: HashMap<TokenDigest, Seat>,
}

/// All who wait for one login: a client may have asked again before its first request was given up on.
struct Seat {
    taken: usize,
    bell: Arc<Notify>,
}

/// The place of one who waits, free again when dropped.
pub(super) struct Place<'a> {
    waiting: &'a Waiting,
    native: TokenDigest,
    bell: Arc<Notify>,
}

impl Waiting {
    /// Places for `most`.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, stopping: AtomicBool::new(false), seats: Mutex::default() }
    }

    /// Takes a place; `None` if there is none.
    pub(super) fn enter(&self, native: TokenDigest) -> Option<Place<'_>> {
        let mut seats = self.seats();
        if seats.taken >= self.most {
            return None;
        }
        seats.taken += 1;
        let seat = seats.by_token.entry(native).or_insert_with(|| Seat { taken: 0, bell: Arc::default() });
        seat.taken += 1;
        Some(Place { waiting: self, native, bell: Arc::clone(&seat.bell) })
    }

    /// How many wait.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.seats().taken
    }

    /// Sends everybody away, and whoever comes from now on: the next server knows as much.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for bell in self.bells() {
            bell.notify_waiters();
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Wakes who waits for a login that is decided, on any server of the store, until dropped.
    pub async fn listen(&self, store: Arc<dyn Store>) {
        let mut decisions = store.decisions();
        let mut ticks = interval(WOKEN_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Those who must ask because decisions may have been missed.
        let mut behind = Vec::new();
        loop {
            tokio::select! {
                decision = decisions.next() => match decision {
                    Some(Some(native)) => self.wake(native),
                    Some(None) => behind = self.bells(),
                    None => return,
                },
                _ = ticks.tick(), if !behind.is_empty() => {
                    for bell in behind.drain(behind.len().saturating_sub(WOKEN_AT_ONCE)..) {
                        bell.notify_waiters();
                    }
                }
            }
        }
    }

    fn wake(&self, native: TokenDigest) {
        let bell = self.seats().by_token.get(&native).map(|seat| Arc::clone(&seat.bell));
        if let Some(bell) = bell {
            bell.notify_waiters();
        }
    }

    fn bells(&self) -> Vec<Arc<Notify>> {
        self.seats().by_token.values().map(|seat| Arc::clone(&seat.bell)).collect()
    }

    /// Held for a few instructions only, in which nothing can panic.
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Ready when somebody says that the login is decided, from this call on.
    pub(super) fn woken(&self) -> Notified<'_> {
        self.bell.notified()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut seats = self.waiting.seats();
        seats.taken -= 1;
        if let Some(seat) = seats.by_token.get_mut(&self.native) {
            seat.taken -= 1;
            if seat.taken == 0 {
                seats.by_token.remove(&self.native);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const ONE: TokenDigest = TokenDigest([1; 16]);
    const TWO: TokenDigest = TokenDigest([2; 16]);

    #[test]
    fn a_decision_wakes_all_who_wait_for_it_and_nobody_else() {
        let waiting = Waiting::new(10);
        let (first, again, other) = (waiting.enter(ONE), waiting.enter(ONE), waiting.enter(TWO));
        let woken = [&first, &again, &other].map(|place| place.as_ref().map(Place::woken));
        // Between entering and waiting it asks the store: a decision that comes meanwhile counts.
        waiting.wake(ONE);
        let woken = woken.map(|woken| woken.and_then(FutureExt::now_or_never).is_some());
        assert_eq!(woken, [true, true, false]);
    }

    #[test]
    fn places_are_bounded_and_free_again() {
        let waiting = Waiting::new(2);
        let first = waiting.enter(ONE);
        let second = waiting.enter(ONE);
        assert!(second.is_some() && waiting.enter(TWO).is_none());
        drop(first);
        let third = waiting.enter(TWO);
        assert!(third.is_some() && waiting.taken() == 2);
        drop((second, third));
        assert!(waiting.taken() == 0 && waiting.bells().is_empty());
    }

    #[test]
    fn a_stop_wakes_everybody() {
        let waiting = Waiting::new(2);
        let places = [ONE, TWO].map(|native| waiting.enter(native));
        let woken = places.each_ref().map(|place| place.as_ref().map(Place::woken));
        waiting.stop();
        assert!(waiting.is_stopping());
        assert!(woken.into_iter().all(|woken| woken.and_then(FutureExt::now_or_never).is_some()));
    }
}
