//! Rules about values. A broken one is reported with where the value stands.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::problems::{Location, Problems};
use super::schema::Setting;

/// Collects broken rules.
pub struct Checks<'a> {
    in_force: &'a [Setting],
    problems: &'a mut Problems,
}

impl<'a> Checks<'a> {
    pub(super) fn new(in_force: &'a [Setting], problems: &'a mut Problems) -> Self {
        Self { in_force, problems }
    }

    /// Reports that a setting is wrong. `what` must not hold a value that may be a secret.
    pub fn wrong(&mut self, key: &str, what: impl fmt::Display) {
        self.problems.add(self.location(key), format!("{key} {what}"));
    }

    /// Reports that a setting is wrong unless `good`.
    pub fn must(&mut self, good: bool, key: &str, what: impl fmt::Display) {
        if !good {
            self.wrong(key, what);
        }
    }

    /// As [`Self::must`], of two settings that must agree. If `key` has its default, the problem stands where `other`
    /// is set.
    pub fn agree(&mut self, good: bool, key: &str, other: &str, what: impl fmt::Display) {
        if !good {
            let location = match self.location(key) {
                Location::Default => self.location(other),
                location => location,
            };
            self.problems.add(location, format!("{key} {what}"));
        }
    }

    /// A number must be in a range.
    pub fn range<T: Copy + PartialOrd + fmt::Display>(&mut self, key: &str, value: T, range: RangeInclusive<T>) {
        let what = format!("must be from {} to {}, not {value}", range.start(), range.end());
        self.must(range.contains(&value), key, what);
    }

    /// A duration in whole seconds must be in a range.
    pub fn seconds(&mut self, key: &str, value: Duration, range: RangeInclusive<u64>) {
        self.range(key, value.as_secs(), range);
    }

    fn location(&self, key: &str) -> Location {
        let setting = self.in_force.iter().find(|setting| setting.key == key);
        setting.map_or(Location::Default, |setting| setting.location.clone())
    }
}
