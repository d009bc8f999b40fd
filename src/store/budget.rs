//! One deadline for all that a request asks of the store: several acts, each just within its own, would together keep a
//! client waiting for seconds.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{Result, StoreError};

/// What one request has spent of what it may spend, waiting for the store.
struct Budget {
    limit: Duration,
    spent: Cell<Duration>,
}

tokio::task_local! {
    static BUDGET: Budget;
}

/// Runs a request whose acts in the store may take `limit` together. What else it waits for does not count.
pub async fn within<T>(limit: Duration, request: impl Future<Output = T>) -> T {
    BUDGET.scope(Budget { limit, spent: Cell::new(Duration::ZERO) }, request).await
}

/// Runs an act of the present request within what is left for it; one of no request, for as long as its own deadline
/// lets it. So does a request's first act, which has not less.
pub(super) async fn spend<T>(act: impl Future<Output = Result<T>>) -> Result<T> {
    let start = Instant::now();
    let left = BUDGET.try_with(|budget| (budget.limit, budget.spent.get()));
    let done = match left {
        Ok((limit, spent)) if !spent.is_zero() => {
            let late = |_| StoreError::Unavailable("the store is slow: a request's acts took too long together".into());
            timeout(limit.saturating_sub(spent), act).await.map_err(late).flatten()
        }
        _ => act.await,
    };
    spent(start.elapsed());
    done
}

/// Counts what an act took whose own deadline is enough.
pub(super) fn spent(took: Duration) {
    // Outside of a request there is nothing to count for.
    let _ = BUDGET.try_with(|budget| budget.spent.set(budget.spent.get() + took));
}
