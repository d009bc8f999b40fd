//! Sessions end by themselves: no heartbeat came, they are as old as sessions get, or nobody ever logged in.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::store::Store;

/// How often it is asked what is due: a session closes within a second, also if no request ever comes.
const EVERY: Duration = Duration::from_millis(250);

/// Closes what is due, until dropped. Apart from the sweep, which may take long. Failures are logged once, until it works
/// again.
pub async fn close_due(store: Arc<dyn Store>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut well = true;
    loop {
        ticks.tick().await;
        match store.close_due().await {
            Ok(()) => well = true,
            Err(error) if well => {
                tracing::warn!(%error, "cannot close sessions that are due; trying again four times a second");
                well = false;
            }
            Err(_) => {}
        }
    }
}
