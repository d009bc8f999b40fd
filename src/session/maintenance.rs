//! What happens without a request: ended records are removed, interrupted closings finished, the store's clock
//! followed, and wrong settings of the store logged.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::clock::{Clock, SystemClock};
use crate::store::Store;

/// How often to sweep the store.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often to ask the store for its time, in sweeps.
const FOLLOW_EVERY: u64 = 10;
/// A clock of this machine that is off by more is worth a warning. An answer that took longer is too inexact.
const MAX_SKEW: Duration = Duration::from_secs(1);

/// Sweeps the store once a second, until dropped. Logs a failure once, until sweeping works again.
pub async fn run_maintenance(store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut well, mut warned) = (true, false);
    // Asked again at once, since the first question at the start may have failed.
    let (mut followed, mut is_off) = (false, false);
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
        if !followed || turn.is_multiple_of(FOLLOW_EVERY) {
            let skew = sync_clock(store.as_ref(), clock.as_ref()).await;
            followed = skew.is_some();
            let was_off = is_off;
            is_off = skew.map_or(was_off, |skew| skew > MAX_SKEW);
            if is_off && !was_off {
                let millis = skew.unwrap_or_default().as_millis();
                tracing::warn!(millis, "this machine's clock differs from the store's, which is the one that counts");
            }
        }
    }
}

/// Asks the store for its time, which the clock then follows. Returns by how much the machine's clock differs; `None`
/// if the store did not answer at once.
pub async fn sync_clock(store: &dyn Store, clock: &dyn Clock) -> Option<Duration> {
    let asked = clock.monotonic();
    let told = store.time().await.ok()?;
    let took = clock.monotonic().saturating_sub(asked);
    if took > MAX_SKEW {
        return None;
    }
    let store_now = told.plus(took / 2);
    clock.follow(store_now);
    let machine = SystemClock.now();
    Some(machine.since(store_now).max(store_now.since(machine)))
}
