//! Time, passed in: so that a 30-day test takes no time.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::Timestamp;

/// Tells what time it is.
pub trait Clock: Send + Sync {
    /// Now. Wall-clock time: it may jump, and what depends on it says so.
    fn now(&self) -> Timestamp;

    /// How long it has run. Never jumps, whatever is done to the time of day; means nothing to another process.
    fn monotonic(&self) -> Duration;

    /// Told what the store's clock says at this moment. Most clocks do not mind.
    fn follow(&self, _store_now: Timestamp) {}
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that may ask the machine")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic(&self) -> Duration {
        static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
        STARTED.elapsed()
    }
}

/// The clock of a store that has one of its own. All servers of the store have this one clock, whatever is done to the
/// machines' clocks: what it was last told, and the time that has passed since. Until it is told anything, the machine's.
#[derive(Debug, Default)]
pub struct StoreClock {
    /// What the store's clock said when this process had run for no time, in milliseconds; zero: not known.
    at_start: AtomicU64,
}

impl Clock for StoreClock {
    fn now(&self) -> Timestamp {
        match self.at_start.load(Ordering::SeqCst) {
            0 => SystemClock.now(),
            at_start => Timestamp::from_millis(at_start).plus(self.monotonic()),
        }
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }

    fn follow(&self, store_now: Timestamp) {
        self.at_start.store(store_now.millis().saturating_sub(millis(self.monotonic())), Ordering::SeqCst);
    }
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicU64,
    ran: AtomicU64,
}

impl ManualClock {
    /// A clock standing at `start`.
    #[must_use]
    pub const fn new(start: Timestamp) -> Self {
        Self { now: AtomicU64::new(start.millis()), ran: AtomicU64::new(0) }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        for hand in [&self.now, &self.ran] {
            hand.fetch_add(millis(by), Ordering::SeqCst);
        }
    }

    /// Sets it back, as an operator does: no time passes.
    pub fn set_back(&self, by: Duration) {
        self.now.fetch_sub(millis(by), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.ran.load(Ordering::SeqCst))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stores_clock_goes_on_from_what_it_was_told() {
        let clock = StoreClock::default();
        assert!(clock.now().since(SystemClock.now()) < Duration::from_secs(60), "the machine's, until it is told");
        for told in [5_000_000_000_000, 1_000_000_000_000].map(Timestamp::from_millis) {
            clock.follow(told);
            let now = clock.now();
            assert!(now >= told && now.since(told) < Duration::from_secs(60), "{now:?}");
        }
    }
}
