//! The logins of the last hour, by minute, for pages that draw them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::LoginOutcome;

/// How many minutes are remembered.
const MINUTES: usize = 60;

/// What the logins of one minute came to, in the order of [`LoginOutcome::ALL`].
type Minute = [u32; LoginOutcome::ALL.len()];

/// What the logins of each minute of an hour came to, oldest minute first, each in the order of [`LoginOutcome::ALL`].
pub type LoginMinutes = [Minute; MINUTES];

/// The logins of the last hour.
#[derive(Debug)]
pub(super) struct LastHour {
    started: Instant,
    ring: Mutex<Ring>,
}

#[derive(Debug)]
struct Ring {
    /// Which minute is the last, from the start.
    newest: u64,
    minutes: LoginMinutes,
}

impl LastHour {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), ring: Mutex::new(Ring { newest: 0, minutes: [Minute::default(); MINUTES] }) }
    }

    pub(super) fn count(&self, outcome: LoginOutcome) {
        self.at(self.started.elapsed(), |ring| {
            let count = &mut ring.minutes[MINUTES - 1][outcome as usize];
            *count = count.saturating_add(1);
        });
    }

    pub(super) fn told(&self) -> LoginMinutes {
        self.at(self.started.elapsed(), |ring| ring.minutes)
    }

    /// Does something when so much time has passed.
    fn at<T>(&self, since_start: Duration, act: impl FnOnce(&mut Ring) -> T) -> T {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = since_start.as_secs() / 60;
        for _ in 0..minute.saturating_sub(ring.newest).min(MINUTES as u64) {
            ring.minutes.rotate_left(1);
            ring.minutes[MINUTES - 1] = Minute::default();
        }
        ring.newest = ring.newest.max(minute);
        act(&mut ring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(hour: &LastHour, minute: u64) -> Vec<u32> {
        let minutes = hour.at(Duration::from_secs(minute * 60), |ring| ring.minutes);
        minutes.iter().map(|minute| minute.iter().sum()).collect()
    }

    #[test]
    fn a_minute_is_forgotten_after_an_hour() {
        let hour = LastHour::new();
        hour.count(LoginOutcome::Success);
        hour.count(LoginOutcome::Refused);
        let at = |place: usize| (0..MINUTES).map(|minute| if minute == place { 2 } else { 0 }).collect::<Vec<_>>();
        assert_eq!(totals(&hour, 0), at(59));
        assert_eq!(totals(&hour, 1), at(58));
        assert_eq!(totals(&hour, 59), at(0));
        assert_eq!(totals(&hour, 60), at(MINUTES));
        hour.at(Duration::from_secs(600 * 60), |ring| ring.minutes[MINUTES - 1][0] = 2);
        assert_eq!(totals(&hour, 600), at(59), "however long nobody came");
    }
}
