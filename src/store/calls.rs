//! The one door of every store: each call is counted, and those of one request share one deadline. Several calls, each
//! just within the store's timeout, would together keep a client waiting for seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use super::Result;
use super::metrics::{Op, StoreMetrics};
use crate::telemetry::{SpanKind, begin_below};

/// The calls that are made through one handle of a store.
#[derive(Clone)]
pub(super) struct Calls {
    metrics: Arc<StoreMetrics>,
    /// Which kind of store it is, as spans name it.
    system: &'static str,
    /// How long one call may take, and all calls of a request together.
    timeout: Duration,
    /// How long the calls of this handle's request took so far, in nanoseconds. `None`: it is no request's.
    spent: Option<Arc<AtomicU64>>,
}

impl Calls {
    /// The calls of a new store of the kind `system`.
    pub(super) fn new(system: &'static str, timeout: Duration) -> Self {
        Self { metrics: Arc::new(StoreMetrics::new()), system, timeout, spent: None }
    }

    /// The calls of a handle that serves many requests: each has the whole timeout.
    pub(super) fn for_worker(&self) -> Self {
        Self { spent: None, ..self.clone() }
    }

    /// The calls of one request: each has what those before it left of the timeout. What the request waits for in
    /// between does not count.
    pub(super) fn for_request(&self) -> Self {
        Self { spent: Some(Arc::default()), ..self.clone() }
    }

    pub(super) fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    /// Makes a call, which must answer within the time that it is given.
    pub(super) fn run<T, F: Future<Output = Result<T>>>(
        &self,
        op: Op,
        call: impl FnOnce(Duration) -> F,
    ) -> impl Future<Output = Result<T>> {
        let began = Instant::now();
        // No async function: its future would hold the call's twice.
        call(self.left()).inspect(move |result| self.count(op, began, began.elapsed(), result.is_err()))
    }

    /// Makes a call that is answered at once.
    pub(super) fn run_now<T>(&self, op: Op, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let began = Instant::now();
        let result = call();
        self.count(op, began, began.elapsed(), result.is_err());
        result
    }

    /// How long the next call may take.
    fn left(&self) -> Duration {
        let spent = self.spent.as_ref().map_or(0, |spent| spent.load(Ordering::Relaxed));
        self.timeout.saturating_sub(Duration::from_nanos(spent))
    }

    fn count(&self, op: Op, began: Instant, took: Duration, failed: bool) {
        self.metrics.count(op, took, failed);
        if let Some(spent) = &self.spent {
            spent.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            self.record(op, began, failed);
        }
    }

    /// Adds a span to those of the request, if it is recorded. A check is no more than one call, so it has none.
    fn record(&self, op: Op, began: Instant, failed: bool) {
        let Some(mut span) = begin_below(SpanKind::Client, op.as_str(), began) else { return };
        span.set("db.system.name", self.system);
        span.set("db.operation.name", op.as_str());
        span.end(failed.then(|| "error".into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    const TIMEOUT: Duration = Duration::from_secs(1);
    const PAUSE: Duration = Duration::from_millis(2);

    /// Takes [`PAUSE`] by the clock that the calls are measured with: the time a call takes is what is under test.
    fn take_time() {
        let began = Instant::now();
        while began.elapsed() < PAUSE {
            std::thread::yield_now();
        }
    }

    /// Makes a call that takes [`PAUSE`] itself; how much less than [`TIMEOUT`] it was given.
    async fn missing(calls: &Calls) -> Result<Duration> {
        let call = |limit| async move {
            take_time();
            Ok(TIMEOUT.saturating_sub(limit))
        };
        calls.run(Op::Find, call).await
    }

    #[tokio::test]
    async fn the_calls_of_a_request_share_the_timeout() -> Result<()> {
        let worker = Calls::new("test", TIMEOUT);
        let (one, another) = (worker.for_request(), worker.for_request());
        assert_eq!(missing(&one).await?, Duration::ZERO, "the first has all of it");
        assert!(missing(&one).await? >= PAUSE);
        assert!(missing(&one).await? >= PAUSE * 2);
        assert_eq!(missing(&another).await?, Duration::ZERO, "another request has its own");
        one.count(Op::Find, Instant::now(), TIMEOUT * 2, false);
        assert_eq!(missing(&one).await?, TIMEOUT, "nothing is left");
        Ok(())
    }

    #[tokio::test]
    async fn what_is_answered_at_once_and_what_fails_count_too() -> Result<()> {
        let request = Calls::new("test", TIMEOUT).for_request();
        request.run_now(Op::Find, || {
            take_time();
            Ok(())
        })?;
        assert!(missing(&request).await? >= PAUSE);
        let fail = |_| async {
            take_time();
            Err::<(), _>(StoreError::NoSuchPlace)
        };
        assert!(request.run(Op::Issue, fail).await.is_err());
        assert!(missing(&request).await? >= PAUSE * 3);
        Ok(())
    }

    #[tokio::test]
    async fn outside_of_a_request_every_call_has_the_timeout() -> Result<()> {
        let worker = Calls::new("test", TIMEOUT);
        for _ in 0..3 {
            assert_eq!(missing(&worker).await?, Duration::ZERO);
        }
        let request = worker.for_request();
        missing(&request).await?;
        assert_eq!(missing(&request.for_worker()).await?, Duration::ZERO);
        Ok(())
    }
}
