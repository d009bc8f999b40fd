//! A word to the operator, in time, about those who have not come over.

use std::sync::Arc;
use std::time::Duration;

use super::Upstream;
use crate::clock::Clock;
use crate::domain::Account;
use crate::store::{Store, StoreError};

/// From how long before the old service's last day on.
const BEFORE: Duration = Duration::from_secs(14 * 86_400);
/// How often.
const EVERY: Duration = Duration::from_secs(86_400);
/// When to try again if the store is away.
const AGAIN: Duration = Duration::from_secs(60);
/// How many accounts are read at once.
const PAGE: usize = 1000;

/// In the last two weeks in which the old service is asked, logs once a day how many people would be shut out after. Ends
/// with that time.
pub async fn remind(upstream: Arc<Upstream>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    loop {
        let wait = match say(&upstream, &*store, &*clock).await {
            Ok(true) => EVERY,
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "how many people have not come over is not known");
                AGAIN
            }
        };
        // Nothing but the next day is waited for.
        tokio::time::sleep(wait).await;
    }
}

/// Says it if it is time. False when the time is over.
async fn say(upstream: &Upstream, store: &dyn Store, clock: &dyn Clock) -> Result<bool, StoreError> {
    let now = clock.now();
    let left = upstream.until(store, now).await?.since(now);
    if left.is_zero() || left > BEFORE {
        return Ok(!left.is_zero());
    }
    let (mut people, mut after) = (0, None);
    loop {
        let page = store.accounts(after.as_deref(), PAGE).await?;
        people += page.items.iter().filter(|account| Account::awaits_password(account)).count();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if people > 0 {
        let days = left.as_secs() / 86_400;
        tracing::warn!(
            people,
            days,
            "people have no password here yet, and the old service is asked for so many days more; `bimgate upstream \
             status --people` lists them"
        );
    }
    Ok(true)
}
