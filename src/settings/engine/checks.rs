//! Rules about values, each told with where the value stands.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::problems::{Location, Problems};

/// Collects broken rules.
pub(super) struct Checks<'a> {
    places: &'a dyn Fn(&str) -> Option<Location>,
    problems: &'a mut Problems,
}

impl<'a> Checks<'a> {
    /// `places` tells where a setting stands.
    pub(super) fn new(places: &'a dyn Fn(&str) -> Option<Location>, problems: &'a mut Problems) -> Self {
        Self { places, problems }
    }

    /// Tells what is wrong with a setting. The value is not told, it may be a secret.
    pub(super) fn wrong(&mut self, key: &str, what: impl fmt::Display) {
        let place = (self.places)(key).unwrap_or(Location::Default);
        self.problems.add(place, format!("{key} {what}"));
    }

    /// Tells what is wrong with a setting unless `good`.
    pub(super) fn must(&mut self, good: bool, key: &str, what: impl fmt::Display) {
        if !good {
            self.wrong(key, what);
        }
    }

    /// As [`Self::must`], of two settings that do not go together: tells it where it was set, not of a default.
    pub(super) fn agree(&mut self, good: bool, key: &str, other: &str, what: impl fmt::Display) {
        let is_default = (self.places)(key).is_none_or(|place| place == Location::Default);
        if !good {
            let place = (self.places)(if is_default { other } else { key }).unwrap_or(Location::Default);
            self.problems.add(place, format!("{key} {what}"));
        }
    }

    /// A number must be in a range.
    pub(super) fn range<T: Copy + PartialOrd + fmt::Display>(&mut self, key: &str, value: T, range: RangeInclusive<T>) {
        let what = format!("must be from {} to {}, not {value}", range.start(), range.end());
        self.must(range.contains(&value), key, what);
    }

    /// A duration in whole seconds must be in a range.
    pub(super) fn seconds(&mut self, key: &str, value: Duration, range: RangeInclusive<u64>) {
        self.range(key, value.as_secs(), range);
    }
}
