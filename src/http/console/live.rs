//! What happens, for everybody who follows it in a browser: asked of the store once for all of them, and only while
//! somebody does.
//!
//! Of the store, and not of what this process records: so it tells what happened on any server, by commands too, and
//! nothing that is not kept.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Data;
use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval};

use crate::admin::{self, Answer, EventQuery, EventView, Request, execute};
use crate::domain::{Scope, Scopes, TokenDigest};
use crate::http::manage::Management;

/// How often the store is asked, as by `bimgate events --follow`.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How much later than others an event may be written, in milliseconds.
pub(super) const LATE: u64 = 5_000;
/// How many events are told at once, the newest: as many as the page keeps.
pub(super) const AT_ONCE: usize = 200;
/// How many pages follow at once: half of the connections that the listener takes.
const MOST: usize = 8;
/// How many of them in one browser, which opens six connections to one server and needs some for pages.
const MOST_OF_BROWSER: usize = 3;
/// How far behind a reader may be, in rounds.
const ROUNDS: usize = 8;

/// What came since the round before, oldest first; mostly nothing.
pub(super) type Round = Arc<[EventView]>;

/// Those who follow.
pub(super) struct Live {
    rounds: broadcast::Sender<Round>,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    /// By which browsers, each as often as it follows.
    by: Vec<TokenDigest>,
    /// Whether somebody asks the store.
    asked: bool,
}

/// The place of one who follows, free again when dropped.
pub(super) struct Seat {
    live: Arc<Live>,
    browser: TokenDigest,
}

impl Default for Live {
    fn default() -> Self {
        Self { rounds: broadcast::Sender::new(ROUNDS), watched: Mutex::default() }
    }
}

impl Live {
    /// Has the browser of this cookie follow from now on, if there is a place.
    pub(super) fn enter(
        self: &Arc<Self>,
        browser: TokenDigest,
        management: &Data<Management>,
        by: &admin::Operator,
    ) -> Option<(Seat, broadcast::Receiver<Round>)> {
        let mut watched = self.watched();
        let of_browser = watched.by.iter().filter(|known| **known == browser).count();
        if watched.by.len() >= MOST || of_browser >= MOST_OF_BROWSER {
            return None;
        }
        watched.by.push(browser);
        if !std::mem::replace(&mut watched.asked, true) {
            actix_web::rt::spawn(ask(Arc::clone(self), management.clone(), by.clone()));
        }
        Some((Seat { live: Arc::clone(self), browser }, self.rounds.subscribe()))
    }

    /// Whether somebody follows still. If not, nobody asks any more.
    fn goes_on(&self) -> bool {
        let mut watched = self.watched();
        watched.asked = !watched.by.is_empty();
        watched.asked
    }

    /// Never held across an await.
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut watched = self.live.watched();
        if let Some(place) = watched.by.iter().position(|known| *known == self.browser) {
            watched.by.swap_remove(place);
        }
    }
}

/// Asks the store as long as somebody follows.
async fn ask(live: Arc<Live>, management: Data<Management>, by: admin::Operator) {
    let mut newest = management.clock.now().millis();
    let mut told = BTreeSet::new();
    let mut ticks = interval(ASKED_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !live.goes_on() {
            return;
        }
        let found = since(&management, &by, newest.saturating_sub(LATE)).await;
        newest = found.iter().map(|event| event.millis).fold(newest, u64::max);
        let cursors = found.iter().map(|event| event.cursor.clone()).collect();
        let new = found.into_iter().rev().filter(|event| !told.contains(&event.cursor)).collect();
        // What was told longer ago than events may be late is not found again.
        told = cursors;
        // Those who follow look at the clock even if there is nothing new.
        let _nobody_is_left = live.rounds.send(new);
    }
}

/// The newest events since then, newest first; none while the store does not answer.
async fn since(management: &Management, by: &admin::Operator, since: u64) -> Vec<EventView> {
    let query = EventQuery { since: Some(since), newest_first: true, limit: AT_ONCE, ..EventQuery::default() };
    let Management { store, clock, keys, .. } = management;
    match execute(&*store.for_request(), &**clock, keys, by, Scopes::of(&[Scope::Read]), Request::Events(query)).await {
        Ok(Answer::Events { items, .. }) => items,
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::debug!(%error, "events cannot be followed at this moment");
            Vec::new()
        }
    }
}
