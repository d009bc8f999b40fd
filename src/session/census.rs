//! How much the store holds: counted from time to time, and shown with the metrics.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use prometheus_client::registry::Registry;
use tokio::time::{MissedTickBehavior, interval};

use crate::store::{Census, Store};
use crate::telemetry::Watched;

/// How often to count: a scrape that finds nothing newer costs nothing.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// What was counted last. Cheap to clone: every clone is the same.
#[derive(Clone, Default)]
pub struct CensusMetrics(Arc<ArcSwapOption<Census>>);

impl CensusMetrics {
    /// What was counted last; none while the store does not answer.
    #[must_use]
    pub fn last(&self) -> Option<Arc<Census>> {
        self.0.load_full()
    }

    /// Shows it on a page. What the store does not tell is not there; neither is anything while it does not answer.
    pub fn register(&self, page: &mut Registry) {
        let mut show = |name: &str, about: &str, number: fn(&Census) -> Option<u64>| {
            let last = Arc::clone(&self.0);
            page.register(name, about, Watched(move || last.load().as_deref().and_then(number)));
        };
        show("bimgate_users", "Accounts in the store", |census| census.users);
        show("bimgate_v2_sessions", "Open sessions of v2 clients in the store", |census| census.client_sessions);
        show("bimgate_directory_sessions", "Open directory sessions in the store", |census| census.directory_sessions);
        show("bimgate_logins_under_way", "Logins through browsers under way in the store", |census| {
            Some(census.logins)
        });
        show("bimgate_licenses_out", "Licences that are out", |census| Some(census.licenses));
    }
}

/// Counts what the store holds, until dropped.
pub async fn keep_census(store: Arc<dyn Store>, metrics: CensusMetrics) {
    let mut ticks = interval(COUNT_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Who looks after the store is told of its failures by others.
        metrics.0.store(store.census().await.ok().map(Arc::new));
    }
}
