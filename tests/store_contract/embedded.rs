//! The suite on the embedded store, in a folder of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bimgate::clock::{Clock as _, ManualClock};
use bimgate::domain::{ClosedSession, Timestamp};
use bimgate::store::embedded::EmbeddedStore;
use bimgate::store::{Bucket, RetryAfter, Store, Throttle as _};
use tempfile::TempDir;

use crate::backend::{Backend, Reports};

pub struct Embedded {
    store: EmbeddedStore,
    clock: Arc<ManualClock>,
    reports: Reports,
    _folder: TempDir,
}

pub fn start() -> Result<Embedded, Box<dyn std::error::Error + Send + Sync>> {
    start_at(Timestamp::from_millis(1_800_000_000_000))
}

pub fn start_at(now: Timestamp) -> Result<Embedded, Box<dyn std::error::Error + Send + Sync>> {
    let folder = TempDir::new()?;
    let clock = Arc::new(ManualClock::new(now));
    let timeout = Duration::from_secs(10);
    let store = EmbeddedStore::open(folder.path(), clock.clone(), timeout, Duration::ZERO)?;
    let reports = Reports::default();
    reports.listen_to(&store);
    Ok(Embedded { store, clock, reports, _folder: folder })
}

#[async_trait]
impl Backend for Embedded {
    fn store(&self) -> Arc<dyn Store> {
        self.store.for_worker()
    }

    /// Only one process has the file open, so another handle is as far apart as two callers get.
    fn second_server(&self) -> Arc<dyn Store> {
        self.store.for_worker()
    }

    fn reported(&self) -> Vec<ClosedSession> {
        self.reports.take()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

/// The clocks of other stores cannot be set.
#[test]
fn a_clock_set_back_gives_nothing_and_locks_nobody_out() -> crate::Outcome {
    crate::backend::run(async {
        let Embedded { store, clock, _folder, .. } = start()?;
        let (refill, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        let [failed, succeeded] = [1, 2].map(|key| [Bucket { key: [key; 16], burst: 2, refill }]);
        for _attempt in 0..2 {
            assert_eq!(store.take(&failed).await?, Ok(()));
            assert_eq!(store.take(&succeeded).await?, Ok(()));
        }
        store.put_back(&succeeded).await?;
        clock.set_back(hour);
        assert_eq!(store.take(&succeeded).await?, Ok(()));
        assert_eq!(store.take(&failed).await?, Err(RetryAfter(refill)));
        clock.advance(refill);
        assert_eq!(store.take(&failed).await?, Ok(()), "as long as it said");
        Ok(())
    })
}
