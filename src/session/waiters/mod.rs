//! The native clients that wait for their logins, one list a process. A decision wakes a client, whichever server made
//! it.
//!
//! Anybody may wait with any token, so the places are bounded, also for each network. If all are taken, a client whose
//! login has begun displaces the oldest one whose login has not.

use std::collections::{BTreeSet, HashMap};
use std::iter::once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::domain::{Network, TokenDigest};
use crate::error::Full;
use crate::store::Store;

/// When decisions may have been missed, all clients ask the store again: so many at once, so often.
const WOKEN_AT_ONCE: usize = 100;
const WOKEN_EVERY: Duration = Duration::from_millis(20);

/// The native clients by the login they wait for.
pub struct Waiters {
    limits: WaiterLimits,
    stopping: AtomicBool,
    seats: Mutex<Seats>,
}

/// How many native clients may wait.
#[derive(Clone, Copy, Debug)]
pub struct WaiterLimits {
    /// In all.
    pub total: usize,
    /// From one network, an IPv6 /56 or /48 as well.
    pub per_network: usize,
    /// How long a login may take, and so how long one that has begun is remembered.
    pub login: Duration,
}

/// Whether the login that a client waits for has begun. The order decides who is displaced first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    NotBegun,
    Begun,
}

#[derive(Default)]
struct Seats {
    next: u64,
    taken: HashMap<u64, Waiter>,
    by_token: HashMap<TokenDigest, Token>,
    /// The seats of each network and of each wider one around it, and of all (`None`): the next to be displaced is
    /// first.
    groups: HashMap<Option<Network>, BTreeSet<(Progress, u64)>>,
    begun: BegunTokens,
}

struct Waiter {
    native: TokenDigest,
    network: Network,
}

/// All requests that wait for one login: a client may ask again before its first request has ended.
struct Token {
    progress: Progress,
    seats: BTreeSet<u64>,
    bell: Arc<Notify>,
}

/// The place of a waiting client, free again when dropped.
pub(super) struct WaitGuard<'a> {
    waiting: &'a Waiters,
    id: u64,
    bell: Arc<Notify>,
}

impl Waiters {
    /// Places for so many.
    #[must_use]
    pub fn new(limits: WaiterLimits) -> Self {
        Self { limits, stopping: AtomicBool::new(false), seats: Mutex::default() }
    }

    /// Takes a place; if none is free, that of a client whose login has not begun.
    ///
    /// # Errors
    /// [`Full`].
    pub(super) fn enter(&self, native: TokenDigest, network: Network) -> Result<WaitGuard<'_>, Full> {
        let mut seats = self.seats();
        let progress = seats.progress(native);
        // A place in the first full group is also one in the wider groups around it.
        let full = groups_of(network).find(|group| seats.count(*group) >= self.limit(*group));
        if let Some(group) = full {
            let full = if group.is_some() { Full::Network } else { Full::Server };
            let first = seats.groups.get(&group).and_then(BTreeSet::first).copied();
            let (_, displaced) = first.filter(|(theirs, _)| *theirs < progress).ok_or(full)?;
            if let Some(bell) = seats.leave(displaced) {
                bell.notify_waiters();
            }
        }
        let id = seats.next;
        seats.next += 1;
        seats.taken.insert(id, Waiter { native, network });
        for group in groups_of(network) {
            seats.groups.entry(group).or_default().insert((progress, id));
        }
        let token = seats.by_token.entry(native).or_insert_with(|| Token {
            progress,
            seats: BTreeSet::new(),
            bell: Arc::default(),
        });
        token.seats.insert(id);
        Ok(WaitGuard { waiting: self, id, bell: Arc::clone(&token.bell) })
    }

    /// Notes that the login of this token has begun: clients that wait for it, now or later, take precedence.
    pub(crate) fn begun(&self, native: TokenDigest) {
        let mut seats = self.seats();
        seats.begun.note(native, Instant::now() + self.limits.login);
        seats.advance(native);
    }

    const fn limit(&self, group: Option<Network>) -> usize {
        if group.is_some() { self.limits.per_network } else { self.limits.total }
    }

    /// How many wait.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.seats().taken.len()
    }

    /// Ends every wait, now and from now on: the next server can answer as well.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for bell in self.bells() {
            bell.notify_waiters();
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Wakes the clients whose login is decided, on any server of the store, until dropped.
    pub async fn listen(&self, store: Arc<dyn Store>) {
        let mut decisions = store.decisions();
        let mut ticks = interval(WOKEN_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Clients that must ask because decisions may have been missed.
        let mut behind = Vec::new();
        loop {
            tokio::select! {
                decision = decisions.next() => match decision {
                    Some(Some(native)) => self.wake(native),
                    Some(None) => behind = self.bells(),
                    None => return,
                },
                _ = ticks.tick(), if !behind.is_empty() => {
                    for bell in behind.drain(behind.len().saturating_sub(WOKEN_AT_ONCE)..) {
                        bell.notify_waiters();
                    }
                }
            }
        }
    }

    fn wake(&self, native: TokenDigest) {
        let bell = self.seats().by_token.get(&native).map(|token| Arc::clone(&token.bell));
        if let Some(bell) = bell {
            bell.notify_waiters();
        }
    }

    fn bells(&self) -> Vec<Arc<Notify>> {
        self.seats().by_token.values().map(|token| Arc::clone(&token.bell)).collect()
    }

    /// Held for a few instructions only, in which nothing can panic.
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a seat counts for, from narrow to wide.
fn groups_of(network: Network) -> impl Iterator<Item = Option<Network>> {
    network.levels().map(Some).chain(once(None))
}

impl Seats {
    fn count(&self, group: Option<Network>) -> usize {
        self.groups.get(&group).map_or(0, BTreeSet::len)
    }

    fn progress(&self, native: TokenDigest) -> Progress {
        let waits = self.by_token.get(&native).map_or(Progress::NotBegun, |token| token.progress);
        if self.begun.has(native, Instant::now()) { Progress::Begun } else { waits }
    }

    /// Gives precedence to all that wait with this token.
    fn advance(&mut self, native: TokenDigest) {
        let Some(token) = self.by_token.get_mut(&native).filter(|token| token.progress == Progress::NotBegun) else {
            return;
        };
        token.progress = Progress::Begun;
        for id in &token.seats {
            let Some(seat) = self.taken.get(id) else { continue };
            for group in groups_of(seat.network) {
                if let Some(seats) = self.groups.get_mut(&group) {
                    seats.remove(&(Progress::NotBegun, *id));
                    seats.insert((Progress::Begun, *id));
                }
            }
        }
    }

    /// Frees a seat; the bell of who sat there. Nothing if it is free already.
    fn leave(&mut self, id: u64) -> Option<Arc<Notify>> {
        let seat = self.taken.remove(&id)?;
        let token = self.by_token.get_mut(&seat.native)?;
        token.seats.remove(&id);
        let (progress, bell) = (token.progress, Arc::clone(&token.bell));
        if token.seats.is_empty() {
            self.by_token.remove(&seat.native);
        }
        for group in groups_of(seat.network) {
            if let Some(seats) = self.groups.get_mut(&group) {
                seats.remove(&(progress, id));
                if seats.is_empty() {
                    self.groups.remove(&group);
                }
            }
        }
        Some(bell)
    }
}

impl WaitGuard<'_> {
    /// Ready when the login is decided or the place was taken by another client, from this call on.
    pub(super) fn woken(&self) -> Notified<'_> {
        self.bell.notified()
    }

    /// Whether another client has the place now.
    pub(super) fn is_lost(&self) -> bool {
        !self.waiting.seats().taken.contains_key(&self.id)
    }
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.waiting.seats().leave(self.id);
    }
}

/// The tokens whose logins began on this server, and until when to remember that. Fixed-size table of 65,536 places,
/// some 4 MB, since unauthenticated callers choose the token.
///
/// Collisions overwrite, so a flood of logins removes other tokens. That costs a client only its precedence, and only
/// until its person is proven: then the store knows of the login, on every server.
#[derive(Default)]
struct BegunTokens(HashMap<[u8; 2], (TokenDigest, Instant)>);

impl BegunTokens {
    fn note(&mut self, native: TokenDigest, until: Instant) {
        self.0.insert(Self::place(native), (native, until));
    }

    fn has(&self, native: TokenDigest, now: Instant) -> bool {
        self.0.get(&Self::place(native)).is_some_and(|(whose, until)| *whose == native && *until > now)
    }

    fn place(native: TokenDigest) -> [u8; 2] {
        let [one, two, ..] = native.0;
        [one, two]
    }
}

#[cfg(test)]
mod tests;
