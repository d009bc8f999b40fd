//! What the logins of the last seven days came to, counted from the events that are kept.
//!
//! They are counted once, and from then on those that have come since: so whoever asks often costs little, however many
//! events are kept. What is counted is true of all servers of the store, and survives a restart.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::event::{ChainEntry, Login, LoginWay, Opening, Outcome};
use crate::domain::{AuthMethod, Event, Timestamp, What};
use crate::store::codec::decode;
use crate::store::{EventPlace, EventSearch, Result, Store, StoredEvent};

/// How many days are counted; today, by UTC, is the last.
pub const DAYS: usize = 7;
/// A day, in milliseconds.
const DAY: u64 = 86_400_000;
/// How many events are read at once.
const READ_AT_ONCE: usize = 1_000;
/// How much later than others an event may be written, in milliseconds: what is younger is not counted yet.
const LATE: u64 = 5_000;
/// How far behind the count may be and still be called whole, in milliseconds.
const BEHIND: u64 = 60_000;
/// How many reasons are told apart in a day. There are fewer.
const REASONS: usize = 128;

/// Counts the logins of the last days.
#[derive(Default)]
pub struct Week {
    counted: Mutex<Counted>,
    /// Held by the one who counts.
    counting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Counted {
    /// By the number of the day since 1970.
    days: BTreeMap<u64, Day>,
    /// The last event that was counted.
    after: Option<EventPlace>,
    /// Up to when all events are counted, in milliseconds since the epoch.
    until: u64,
}

/// What the logins of some time came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// By [`LoginWay`] and [`Outcome`]. One through a browser succeeds when its session opens.
    pub logins: [[u64; Outcome::ALL.len()]; LoginWay::ALL.len()],
    /// Those that came to nothing, by the outcome's name and the reason, which is empty if none was told.
    pub refusals: BTreeMap<(&'static str, Box<str>), u64>,
}

/// What the logins of the last days came to.
#[derive(Clone, Debug)]
pub struct ToldWeek {
    /// When each day begins, and what its logins came to, oldest first.
    pub days: [(Timestamp, Day); DAYS],
    /// Up to when they are counted, if that is not now.
    pub counted_until: Option<Timestamp>,
}

impl Week {
    /// Counts the events that nobody has counted yet, unless somebody does so already.
    ///
    /// # Errors
    /// The store's. What was counted before stays.
    pub async fn follow(&self, store: &dyn Store, now: Timestamp) -> Result<()> {
        let Ok(_counting) = self.counting.try_lock() else { return Ok(()) };
        let since = Timestamp::from_millis(first_day(now) * DAY);
        let settled = now.millis().saturating_sub(LATE);
        loop {
            let after = self.counted().after.filter(|after| after.at >= since).map(EventPlace::to_text);
            let search = EventSearch { since: Some(since), after, limit: READ_AT_ONCE, ..EventSearch::default() };
            let page = store.list_events(&search).await?;
            let ready = page.items.iter().take_while(|stored| stored.place.at.millis() <= settled);
            let ready: Vec<_> = ready.collect();
            self.counted().count(&ready);
            if ready.len() < page.items.len() || page.next.is_none() {
                self.counted().until = settled;
                return Ok(());
            }
            // Some stores answer without waiting, and others want to run as well.
            tokio::task::yield_now().await;
        }
    }

    /// What is counted.
    #[must_use]
    pub fn told(&self, now: Timestamp) -> ToldWeek {
        let (first, mut counted) = (first_day(now), self.counted());
        counted.days.retain(|day, _| *day >= first);
        let days = std::array::from_fn(|place| {
            let day = first + place as u64;
            (Timestamp::from_millis(day * DAY), counted.days.get(&day).cloned().unwrap_or_default())
        });
        let until = counted.until.max(first * DAY);
        let whole = until + BEHIND >= now.millis();
        ToldWeek { days, counted_until: (!whole).then_some(Timestamp::from_millis(until)) }
    }

    /// Never held across an await.
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn first_day(now: Timestamp) -> u64 {
    (now.millis() / DAY).saturating_sub(DAYS as u64 - 1)
}

impl Counted {
    fn count(&mut self, events: &[&StoredEvent]) {
        for stored in events {
            self.count_one(stored);
        }
    }

    fn count_one(&mut self, stored: &StoredEvent) {
        self.after = Some(stored.place);
        self.until = stored.place.at.millis();
        // What a later release tells is not counted.
        let entry = decode::<ChainEntry>(&stored.entry);
        let event = entry.ok().and_then(|entry| decode::<Event>(&entry.event).ok());
        let what = event.map(|event| event.what);
        let day = self.days.entry(stored.place.at.millis() / DAY);
        match what {
            Some(What::Login(login)) => day.or_default().login(login),
            Some(What::SessionOpened(opening)) => day.or_default().opened(&opening),
            _ => {}
        }
    }
}

impl Day {
    fn login(&mut self, login: Login) {
        let Login { way, outcome, reason, times } = login;
        let of_browser = matches!(way, LoginWay::Page | LoginWay::Provider | LoginWay::Browser);
        if outcome == Outcome::Success && of_browser {
            // Perhaps a step of several.
            return;
        }
        self.logins[way as usize][outcome as usize] += u64::from(times);
        if outcome != Outcome::Success {
            let key = (outcome.as_str(), reason.unwrap_or_default());
            if self.refusals.len() < REASONS || self.refusals.contains_key(&key) {
                *self.refusals.entry(key).or_default() += u64::from(times);
            }
        }
    }

    fn opened(&mut self, opening: &Opening) {
        if !opening.directory {
            return;
        }
        let way = match opening.how {
            AuthMethod::Oidc => LoginWay::Provider,
            AuthMethod::SingleSignOn => LoginWay::Browser,
            AuthMethod::Upstream => LoginWay::OldService,
            AuthMethod::Password | AuthMethod::RememberMe | AuthMethod::Cross => LoginWay::Page,
        };
        self.logins[way as usize][Outcome::Success as usize] += 1;
    }

    /// How many succeeded, and how many did not.
    #[must_use]
    pub fn parts(&self) -> (u64, u64) {
        let good = self.logins.iter().map(|way| way[Outcome::Success as usize]).sum();
        (good, self.logins.iter().flatten().sum::<u64>() - good)
    }

    /// Adds what another day came to.
    pub fn add(&mut self, other: &Self) {
        for (sum, count) in self.logins.iter_mut().flatten().zip(other.logins.iter().flatten()) {
            *sum += count;
        }
        for (key, count) in &other.refusals {
            *self.refusals.entry(key.clone()).or_default() += count;
        }
    }
}
