//! Writes events in the background.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::chain::{HeadKey, Link, stored};
use super::recorder::{Draft, Recorder};
use super::tally::{self, Tally};
use super::trim::{ends, plan};
use crate::clock::Clock;
use crate::domain::event::Lane;
use crate::domain::{Chain, Event, Timestamp, What};
use crate::settings::{ClientAddress, EventSettings, Settings};
use crate::store::{NewEvent, Result, Store, StoredEvent};

/// How many events may wait for the writer. One more is lost, and counted.
const QUEUE: usize = 8_192;
/// How many events are written at once.
const BATCH: usize = 512;
/// How often what has gathered is written.
const WRITE_EVERY: Duration = Duration::from_millis(500);
/// How often a head is sealed.
const HEAD_EVERY: Duration = Duration::from_secs(3_600);
/// How often old events are removed.
const TRIM_EVERY: Duration = Duration::from_secs(600);
/// In how many rounds old events are removed at once.
const TRIMS: usize = 40;
/// How many accounts are looked up at once.
const LOOKED_UP_AT_ONCE: usize = 16;
/// How many chains a head names.
const NAMED: usize = 64;
/// How long the last events may take when the server stops.
const LAST: Duration = Duration::from_secs(3);

/// Writes events to the chains of this process.
pub struct Writer {
    queue: Receiver<Draft>,
    lost: Arc<AtomicU64>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    key: HeadKey,
    settings: EventSettings,
    /// Of each lane the end of its chain, and the events that are to be appended.
    lanes: [(Link, Vec<Event>); 2],
    tally: Tally,
    /// When, by the clock that never jumps, the next head is due, and the next trimming.
    head_due: Duration,
    trim_due: Duration,
    /// Whether the store took the last events.
    well: bool,
    /// What each event is handed to that the store has taken.
    told: Option<Tell>,
}

/// Takes an event; does not wait.
type Tell = Box<dyn Fn(StoredEvent) + Send>;

impl Writer {
    /// The writer and its recorder. The first event is that a server started.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, key: HeadKey, settings: &Settings) -> (Self, Recorder) {
        let address = settings.log.client_address;
        let (mut writer, recorder) = Self::with_queue(QUEUE, store, clock, key, settings.events.clone(), address);
        let version = env!("CARGO_PKG_VERSION").into();
        // No secret has a representation, so that this is of none.
        let digest = super::hash_of(format!("{settings:?}").as_bytes());
        let settings = super::hex(&digest[..8]).into();
        writer.push(Event::new(writer.clock.now(), What::Started { version, settings }));
        (writer, recorder)
    }

    pub(super) fn with_queue(
        queue: usize,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        key: HeadKey,
        settings: EventSettings,
        address: ClientAddress,
    ) -> (Self, Recorder) {
        let (sender, receiver) = mpsc::channel(queue);
        let lost = Arc::new(AtomicU64::new(0));
        let recorder = Recorder { queue: sender, lost: Arc::clone(&lost), clock: Arc::clone(&clock), address };
        let started = clock.now();
        let process = uuid::Uuid::new_v4().as_fields().0;
        let lane = |lane| (Link::new(Chain { started, process, lane }), Vec::new());
        let writer = Self {
            queue: receiver,
            lost,
            store,
            key,
            settings,
            lanes: [lane(Lane::Acts), lane(Lane::Refusals)],
            tally: Tally::default(),
            head_due: clock.monotonic() + HEAD_EVERY,
            trim_due: clock.monotonic(),
            well: true,
            told: None,
            clock,
        };
        (writer, recorder)
    }

    /// Hands each event to `told` once the store has it, in the order of its chain. `told` must not wait.
    pub fn tell(&mut self, told: impl Fn(StoredEvent) + Send + 'static) {
        self.told = Some(Box::new(told));
    }

    /// Writes until `stop` is ready, then what still waits, and that the server stopped.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut ticks = interval(WRITE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                _ = ticks.tick() => self.turn().await,
            }
        }
        if timeout(LAST, self.finish()).await.is_err() {
            tracing::warn!("the last events could not be written before the end");
        }
    }

    /// Writes all that waits, if the store takes it, and does what is due.
    pub(super) async fn turn(&mut self) {
        let now = self.clock.now();
        // While the store is away, counts go on together.
        let counted = if self.room() > 0 { self.tally.take_ended(now) } else { Vec::new() };
        for event in counted {
            self.push(event);
        }
        self.write_all().await;
        let ran = self.clock.monotonic();
        if self.well && ran >= self.trim_due {
            self.trim_due = ran + TRIM_EVERY;
            if let Err(error) = self.trim(now).await {
                tracing::warn!(%error, "old events could not be removed");
            }
        }
        if self.well && ran >= self.head_due {
            self.head_due = ran + HEAD_EVERY;
            self.push_head().await;
        }
        self.write_all().await;
    }

    /// Removes old events, after others tell of it.
    async fn trim(&mut self, now: Timestamp) -> Result<()> {
        for lane in [Lane::Acts, Lane::Refusals] {
            for _ in 0..TRIMS {
                let ends = plan(&*self.store, &self.settings, lane, now).await?;
                for (_, end) in &ends {
                    // Beside what it proves, and beside the heads that name the chain.
                    self.lanes[usize::from(lane == Lane::Refusals)].1.push(Event::new(now, What::Trimmed(*end)));
                    if lane == Lane::Refusals {
                        self.push(Event::new(now, What::Trimmed(*end)));
                    }
                }
                self.write_all().await;
                if ends.is_empty() || !self.well {
                    break;
                }
                for (place, _) in ends {
                    self.store.trim_events(place).await?;
                }
            }
        }
        Ok(())
    }

    async fn finish(&mut self) {
        // Also what is counted of the last moments.
        self.write_all().await;
        for event in self.tally.take() {
            self.push(event);
        }
        self.write_all().await;
        self.push_head().await;
        self.push(Event::new(self.clock.now(), What::Stopped));
        self.write_all().await;
    }

    /// A head that names where all chains stand.
    async fn push_head(&mut self) {
        let own = self.lanes[0].0.end.chain;
        match self.store.event_chains().await {
            Ok(chains) => {
                let others = ends(chains, own, NAMED);
                self.push(Event::new(self.clock.now(), What::Head { others, seal: [0; 32] }));
            }
            Err(error) => tracing::warn!(%error, "no head of the events could be sealed"),
        }
    }

    /// Gathers and appends until nothing waits, or the store does not take it.
    async fn write_all(&mut self) {
        loop {
            self.gather().await;
            if self.lanes.iter().all(|(_, waiting)| waiting.is_empty()) || !self.append().await {
                return;
            }
        }
    }

    /// Takes events from the queue, as many as there is room for, and finds out whom they concern.
    async fn gather(&mut self) {
        if self.room() == 0 {
            return;
        }
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            self.push(Event::new(self.clock.now(), What::Gap { lost }));
        }
        let (room, mut drafts) = (self.room(), Vec::new());
        while drafts.len() < room
            && let Ok(draft) = self.queue.try_recv()
        {
            drafts.push(draft);
        }
        let store = Arc::clone(&self.store);
        let events = stream::iter(drafts).map(|draft| {
            let store = Arc::clone(&store);
            async move { resolved(&*store, draft).await }
        });
        let events: Vec<_> = events.buffered(LOOKED_UP_AT_ONCE).collect().await;
        for event in events {
            if tally::is_counted(&event) {
                self.tally.count(event);
            } else {
                self.push(event);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.lanes.iter().map(|(_, waiting)| waiting.len()).sum()
    }

    /// How many events may be taken besides those that the store has not taken yet.
    fn room(&self) -> usize {
        BATCH.saturating_sub(self.lanes.iter().map(|(_, waiting)| waiting.len()).sum())
    }

    fn push(&mut self, event: Event) {
        let lane = usize::from(event.lane() == Lane::Refusals);
        self.lanes[lane].1.push(event);
    }

    /// Appends what waits in each lane. False if the store did not take it all; what it did not take still waits.
    async fn append(&mut self) -> bool {
        for (link, waiting) in &mut self.lanes {
            if waiting.is_empty() {
                continue;
            }
            let (entries, next) = link.append(Some(&self.key), waiting);
            match self.store.append_events(link.end.chain, link.end.number, &entries).await {
                Ok(true) => {
                    log_heads(waiting, &entries, link);
                    waiting.clear();
                    if let Some(told) = &self.told {
                        stored(link.end, entries).for_each(told);
                    }
                    *link = next;
                    self.well = true;
                }
                Ok(false) => {
                    // Somebody else wrote to it, or it went back with the store to how it was before.
                    let chain = Chain {
                        started: self.clock.now(),
                        process: uuid::Uuid::new_v4().as_fields().0,
                        ..link.end.chain
                    };
                    tracing::warn!(was = %link.end.chain, is = %chain, "the chain of events was changed by another; another begins");
                    *link = Link::new(chain);
                    return false;
                }
                Err(error) => {
                    if mem::take(&mut self.well) {
                        tracing::warn!(%error, "events cannot be written; they wait until the store takes them");
                    }
                    return false;
                }
            }
        }
        true
    }
}

/// Whom an event concerns, if that is known by an address alone. If the store does not say, nobody.
async fn resolved(store: &dyn Store, Draft { mut event, who }: Draft) -> Event {
    if let Some(email) = who
        && let Ok(Some(account)) = store.account_by_email(&email).await
    {
        event.user = Some(account.id);
    }
    event
}

/// Logs the heads among these, so that a copy elsewhere proves what was before them.
fn log_heads(events: &[Event], entries: &[NewEvent], link: &Link) {
    for (number, (event, new)) in (link.end.number + 1..).zip(events.iter().zip(entries)) {
        if let What::Head { others, .. } = &event.what {
            let hash = super::hex(&super::hash_of(&new.entry));
            tracing::info!(chain = %link.end.chain, number, hash, others = others.len(), "head of the events");
        }
    }
}
