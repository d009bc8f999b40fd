//! What is counted of spans.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::telemetry::label;

label! {
    /// What became of a span.
    pub(super) enum Outcome {
        /// The collector took it.
        Sent = "sent",
        /// It had no room among those that wait, or the collector did not take it.
        Dropped = "dropped",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    outcome: Outcome,
}

/// How many spans were sent, and were not. Cheap to clone: every clone counts into the same.
#[derive(Clone, Debug, Default)]
pub struct SpanMetrics {
    spans: Family<Labels, Counter>,
    failures: Counter,
}

impl SpanMetrics {
    /// Shows them on a page.
    pub fn register(&self, page: &mut Registry) {
        for outcome in Outcome::ALL {
            self.count(outcome, 0);
        }
        page.register("bimgate_spans", "Spans of recorded requests, by outcome", self.spans.clone());
        let about = "Tries to send spans that the collector did not take; most are made again";
        page.register("bimgate_span_failures", about, self.failures.clone());
    }

    /// Counts spans that are dropped.
    pub(super) fn dropped(&self) -> Counter {
        self.spans.get_or_create_owned(&Labels { outcome: Outcome::Dropped })
    }

    pub(super) fn count(&self, outcome: Outcome, spans: u64) {
        self.spans.get_or_create(&Labels { outcome }).inc_by(spans);
    }

    pub(super) fn count_failure(&self) {
        self.failures.inc();
    }
}
