//! What is counted of a store's calls.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::telemetry::{Histogram, label};

/// Upper bounds in seconds: microseconds in this process, a fraction of a millisecond across a network, and a
/// flush to disk in between.
const BOUNDS: [f64; 15] =
    [1e-6, 5e-6, 2.5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 1.0];

label! {
    /// What a call asks of the store, as its metrics name it.
    pub(super) enum Op {
        Check = "check",
        Find = "find",
        Issue = "issue",
        MintCross = "mint_cross",
        Revoke = "revoke",
        Account = "account",
        Throttle = "throttle",
        Sweep = "sweep",
        Health = "health",
        Census = "census",
        Session = "session",
        Login = "login",
        License = "license",
        Event = "event",
        Backup = "backup",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    act: Op,
}

/// Durations and failures of a store's calls, the same for all its handles.
pub struct StoreMetrics {
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    errors: Family<Labels, Counter>,
    /// Those of each [`Op`], found without a lock.
    by_op: Vec<(Histogram, Counter)>,
}

impl StoreMetrics {
    /// Those of a store that was not called yet.
    pub(crate) fn new() -> Self {
        let durations = Family::new_with_constructor((|| Histogram::new(&BOUNDS)) as fn() -> Histogram);
        let errors = Family::<Labels, Counter>::default();
        let of = |op: &Op| {
            let labels = Labels { act: *op };
            (durations.get_or_create_owned(&labels), errors.get_or_create_owned(&labels))
        };
        Self { by_op: Op::ALL.iter().map(of).collect(), durations, errors }
    }

    /// Shows them on a page.
    pub fn register(&self, page: &mut Registry) {
        let durations = self.durations.clone();
        page.register("bimgate_store_duration_seconds", "How long an act in the store took, failed or not", durations);
        page.register("bimgate_store_errors", "Acts in the store that failed, by act", self.errors.clone());
    }

    pub(super) fn count(&self, op: Op, took: Duration, failed: bool) {
        let (durations, errors) = &self.by_op[op as usize];
        durations.observe(took);
        if failed {
            errors.inc();
        }
    }
}
