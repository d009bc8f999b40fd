//! Whether the store is well.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redb::{ReadableTable as _, ReadableTableMetadata as _};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::EmbeddedStore;
use super::schema::{Snapshot, TxnError};
use crate::domain::Timestamp;
use crate::store::metrics::Op;
use crate::store::{Census, Health, Result, StoreError};

/// How long closing may take: what waits is written in at most a few syncs.
const CLOSING: Duration = Duration::from_secs(5);

#[async_trait]
impl Health for EmbeddedStore {
    /// Has the writer do nothing: it answers only if the file is open.
    async fn time(&self) -> Result<Timestamp> {
        self.write(Op::Health, |_| Ok(())).await?;
        Ok(self.inner.clock.now())
    }

    /// Sessions are counted by the totals of the users, on a thread where nobody waits for that: some 50 ms for 500,000
    /// users.
    async fn census(&self) -> Result<Census> {
        let (inner, now) = (Arc::clone(&self.inner), self.inner.clock.now());
        let count = spawn_blocking(move || count(&inner.snapshot.load_full(), now));
        let late = || StoreError::Unavailable("it could not be counted in time".to_owned());
        self.calls
            .run(
                Op::Census,
                |limit| async move { timeout(limit, count).await.map_err(|_| late())?.map_err(|_| late())? },
            )
            .await
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

fn count(snapshot: &Snapshot, now: Timestamp) -> Result<Census> {
    let counted = || {
        let (mut clients, mut directory) = (0, 0);
        for entry in snapshot.totals.iter()? {
            let (of_clients, of_directory, _tokens) = entry?.1.value();
            clients += u64::from(of_clients);
            directory += u64::from(of_directory);
        }
        let licenses = snapshot.license_returns.range((now.millis() + 1, &[0; 16])..)?;
        Ok(Census {
            users: Some(snapshot.accounts.len()?),
            client_sessions: Some(clients),
            directory_sessions: Some(directory),
            logins: snapshot.logins.len()?,
            licenses: u64::try_from(licenses.count()).unwrap_or(u64::MAX),
        })
    };
    Ok(counted().map_err(|error: redb::StorageError| TxnError::from(error))?)
}
