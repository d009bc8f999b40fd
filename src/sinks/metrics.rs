//! What is counted of sinks.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::telemetry::label;

label! {
    /// Which sink.
    pub(super) enum SinkName {
        /// The receiver of `events.webhook`.
        Webhook = "webhook",
        /// The receiver of `events.syslog`.
        Syslog = "syslog",
    }
}

label! {
    /// What became of an event.
    pub(super) enum Outcome {
        /// The sink took it.
        Sent = "sent",
        /// It was given up, or had no room among those that wait.
        Dropped = "dropped",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    sink: SinkName,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TryLabels {
    sink: SinkName,
}

/// How many events were sent, and were not. Cheap to clone: every clone counts into the same.
#[derive(Clone, Debug)]
pub struct SinkMetrics {
    events: Family<EventLabels, Counter>,
    failures: Family<TryLabels, Counter>,
}

impl Default for SinkMetrics {
    fn default() -> Self {
        let (events, failures) = (Family::default(), Family::default());
        for sink in SinkName::ALL {
            for outcome in Outcome::ALL {
                events.get_or_create_owned(&EventLabels { sink, outcome });
            }
            failures.get_or_create_owned(&TryLabels { sink });
        }
        Self { events, failures }
    }
}

impl SinkMetrics {
    /// Shows them on a page.
    pub fn register(&self, page: &mut Registry) {
        page.register("bimgate_sink_events", "Events for each sink, by outcome", self.events.clone());
        let about = "Tries to send events that a sink did not take; most are made again";
        page.register("bimgate_sink_failures", about, self.failures.clone());
    }

    pub(super) fn count(&self, sink: SinkName, outcome: Outcome, events: u64) {
        self.events.get_or_create(&EventLabels { sink, outcome }).inc_by(events);
    }

    pub(super) fn count_failure(&self, sink: SinkName) {
        self.failures.get_or_create(&TryLabels { sink }).inc();
    }

    /// How many were sent, how many were not, and how many tries failed.
    #[cfg(test)]
    pub(super) fn counted(&self, sink: SinkName) -> (u64, u64, u64) {
        let events = |outcome| self.events.get_or_create(&EventLabels { sink, outcome }).get();
        (events(Outcome::Sent), events(Outcome::Dropped), self.failures.get_or_create(&TryLabels { sink }).get())
    }
}
