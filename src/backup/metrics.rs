//! What is counted of the backups that the server takes.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::domain::Timestamp;
use crate::telemetry::label;

label! {
    /// What became of a backup.
    pub(super) enum Outcome {
        /// It is in its folder.
        Done = "done",
        /// It is not.
        Failed = "failed",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    outcome: Outcome,
}

/// How many backups were taken, and when the last one. Cheap to clone: every clone counts into the same.
#[derive(Clone, Debug)]
pub struct BackupMetrics {
    backups: Family<Labels, Counter>,
    newest: Gauge<u64, AtomicU64>,
}

impl Default for BackupMetrics {
    fn default() -> Self {
        let backups = Family::default();
        for outcome in Outcome::ALL {
            backups.get_or_create_owned(&Labels { outcome });
        }
        Self { backups, newest: Gauge::default() }
    }
}

impl BackupMetrics {
    /// Shows them on a page.
    pub fn register(&self, page: &mut Registry) {
        page.register("bimgate_backups", "Backups that the server took by itself, by outcome", self.backups.clone());
        let what = "When the newest backup in backup.folder was begun, in seconds since the epoch; 0: there is none";
        page.register("bimgate_newest_backup_seconds", what, self.newest.clone());
    }

    pub(super) fn count(&self, is_done: bool) {
        let outcome = if is_done { Outcome::Done } else { Outcome::Failed };
        self.backups.get_or_create(&Labels { outcome }).inc();
    }

    pub(super) fn note_newest(&self, taken: Timestamp) {
        self.newest.set(taken.seconds());
    }
}
