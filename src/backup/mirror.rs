//! A store that is made the same as another one, which goes on changing.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::mem;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::Stream;
use sha2::{Digest as _, Sha256};
use tokio::task::yield_now;

use super::{BackupError, Keeping, Summary};
use crate::domain::{ProviderSession, Timestamp, TokenDigest, Unique, UserId};
use crate::store::codec::encode;
use crate::store::{Entry, MAX_RESTORED, Person, Store};

/// How many bytes of entries are put in at once, about.
const BATCH: usize = 4 << 20;
/// After how many entries others on the same thread have their turn.
const TURN: u64 = 64;

/// The first half of a SHA-256.
type Sum = [u8; 16];

/// What an entry is about. A later one about the same takes its place.
#[derive(Clone, PartialEq, Eq, Hash)]
enum About {
    Person(UserId),
    TakenOver(TokenDigest),
    ProviderSession(ProviderSession),
    License(TokenDigest),
    RedirectUrl(Box<str>),
    Groups,
    KeyRing,
    UpstreamUntil,
}

/// An entry as it is in the mirror.
struct Mirrored {
    sum: Sum,
    /// The sum of what of it has not ended when the mirror is compared; `None`: all of it has.
    lasting: Option<Sum>,
    /// The last round that found it.
    round: u32,
    /// What the person has that only one may have.
    marks: Vec<u64>,
}

/// A store that is being filled. Remembers of each entry what it was: some 200 bytes a person.
pub struct Mirror {
    store: Arc<dyn Store>,
    /// When the first round began: what had ended by then is left out.
    since: Timestamp,
    /// As in [`Self::follow`].
    until: Timestamp,
    round: u32,
    entries: HashMap<About, Mirrored>,
    owners: HashMap<u64, UserId>,
    seed: RandomState,
    batch: Vec<Entry>,
    bytes: usize,
}

impl Mirror {
    /// Of a store in which [`begin_restore`](crate::store::Dump::begin_restore) has set the mark. What has ended by `since`
    /// is left out.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, since: Timestamp) -> Self {
        let (entries, owners, seed) = (HashMap::new(), HashMap::new(), RandomState::new());
        Self { store, since, until: since, round: 0, entries, owners, seed, batch: Vec::new(), bytes: 0 }
    }

    /// Makes the store the same as what all these entries are, and says how much that is, and how many entries it took.
    /// What ends by `until` will not be compared: a store may remove it at any time.
    ///
    /// # Errors
    /// [`BackupError`]: it is not the same yet.
    pub async fn follow(
        &mut self,
        until: Timestamp,
        entries: impl Stream<Item = Result<Entry, BackupError>>,
    ) -> Result<(Summary, u64), BackupError> {
        let mut entries = std::pin::pin!(entries);
        self.round += 1;
        self.until = until;
        let keeping = Keeping { sessions: true, keys: true, now: self.since };
        let (mut summary, mut changes, mut seen) = (Summary::default(), 0, 0_u64);
        while let Some(entry) = entries.next().await {
            seen += 1;
            if seen.is_multiple_of(TURN) {
                yield_now().await;
            }
            let Some(entry) = keeping.of(entry?).map(in_order) else { continue };
            summary.count(&entry);
            changes += u64::from(self.take(entry).await?);
        }
        let gone = self.entries.iter().filter(|(_, mirrored)| mirrored.round < self.round);
        let gone: Vec<_> = gone.map(|(about, _)| about.clone()).collect();
        for about in gone {
            self.remove(about).await?;
            changes += 1;
        }
        self.flush().await?;
        Ok((summary, changes))
    }

    /// Whether everything is in the store as it was found last.
    ///
    /// # Errors
    /// [`BackupError`]: nobody knows.
    pub async fn compare(&self) -> Result<bool, BackupError> {
        let mut dump = self.store.dump();
        let (mut same, mut seen) = (0_usize, 0_u64);
        while let Some(entry) = dump.next().await {
            seen += 1;
            if seen.is_multiple_of(TURN) {
                yield_now().await;
            }
            let Some(entry) = self.lasting(in_order(entry?)) else { continue };
            let expected = About::of(&entry).and_then(|about| self.entries.get(&about)?.lasting);
            if expected != Some(sum(&entry)) {
                return Ok(false);
            }
            same += 1;
        }
        Ok(same == self.entries.values().filter(|mirrored| mirrored.lasting.is_some()).count())
    }

    /// Takes an entry over, unless it is in the store already.
    async fn take(&mut self, entry: Entry) -> Result<bool, BackupError> {
        let Some(about) = About::of(&entry) else {
            let gone = entry.user().map(About::Person).filter(|about| self.entries.contains_key(about));
            let is_there = gone.is_some();
            if let Some(gone) = gone {
                self.remove(gone).await?;
            }
            return Ok(is_there);
        };
        let (found, lasting) = (sum(&entry), self.lasting(entry.clone()).map(|entry| sum(&entry)));
        if let Some(mirrored) = self.entries.get_mut(&about).filter(|mirrored| mirrored.sum == found) {
            mirrored.round = self.round;
            mirrored.lasting = lasting;
            return Ok(false);
        }
        let marks = match &entry {
            Entry::Person(person) => person.account.uniques().map(|unique| self.mark(&unique)).collect(),
            _ => Vec::new(),
        };
        if let About::Person(user) = about {
            // Whoever had it before has it no more, and is found again in this round.
            let rivals: Vec<_> = marks.iter().filter_map(|mark| self.owners.get(mark).copied()).collect();
            for rival in rivals.into_iter().filter(|rival| *rival != user) {
                self.remove(About::Person(rival)).await?;
            }
            self.forget(&about);
            self.owners.extend(marks.iter().map(|mark| (*mark, user)));
        } else if matches!(about, About::License(_)) && self.entries.contains_key(&about) {
            self.remove(about.clone()).await?;
        }
        self.entries.insert(about, Mirrored { sum: found, lasting, round: self.round, marks });
        self.put(entry).await?;
        Ok(true)
    }

    /// Takes what an entry was about out of the store.
    async fn remove(&mut self, about: About) -> Result<(), BackupError> {
        self.forget(&about);
        match about {
            About::Person(user) => return self.put(Entry::Gone(user)).await,
            About::License(native) => {
                self.flush().await?;
                self.store.check_in(native).await?;
            }
            About::RedirectUrl(url) => {
                self.flush().await?;
                self.store.unregister_redirect(&url).await?;
            }
            // The others go by their time alone.
            About::TakenOver(_) | About::ProviderSession(_) | About::Groups | About::KeyRing | About::UpstreamUntil => {
            }
        }
        Ok(())
    }

    fn forget(&mut self, about: &About) {
        let Some(mirrored) = self.entries.remove(about) else { return };
        if let About::Person(user) = about {
            for mark in mirrored.marks {
                if self.owners.get(&mark) == Some(user) {
                    self.owners.remove(&mark);
                }
            }
        }
    }

    async fn put(&mut self, entry: Entry) -> Result<(), BackupError> {
        self.bytes += encode(&entry).len();
        self.batch.push(entry);
        if self.batch.len() == MAX_RESTORED || self.bytes >= BATCH { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), BackupError> {
        self.bytes = 0;
        let batch = mem::take(&mut self.batch);
        if batch.is_empty() { Ok(()) } else { Ok(self.store.restore(batch).await?) }
    }

    /// What of an entry has not ended when the mirror is compared.
    fn lasting(&self, entry: Entry) -> Option<Entry> {
        Keeping { sessions: true, keys: true, now: self.until }.of(entry)
    }

    fn mark(&self, unique: &Unique) -> u64 {
        self.seed.hash_one(unique)
    }
}

impl About {
    /// `None` if it says of a person that they are no more.
    fn of(entry: &Entry) -> Option<Self> {
        Some(match entry {
            Entry::Person(person) => Self::Person(person.account.id),
            Entry::Gone(_) => return None,
            Entry::TakenOver(digest, _) => Self::TakenOver(*digest),
            Entry::ProviderSession(session, _) => Self::ProviderSession(*session),
            Entry::License(borrow) => Self::License(borrow.native),
            Entry::RedirectUrl(url) => Self::RedirectUrl(url.clone()),
            Entry::Groups(_) => Self::Groups,
            Entry::KeyRing(_) => Self::KeyRing,
            Entry::UpstreamUntil(_) => Self::UpstreamUntil,
        })
    }
}

/// The entry with its lists in an order that does not depend on the kind of store.
fn in_order(mut entry: Entry) -> Entry {
    if let Entry::Person(person) = &mut entry {
        let Person { access, .. } = &mut **person;
        access.sort_unstable_by_key(|(digest, _)| *digest);
    }
    entry
}

fn sum(entry: &Entry) -> Sum {
    let whole = Sha256::digest(encode(entry));
    let mut sum = Sum::default();
    sum.copy_from_slice(&whole[..16]);
    sum
}
