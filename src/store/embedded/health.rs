//! Whether the store is well.

use std::time::Duration;

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::domain::Timestamp;
use crate::store::metrics::Op;
use crate::store::{Health, Result};

/// How long closing may take: what waits is written in at most a few syncs.
const CLOSING: Duration = Duration::from_secs(5);

#[async_trait]
impl Health for EmbeddedStore {
    /// Has the writer do nothing: it answers only if the file is open.
    async fn time(&self) -> Result<Timestamp> {
        self.write(Op::Health, |_| Ok(())).await?;
        Ok(self.inner.clock.now())
    }

    /// None, unless it is a throw-away store: an acknowledged write is on disk.
    async fn warnings(&self) -> Result<Vec<String>> {
        let throw_away = "the store is kept in memory: everything in it is gone when the server stops";
        Ok(self.inner.throw_away.then(|| throw_away.into()).into_iter().collect())
    }

    async fn close(&self) {
        self.inner.writer.stop(CLOSING).await;
    }
}
