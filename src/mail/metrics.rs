//! What is counted of mail.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::telemetry::label;

label! {
    /// What became of a mail.
    pub(super) enum Outcome {
        /// The mail server took it.
        Sent = "sent",
        /// The mail server did not.
        Failed = "failed",
        /// Too many others waited.
        Dropped = "dropped",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    outcome: Outcome,
}

/// How many mails were sent, and were not. Cheap to clone: every clone counts into the same.
#[derive(Clone, Debug)]
pub struct MailMetrics(Family<Labels, Counter>);

impl Default for MailMetrics {
    fn default() -> Self {
        let mails = Family::default();
        for outcome in Outcome::ALL {
            mails.get_or_create_owned(&Labels { outcome });
        }
        Self(mails)
    }
}

impl MailMetrics {
    /// Shows them on a page.
    pub fn register(&self, page: &mut Registry) {
        page.register("bimgate_mails", "Mails to people, by outcome", self.0.clone());
    }

    /// Counts one that had no room among those that wait.
    pub fn count_dropped(&self) {
        self.count(Outcome::Dropped);
    }

    pub(super) fn count(&self, outcome: Outcome) {
        self.0.get_or_create(&Labels { outcome }).inc();
    }
}
