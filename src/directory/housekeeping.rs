//! What must happen though nobody asks: ended records go, interrupted closings are finished, clocks are compared, and
//! the operator is told how the store is set up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::skew;
use crate::clock::Clock;
use crate::store::Store;

/// How often the store is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often the clocks are compared, in sweeps.
const COMPARE_EVERY: u64 = 60;
/// A clock further off than this is worth a warning: tokens end that much too early or too late.
const MAX_SKEW: Duration = Duration::from_secs(1);

/// Sweeps the store once a second, until dropped. Failures are told once, until it works again.
pub async fn keep_house(store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut well, mut warned) = (true, false);
    for turn in 0_u64.. {
        ticks.tick().await;
        match store.sweep().await {
            Ok(()) => well = true,
            Err(error) if well => {
                tracing::warn!(%error, "cannot sweep the store; trying again every second");
                well = false;
            }
            Err(_) => {}
        }
        if !warned && let Ok(warnings) = store.warnings().await {
            warned = true;
            for warning in warnings {
                tracing::warn!("{warning}");
            }
        }
        if turn % COMPARE_EVERY == 0
            && let Ok(store_now) = store.time().await
        {
            let skew = skew(clock.as_ref(), store_now);
            if skew > MAX_SKEW {
                let millis = skew.as_millis();
                tracing::warn!(
                    millis,
                    "this server's clock differs from the store's; tokens end early or late by that"
                );
            }
        }
    }
}
