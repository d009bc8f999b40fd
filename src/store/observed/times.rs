//! What is counted of a store's acts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

use crate::store::{Result, budget};

/// Upper bounds in seconds: microseconds in this process, a fraction of a millisecond across a network, and a
/// flush to disk in between.
const BOUNDS: [f64; 15] =
    [1e-6, 5e-6, 2.5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 1.0];

/// What the acts of a store are counted as.
#[derive(Clone, Copy)]
pub(super) enum Act {
    Check,
    Find,
    Issue,
    MintCross,
    Revoke,
    Account,
    Throttle,
    Sweep,
    Health,
    Session,
    Login,
    License,
}

const ACTS: [&str; 12] = [
    "check",
    "find",
    "issue",
    "mint_cross",
    "revoke",
    "account",
    "throttle",
    "sweep",
    "health",
    "session",
    "login",
    "license",
];

/// Durations and failures of a store's acts. Cheap to clone: every clone counts into the same.
#[derive(Clone)]
pub struct StoreTimes(Arc<[(Histogram, IntCounter); ACTS.len()]>);

impl StoreTimes {
    /// Puts them into `registry`.
    ///
    /// # Errors
    /// When they are there already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let durations = HistogramVec::new(
            HistogramOpts::new("bimgate_store_duration_seconds", "How long an act in the store took, failed or not.")
                .buckets(BOUNDS.to_vec()),
            &["act"],
        )?;
        let errors = IntCounterVec::new(
            Opts::new("bimgate_store_errors_total", "Acts in the store that failed, by act."),
            &["act"],
        )?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(errors.clone()))?;
        Ok(Self(Arc::new(ACTS.map(|act| (durations.with_label_values(&[act]), errors.with_label_values(&[act]))))))
    }

    pub(super) fn note(&self, act: Act, took: Duration, failed: bool) {
        let (durations, errors) = &self.0[act as usize];
        durations.observe(took.as_secs_f64());
        if failed {
            errors.inc();
        }
    }

    /// Does an act within what is left for its request.
    pub(super) async fn time<T>(&self, act: Act, work: impl Future<Output = Result<T>>) -> Result<T> {
        let start = Instant::now();
        let result = budget::spend(work).await;
        self.note(act, start.elapsed(), result.is_err());
        result
    }
}
