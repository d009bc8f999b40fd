//! `[events]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::Checks;
use super::{SyslogSettings, WebhookSettings};

/// How long events are kept, and how many, and where they are sent besides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSettings {
    /// For how many days.
    pub keep_days: u32,
    /// How many of what was done.
    pub keep: usize,
    /// How many of what was refused.
    pub keep_refusals: usize,
    /// The receiver that they are sent to by HTTP.
    pub webhook: WebhookSettings,
    /// The receiver that they are sent to by syslog.
    pub syslog: SyslogSettings,
}

impl EventSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.range("events.keep_days", self.keep_days, 1..=730);
        checks.range("events.keep", self.keep, 1_000..=10_000_000);
        checks.range("events.keep_refusals", self.keep_refusals, 1_000..=10_000_000);
        self.webhook.check(checks);
        self.syslog.check(checks);
    }

    /// Checks the files of authorities, and reads the secret from its file.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        self.webhook.read_files(checks);
        self.syslog.read_files(checks);
    }

    /// How long events are kept.
    #[must_use]
    pub const fn keep_for(&self) -> Duration {
        Duration::from_secs(self.keep_days as u64 * 86_400)
    }
}
