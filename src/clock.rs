//! Time is passed in, so that a test of 30 days takes no time.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::Timestamp;

/// A source of time.
pub trait Clock: Send + Sync {
    /// The wall-clock time, which may jump.
    fn now(&self) -> Timestamp;

    /// How long this clock has run. Never jumps, even when the time of day is set; means nothing to another process.
    fn monotonic(&self) -> Duration;

    /// Takes over the time of the store, where this clock follows it. Does nothing for other clocks.
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

/// The clock of a store that has one of its own, so that all servers of the store agree even if their machines do not:
/// the time that the store last told, plus the time since then. Until the store tells its time, the machine's clock.
#[derive(Debug, Default)]
pub struct StoreClock {
    /// The store's time at the start of this process, in milliseconds; zero: not known yet.
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

/// A clock for tests, which moves only when it is told to.
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

    /// Sets the time of day back, as an operator does; no time passes.
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
