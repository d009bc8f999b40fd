//! `[backup]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::Checks;

/// Backups that the server takes by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupSettings {
    /// Where they go; empty: the server takes none.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub folder: Option<String>,
    /// How old the newest one gets before the next is taken.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub every: Duration,
    /// How many are kept, the newest.
    pub keep: usize,
}

impl BackupSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.seconds("backup.every", self.every, 60..=31_536_000);
        checks.range("backup.keep", self.keep, 1..=10_000);
    }
}
