//! The time of day of what was measured by a clock that never jumps.

use std::time::{Duration, Instant};

use crate::clock::Clock;

/// How far the machine's clock may go off before it is looked at anew. The clock tells milliseconds, and looking at it for
/// each span would have spans begin before those above them.
const MAX_OFF: Duration = Duration::from_millis(50);

/// An instant, and the time of day that it was.
pub(super) struct Hours {
    at: Instant,
    since_epoch: Duration,
}

impl Hours {
    /// By this clock.
    pub(super) fn of(clock: &dyn Clock) -> Self {
        Self { at: Instant::now(), since_epoch: Duration::from_millis(clock.now().millis()) }
    }

    /// Follows the clock, if that was set.
    pub(super) fn follow(&mut self, clock: &dyn Clock) {
        let now = Self::of(clock);
        if self.since_epoch(now.at).abs_diff(now.since_epoch) > MAX_OFF {
            *self = now;
        }
    }

    /// The time of day that an instant was, since 1970.
    pub(super) fn since_epoch(&self, instant: Instant) -> Duration {
        match instant.checked_duration_since(self.at) {
            Some(later) => self.since_epoch + later,
            None => self.since_epoch.saturating_sub(self.at.saturating_duration_since(instant)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::domain::Timestamp;

    #[test]
    fn it_follows_a_clock_that_is_set_and_no_other() {
        let clock = ManualClock::new(Timestamp::from_millis(1_000_000));
        let mut hours = Hours::of(&clock);
        let began = hours.at;
        let (second, five) = (Duration::from_secs(1), Duration::from_secs(5));
        assert_eq!(hours.since_epoch(began + second), Duration::from_secs(1_001));
        assert_eq!(hours.since_epoch(began.checked_sub(second).expect("the machine runs")), Duration::from_secs(999));
        hours.follow(&clock);
        assert_eq!(hours.since_epoch(began), Duration::from_secs(1_000), "the clock is right");
        clock.advance(five);
        hours.follow(&clock);
        assert!(hours.since_epoch(began).abs_diff(Duration::from_secs(1_005)) < second);
    }
}
