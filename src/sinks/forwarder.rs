//! Sends the events of one sink, in order and with patience.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use super::metrics::{Outcome, SinkMetrics, SinkName};
use super::{Sink, SinkError};
use crate::admin::{EventView, told};
use crate::clock::Clock;
use crate::store::{Store, StoredEvent};

/// How many events are sent at once.
const BATCH: usize = 100;
/// How long the last events may take when the server stops.
const LAST: Duration = Duration::from_secs(3);

/// How patient one is with a sink.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// How many events may wait.
    pub(super) queue: usize,
    /// How long to pause before the second try. Each further pause is twice as long.
    pub(super) first: Duration,
    /// The longest pause.
    pub(super) longest: Duration,
    /// How often a batch is tried.
    pub(super) tries: u32,
    /// How old the first event of a batch may be that is tried once more.
    pub(super) age: Duration,
}

/// An hour, in as many tries as fit into it.
pub(super) const PATIENCE: Patience = Patience {
    queue: 8_192,
    first: Duration::from_secs(1),
    longest: Duration::from_secs(300),
    tries: 20,
    age: Duration::from_secs(3_600),
};

/// Takes the events of one sink.
pub(super) struct Feed {
    queue: Sender<Waiting>,
    clock: Arc<dyn Clock>,
    lost: Lost,
}

/// An event that waits, and since when.
struct Waiting {
    since: Duration,
    event: StoredEvent,
}

/// What was not sent since all was well.
#[derive(Clone)]
struct Lost {
    sink: SinkName,
    host: Arc<str>,
    count: Arc<AtomicU64>,
    metrics: SinkMetrics,
}

/// Sends the events of one sink.
pub(super) struct Forwarder {
    sink: Sink,
    queue: Receiver<Waiting>,
    patience: Patience,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    lost: Lost,
    /// Whether the sink took what it was sent last.
    well: bool,
    /// How long to pause after the next failure.
    pause: Duration,
    /// How many events are being sent.
    in_hand: usize,
}

/// Events that are sent together.
struct Batch {
    id: Uuid,
    since: Duration,
    events: Vec<EventView>,
}

impl Feed {
    /// Takes an event. One that has no room is lost.
    pub(super) fn take(&self, event: StoredEvent) {
        let since = self.clock.monotonic();
        if self.queue.try_send(Waiting { since, event }).is_err() {
            self.lost.add(1, "too many events wait for a sink");
        }
    }
}

impl Lost {
    /// Counts events that are not sent. The first ones are logged, with why.
    fn add(&self, events: usize, why: &'static str) {
        let events = events as u64;
        self.metrics.count(self.sink, Outcome::Dropped, events);
        if self.count.fetch_add(events, Ordering::Relaxed) == 0 {
            let (sink, host) = (self.sink.as_str(), &*self.host);
            tracing::warn!(sink, host, why, "events are not sent to a sink; they are kept (bimgate events)");
        }
    }
}

impl Forwarder {
    /// The forwarder of a sink, and what it takes events by.
    pub(super) fn new(
        sink: Sink,
        patience: Patience,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
        metrics: &SinkMetrics,
    ) -> (Feed, Self) {
        let (sender, queue) = mpsc::channel(patience.queue);
        let lost =
            Lost { sink: sink.name(), host: sink.host().into(), count: Arc::default(), metrics: metrics.clone() };
        let feed = Feed { queue: sender, clock: Arc::clone(clock), lost: lost.clone() };
        let forwarder = Self {
            sink,
            queue,
            patience,
            store: Arc::clone(store),
            clock: Arc::clone(clock),
            lost,
            well: true,
            pause: patience.first,
            in_hand: 0,
        };
        (feed, forwarder)
    }

    /// Sends until nothing more comes, and then what waits, as [`super::Sinks::run`] says.
    pub(super) async fn run(mut self, stopped: watch::Receiver<()>) {
        let late = async {
            let _ = stopped.clone().changed().await;
            sleep(LAST).await;
        };
        tokio::select! {
            () = self.send_all(&stopped) => {}
            () = late => {}
        }
        let left = self.in_hand + self.queue.len();
        if left > 0 {
            self.lost.add(left, "the server stops");
        }
        let lost = self.lost.count.load(Ordering::Relaxed);
        if lost > 0 {
            let (sink, host) = (self.lost.sink.as_str(), &*self.lost.host);
            tracing::warn!(sink, host, events = lost, "so many events were not sent before the end");
        }
    }

    async fn send_all(&mut self, stopped: &watch::Receiver<()>) {
        while let Some(batch) = self.next().await {
            self.send(&batch, stopped).await;
            self.in_hand = 0;
        }
        self.sink.close().await;
    }

    /// What has waited longest. `None`: nothing more comes.
    async fn next(&mut self) -> Option<Batch> {
        let Waiting { since, event } = self.queue.recv().await?;
        let mut events = vec![event];
        while events.len() < BATCH
            && let Ok(next) = self.queue.try_recv()
        {
            events.push(next.event);
        }
        self.in_hand = events.len();
        Some(Batch { id: Uuid::new_v4(), since, events: told(&*self.store, &events).await })
    }

    /// Sends a batch until it is taken or given up.
    async fn send(&mut self, batch: &Batch, stopped: &watch::Receiver<()>) {
        for tries in 1.. {
            let error = match self.sink.send(batch.id, self.clock.now(), &batch.events).await {
                Ok(()) => return self.succeeded(batch.events.len()),
                Err(error) => error,
            };
            self.failed(&error);
            let is_old = self.clock.monotonic().saturating_sub(batch.since) > self.patience.age;
            if tries >= self.patience.tries || is_old || stopped.has_changed().is_err() {
                return self.lost.add(batch.events.len(), "a sink has not taken them for long");
            }
            let next = (2 * self.pause).min(self.patience.longest);
            let pause = mem::replace(&mut self.pause, next);
            // A receiver may ask for a longer pause, up to the longest. A shorter one would use up the tries at once.
            let asked = error.retry_after().unwrap_or_default().min(self.patience.longest);
            let pause = pause.max(asked);
            let mut stopped = stopped.clone();
            tokio::select! {
                () = sleep(pause) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    fn succeeded(&mut self, events: usize) {
        self.lost.metrics.count(self.lost.sink, Outcome::Sent, events as u64);
        self.pause = self.patience.first;
        // Not before there is room again, so that a slow sink does not fill the log.
        let has_room = self.queue.len() <= self.patience.queue / 2;
        let was_well = mem::replace(&mut self.well, true);
        let lost = if has_room { self.lost.count.swap(0, Ordering::Relaxed) } else { 0 };
        if !was_well || lost > 0 {
            let (sink, host) = (self.lost.sink.as_str(), &*self.lost.host);
            tracing::info!(sink, host, lost, "events are sent to a sink again");
        }
    }

    fn failed(&mut self, error: &SinkError) {
        self.lost.metrics.count_failure(self.lost.sink);
        if mem::take(&mut self.well) {
            let (sink, host) = (self.lost.sink.as_str(), &*self.lost.host);
            tracing::warn!(sink, host, %error, "events cannot be sent to a sink; they wait");
        }
    }
}
