//! The store in this process: redb, one file, one process at a time. The default.
//!
//! An acknowledged write is on disk: `Ok` is answered after the file was synced. One thread writes (`writer`), and many
//! waiting acts share one transaction and one sync, so that throughput does not end at one disk flush a login. Reads
//! take the snapshot that the writer published after its last commit: no lock, no transaction of their own.
//!
//! When the disk fails or is full, the writer refuses writes and reopens the file until it can write again. What was
//! acknowledged stands. The store's clock is the server's.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use super::calls::Calls;
use super::metrics::Op;
use super::{Store, StoreEvents, StoreMetrics};
use crate::clock::Clock;

mod accounts;
mod api_tokens;
mod dump;
mod error;
mod events;
mod folder;
mod groups;
mod health;
mod licenses;
mod logins;
mod marks;
mod moving;
mod open;
mod read;
mod redirect_urls;
mod schema;
mod sessions;
mod signing_keys;
mod sweep;
mod takeovers;
mod throttle;
mod timers;
mod tokens;
mod txn;
mod user;
mod waiting_clients;
mod writer;

pub use error::OpenError;

use folder::Folder;
pub(super) use folder::{hand_over, is_new};
use marks::Marks;
use moving::Holding;
use open::Opener;
use schema::{Snapshot, TxnError};
use sweep::Cursors;
use throttle::Buckets;
use txn::Txn;
use waiting_clients::WaitingClients;
use writer::{Decided, Writer};

/// How many decisions about native logins a listener may be behind before it is told that it missed some.
const DECISIONS: usize = 4096;

/// The embedded store. Cheap to clone: every clone is the same store.
#[derive(Clone)]
pub struct EmbeddedStore {
    inner: Arc<Inner>,
    calls: Calls,
}

struct Inner {
    snapshot: Arc<ArcSwap<Snapshot>>,
    writer: Writer,
    buckets: Mutex<Buckets>,
    marks: Mutex<Marks>,
    cursors: Mutex<Cursors>,
    decided: Decided,
    events: StoreEvents,
    introduced: Mutex<WaitingClients>,
    holding: Arc<Holding>,
    clock: Arc<dyn Clock>,
    throw_away: bool,
}

impl EmbeddedStore {
    /// Opens the store in `folder`, which is made if it is not there (mode 0700, its file 0600), and locks the folder.
    /// No other process has the store open until [`close`](super::Health::close) has returned, or the last clone is
    /// gone and its writer has finished. So the holder of the store may remove a stale socket in the folder.
    ///
    /// Blocks: for at most `wait` while another process holds the lock, then while the file is read, which takes longer
    /// after a crash. No act takes longer than `timeout`.
    ///
    /// # Errors
    /// [`OpenError`], each a sentence for the operator.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>, timeout: Duration, wait: Duration) -> Result<Self, OpenError> {
        let folder = Folder::lock(folder, wait)?;
        Self::start(Opener::file(folder, false), clock, timeout, false)
    }

    /// As [`Self::open`]. Makes a new store also where the secret of an earlier one lies.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_anew(
        folder: &Path,
        clock: Arc<dyn Clock>,
        timeout: Duration,
        wait: Duration,
    ) -> Result<Self, OpenError> {
        let folder = Folder::lock(folder, wait)?;
        Self::start(Opener::file(folder, true), clock, timeout, false)
    }

    /// Opens the store on storage of another kind: `make` is called now, and again after each failure of that storage.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with_backend<B: StorageBackend>(
        make: impl Fn() -> io::Result<B> + Send + 'static,
        clock: Arc<dyn Clock>,
        timeout: Duration,
    ) -> Result<Self, OpenError> {
        Self::start(Opener::backend(make), clock, timeout, false)
    }

    /// A store in memory that ends with its last clone.
    ///
    /// # Errors
    /// [`OpenError`], if the system has no thread left.
    pub fn throw_away(clock: Arc<dyn Clock>, timeout: Duration) -> Result<Self, OpenError> {
        Self::start(Opener::backend(|| Ok(InMemoryBackend::new())), clock, timeout, true)
    }

    fn start(opener: Opener, clock: Arc<dyn Clock>, timeout: Duration, throw_away: bool) -> Result<Self, OpenError> {
        let (decided, folder) = (Decided::new(DECISIONS), opener.folder.clone());
        let events = StoreEvents::default();
        let (writer, snapshot) = Writer::start(opener, decided.clone(), events.clone())?;
        let holding = Holding::of(&snapshot.load());
        let holding = holding.map_err(|error| OpenError::Damaged { folder, reason: error.to_string() })?;
        let inner = Inner {
            snapshot,
            writer,
            buckets: Mutex::default(),
            marks: Mutex::default(),
            cursors: Mutex::default(),
            decided,
            events,
            introduced: Mutex::default(),
            holding: Arc::new(holding),
            clock,
            throw_away,
        };
        Ok(Self { inner: Arc::new(inner), calls: Calls::new("redb", timeout) })
    }

    /// Reads the last snapshot.
    fn read<T>(&self, op: Op, look: impl FnOnce(&Snapshot) -> super::Result<T>) -> super::Result<T> {
        self.calls.run_now(op, || look(&self.inner.snapshot.load()))
    }

    /// Runs `act` alone with the tables, and returns when it is on disk. Not while changes are held, unless it changes nothing
    /// that a dump has.
    async fn write<T: Send + 'static>(
        &self,
        op: Op,
        act: impl FnOnce(&mut Txn<'_>) -> Result<T, TxnError> + Send + 'static,
    ) -> super::Result<T> {
        let holding = (!matches!(op, Op::Event | Op::Backup | Op::Health)).then(|| Arc::clone(&self.inner.holding));
        let act = move |txn: &mut Txn<'_>| {
            holding.as_deref().map_or(Ok(()), Holding::refuse)?;
            act(txn)
        };
        self.calls.run(op, |limit| self.inner.writer.act(limit, act)).await
    }
}

impl Store for EmbeddedStore {
    fn for_worker(&self) -> Arc<dyn Store> {
        Arc::new(Self { inner: self.inner.clone(), calls: self.calls.for_worker() })
    }

    fn for_request(&self) -> Arc<dyn Store> {
        Arc::new(Self { inner: self.inner.clone(), calls: self.calls.for_request() })
    }

    fn metrics(&self) -> &StoreMetrics {
        self.calls.metrics()
    }

    fn events(&self) -> &StoreEvents {
        &self.inner.events
    }
}
