//! Traces sent to a collector of OpenTelemetry, by OTLP over HTTP.
//!
//! Whoever ends a span never waits: it goes into a queue, which is bounded, and from there in batches to the collector. What
//! the collector does not take for long, and what has no room, is counted and lost.
//!
//! The messages are written here, by `prost`: the crates of OpenTelemetry bring a thread with a runtime and a blocking client
//! of its own, and count what they drop nowhere.

mod collector;
mod hours;
mod message;
mod metrics;

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use tokio::sync::mpsc;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use crate::clock::Clock;
use crate::settings::TracingSettings;
use crate::telemetry::{Span, Tracer};
pub use collector::{Collector, CollectorError};
use hours::Hours;
use message::Request;
use metrics::Outcome;
pub use metrics::SpanMetrics;

/// How many spans may wait: a few megabytes.
const QUEUE: usize = 4_096;
/// How many are sent at once.
const BATCH: usize = 512;
/// How long a span waits for others to be sent with.
const DELAY: Duration = Duration::from_secs(1);
/// How often a batch is sent.
const TRIES: u32 = 5;
/// How long to pause before the second try. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause, whatever the collector asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long the last spans may take when the server stops.
const LAST: Duration = Duration::from_secs(3);

/// Sends spans.
pub struct Exporter {
    collector: Collector,
    queue: mpsc::Receiver<Span>,
    clock: Arc<dyn Clock>,
    hours: Hours,
    /// Which process sends them.
    instance: String,
    metrics: SpanMetrics,
    /// What is sent next.
    batch: Vec<Span>,
    /// Whether the collector took what it was sent last.
    well: bool,
}

impl Exporter {
    /// What sends spans to the collector that the settings name, and what takes them; `None`: they name none. Does not
    /// connect. `clock` is the machine's, as for all others whose spans the collector gets.
    ///
    /// # Errors
    /// [`CollectorError::Settings`].
    pub fn new(settings: &TracingSettings, clock: Arc<dyn Clock>) -> Result<Option<(Self, Tracer)>, CollectorError> {
        let Some(collector) = Collector::new(settings)? else { return Ok(None) };
        let metrics = SpanMetrics::default();
        let (tracer, queue) = Tracer::new(settings.one_in, QUEUE, metrics.dropped());
        let (hours, instance) = (Hours::of(&*clock), Uuid::new_v4().to_string());
        let exporter = Self { collector, queue, clock, hours, instance, metrics, batch: Vec::new(), well: true };
        Ok(Some((exporter, tracer)))
    }

    /// What is counted of them.
    #[must_use]
    pub const fn metrics(&self) -> &SpanMetrics {
        &self.metrics
    }

    /// Sends what comes until the other end of `stopped` is dropped, and then what waits: for some seconds, and with no
    /// more than one try for each batch.
    pub async fn run(mut self, stopped: Receiver<()>) {
        let late = async {
            let _ = stopped.clone().changed().await;
            sleep(LAST).await;
        };
        tokio::select! {
            () = self.send_all(stopped.clone()) => {}
            () = late => {}
        }
        let left = self.batch.len() + self.queue.len();
        if left > 0 {
            self.drop_spans(left);
            tracing::warn!(host = self.collector.host(), spans = left, "so many spans were not sent before the end");
        }
    }

    async fn send_all(&mut self, mut stopped: Receiver<()>) {
        loop {
            let stops = tokio::select! {
                () = self.gather() => self.batch.is_empty(),
                _ = stopped.changed() => true,
            };
            if stops {
                break;
            }
            self.send(&mut stopped).await;
            self.batch.clear();
        }
        self.queue.close();
        loop {
            self.gather().await;
            if self.batch.is_empty() {
                return;
            }
            self.send(&mut stopped).await;
            self.batch.clear();
        }
    }

    /// Fills the batch, with what waits if nothing more comes. It stays empty if nothing waits either.
    async fn gather(&mut self) {
        if self.batch.is_empty() {
            self.queue.recv_many(&mut self.batch, BATCH).await;
        }
        let until = Instant::now() + DELAY;
        while self.batch.len() < BATCH && !self.queue.is_closed() {
            let room = BATCH - self.batch.len();
            if timeout_at(until, self.queue.recv_many(&mut self.batch, room)).await.is_err() {
                break;
            }
        }
    }

    /// Sends the batch until it is taken or given up.
    async fn send(&mut self, stopped: &mut Receiver<()>) {
        self.hours.follow(&*self.clock);
        let request = Request::of(&self.batch, &self.instance, &self.hours).encode_to_vec();
        let mut pause = FIRST_PAUSE;
        for tries in 1.. {
            let error = match self.collector.send(request.clone()).await {
                Ok(refused) => return self.succeeded(refused),
                Err(error) => error,
            };
            self.failed(&error);
            if tries >= TRIES || !error.may_pass() || stopped.has_changed().is_err() {
                return self.drop_spans(self.batch.len());
            }
            // A collector may ask for a longer pause. A shorter one would use up the tries at once.
            let asked = error.retry_after().unwrap_or_default().min(LONGEST_PAUSE);
            tokio::select! {
                () = sleep(pause.max(asked)) => {}
                _ = stopped.changed() => {}
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    fn succeeded(&mut self, refused: u64) {
        let spans = self.batch.len() as u64;
        let refused = refused.min(spans);
        self.metrics.count(Outcome::Sent, spans - refused);
        self.metrics.count(Outcome::Dropped, refused);
        if !mem::replace(&mut self.well, true) {
            tracing::info!(host = self.collector.host(), "spans are sent to the collector again");
        }
    }

    fn failed(&mut self, error: &CollectorError) {
        self.metrics.count_failure();
        if mem::take(&mut self.well) {
            tracing::warn!(host = self.collector.host(), %error, "spans cannot be sent to the collector; they wait, or are lost");
        }
    }

    fn drop_spans(&self, spans: usize) {
        self.metrics.count(Outcome::Dropped, spans as u64);
    }
}
