//! What a backend under test must offer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bimgate::domain::Timestamp;
use bimgate::store::Store;

use crate::Outcome;

/// A store with data of its own, which is gone when this is dropped.
#[async_trait]
pub trait Backend: Send + Sync {
    /// A handle as one server holds it.
    fn store(&self) -> Arc<dyn Store>;

    /// A handle on the same data as another server holds it.
    fn second_server(&self) -> Arc<dyn Store>;

    /// One or the other of the two, in turn.
    fn server(&self, turn: usize) -> Arc<dyn Store> {
        if turn.is_multiple_of(2) { self.store() } else { self.second_server() }
    }

    /// What the servers' clocks say.
    fn now(&self) -> Timestamp;

    /// Returns when the servers' clocks and the store's have moved on by `time`: keep it short, for some are real.
    async fn pass(&self, time: Duration);
}

/// Runs a case with several threads, so that what is simultaneous truly is.
pub fn run(case: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?.block_on(case)
}
