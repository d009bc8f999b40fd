//! Entries into a store that is empty.

use std::mem;

use futures_util::stream::{Stream, StreamExt as _};

use super::{BackupError, Summary};
use crate::domain::Timestamp;
use crate::store::codec::encode;
use crate::store::{Entry, MAX_RESTORED, Store};

/// How many bytes of entries are put in at once, about.
const BATCH: usize = 4 << 20;

/// What of a backup goes into the store.
#[derive(Clone, Copy, Debug)]
pub struct Keeping {
    /// Whether what is open stays open: sessions, tokens, signed-on browsers, invitations and links. Otherwise every
    /// account has another generation.
    pub sessions: bool,
    /// Whether the signing keys do.
    pub keys: bool,
    /// The store's time. What has ended by then goes nowhere.
    pub now: Timestamp,
}

impl Keeping {
    /// The entry as it goes into the store.
    #[must_use]
    pub fn of(self, entry: Entry) -> Option<Entry> {
        match entry {
            Entry::Person(person) if self.sessions => Some(Entry::Person(person.open_at(self.now).into())),
            Entry::Person(person) => Some(Entry::Person(person.without_sessions(self.now).into())),
            Entry::KeyRing(_) if !self.keys => None,
            Entry::ProviderSession(_, owner) if !self.sessions || owner.expires <= self.now => None,
            Entry::TakenOver(_, over) if over.expires <= self.now => None,
            Entry::License(borrow) if borrow.until <= self.now => None,
            // Even without sessions: a token of the old service that came over is never taken over again.
            Entry::TakenOver(..)
            | Entry::Gone(_)
            | Entry::ProviderSession(..)
            | Entry::License(_)
            | Entry::RedirectUrl(_)
            | Entry::Groups(_)
            | Entry::KeyRing(_)
            | Entry::UpstreamUntil(_) => Some(entry),
        }
    }
}

/// Puts all entries into a store in which [`begin_restore`](crate::store::Dump::begin_restore) has set the mark, and
/// removes the mark. Says how much went in.
///
/// # Errors
/// [`BackupError`]. The mark stays: what is in the store is no whole backup.
pub async fn restore(
    store: &dyn Store,
    entries: impl Stream<Item = Result<Entry, BackupError>>,
    keeping: Keeping,
) -> Result<Summary, BackupError> {
    let mut entries = std::pin::pin!(entries);
    let mut summary = Summary::default();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while let Some(entry) = entries.next().await {
        let Some(entry) = keeping.of(entry?) else { continue };
        summary.count(&entry);
        bytes += encode(&entry).len();
        batch.push(entry);
        if batch.len() == MAX_RESTORED || bytes >= BATCH {
            store.restore(mem::take(&mut batch)).await?;
            bytes = 0;
        }
    }
    store.restore(batch).await?;
    store.end_restore().await?;
    Ok(summary)
}
