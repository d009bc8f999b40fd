//! `[events]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::Checks;

/// How long events are kept, and how many.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSettings {
    /// For how many days.
    pub keep_days: u32,
    /// How many of what was done.
    pub keep: usize,
    /// How many of what was refused.
    pub keep_refusals: usize,
}

impl EventSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.range("events.keep_days", self.keep_days, 1..=730);
        checks.range("events.keep", self.keep, 1_000..=10_000_000);
        checks.range("events.keep_refusals", self.keep_refusals, 1_000..=10_000_000);
    }

    /// How long events are kept.
    #[must_use]
    pub const fn keep_for(&self) -> Duration {
        Duration::from_secs(self.keep_days as u64 * 86_400)
    }
}
