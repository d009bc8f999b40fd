//! Instants and what remains until them.

use std::time::Duration;

/// An instant: milliseconds since the Unix epoch, UTC.
///
/// ```
/// use std::time::Duration;
///
/// use bimgate::domain::Timestamp;
///
/// let now = Timestamp::from_millis(1_700_000_000_000);
/// let end = now.plus(Duration::from_secs(30 * 24 * 60 * 60));
/// assert_eq!(end.since(now), Duration::from_secs(2_592_000));
/// assert_eq!(end.expires_in(now), 2_591_999);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The largest instant a record can hold (48 bits, the year 10889).
    pub const MAX: Self = Self((1 << 48) - 1);

    /// The instant `millis` milliseconds after the Unix epoch, at most [`Self::MAX`].
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        if millis > Self::MAX.0 { Self::MAX } else { Self(millis) }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// This instant moved forward, at most to [`Self::MAX`].
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// The time from `earlier` to this instant; zero if this one comes first.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The value of `expires_in`: whole seconds from `now` until this instant, rounded up, less one.
    ///
    /// A fresh token of 30 days has 2591999, as in the published samples.
    #[must_use]
    pub fn expires_in(self, now: Self) -> u64 {
        self.0.saturating_sub(now.0).div_ceil(1000).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_token_says_its_lifetime_less_one() {
        let now = Timestamp::from_millis(1_000_000);
        let end = now.plus(Duration::from_secs(2_592_000));
        assert_eq!(end.expires_in(now), 2_591_999);
        assert_eq!(end.expires_in(now.plus(Duration::from_millis(999))), 2_591_999);
        assert_eq!(end.expires_in(now.plus(Duration::from_secs(1))), 2_591_998);
        assert_eq!(end.expires_in(end), 0);
        assert_eq!(now.expires_in(end), 0);
    }
}
