//! How often something happens that is counted anyway.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the count is noted.
pub(super) const NOTED_EVERY: Duration = Duration::from_secs(10);
/// How many notes are kept: of the last minute.
const KEPT: usize = 6;

/// What a count was in the last minute.
#[derive(Debug, Default)]
pub(super) struct Rate(Mutex<VecDeque<(Instant, u64)>>);

impl Rate {
    /// Notes what it is.
    pub(super) fn note(&self, now: Instant, count: u64) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.truncate(KEPT - 1);
        notes.push_front((now, count));
    }

    /// By how much it has grown a second since the oldest note, given what it is.
    pub(super) fn a_second(&self, now: Instant, count: u64) -> f64 {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((then, before)) = notes.back() else { return 0.0 };
        let seconds = now.saturating_duration_since(*then).as_secs_f64().max(1.0);
        // A count that is too large for this has other troubles.
        f64::from(u32::try_from(count.saturating_sub(*before)).unwrap_or(u32::MAX)) / seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_minute() {
        let (rate, start) = (Rate::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let is = |seconds, count, expected: f64| {
            let told = rate.a_second(after(seconds), count);
            assert!((told - expected).abs() < 1e-9, "{told} after {seconds}");
        };
        is(0, 100, 0.0);
        rate.note(after(0), 100);
        is(0, 100, 0.0);
        is(5, 150, 10.0);
        for tens in 1..=6 {
            rate.note(after(tens * 10), 100 + tens * 10);
        }
        is(60, 160, 1.0);
        is(70, 760, 650.0 / 60.0);
    }
}
