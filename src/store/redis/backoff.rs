//! How long to wait before the next attempt.

use std::time::Duration;

/// Pauses that double from the shortest to the longest. Each is shortened at random by up to half, so that the servers
/// of a store do not all come back at once.
pub(super) struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) const fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest, next: shortest }
    }

    /// The pause after one more failure.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next / 2 + self.next / 2 * u32::from(random()) / 256;
        self.next = (self.next * 2).min(self.longest);
        pause
    }

    /// Begins anew after a success.
    pub(super) const fn reset(&mut self) {
        self.next = self.shortest;
    }
}

/// A random number; 0 if the system has none.
pub(super) fn random() -> u8 {
    let mut random = [0];
    let _ = getrandom::fill(&mut random);
    random[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew() {
        let [shortest, longest] = [50, 1_000].map(Duration::from_millis);
        let mut backoff = Backoff::new(shortest, longest);
        for whole in [50, 100, 200, 400, 800, 1_000, 1_000].map(Duration::from_millis) {
            let pause = backoff.pause();
            assert!(whole / 2 <= pause && pause < whole, "{pause:?} of {whole:?}");
        }
        backoff.reset();
        assert!(backoff.pause() < shortest);
    }
}
