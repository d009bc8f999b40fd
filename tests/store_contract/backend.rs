//! What a backend under test must offer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bimgate::domain::{ClosedSession, Timestamp};
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

    /// The sessions of which it has been reported since the last call that they ended.
    fn reported(&self) -> Vec<ClosedSession>;

    /// What the servers' clocks say.
    fn now(&self) -> Timestamp;

    /// Returns when the servers' clocks and the store's have moved on by `time`: keep it short, for some are real.
    async fn pass(&self, time: Duration);
}

/// Keeps what stores report.
#[derive(Clone, Default)]
pub struct Reports(Arc<Mutex<Vec<ClosedSession>>>);

impl Reports {
    pub fn listen_to(&self, store: &dyn Store) {
        let reports = self.clone();
        store.events().on_session(move |closed| reports.0.lock().expect("nobody panics").push(closed));
    }

    pub fn take(&self) -> Vec<ClosedSession> {
        std::mem::take(&mut self.0.lock().expect("nobody panics"))
    }
}

/// Runs a case with several threads, so that what is simultaneous truly is.
pub fn run(case: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?.block_on(case)
}
