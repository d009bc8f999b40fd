//! Sinks: where events are sent besides the store, as `bimgate events --json` prints them.
//!
//! The writer of events hands each one over once the store has it, and never waits: each sink has a queue of its own,
//! bounded, and a [`forwarder`] that sends what waits, in order, and again while it is not taken. What it
//! gives up is counted and logged, and is still in the store. Nobody who logs in waits for any of it.

mod forwarder;
mod metrics;
mod syslog;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch::{Receiver, channel};
use uuid::Uuid;

use crate::admin::EventView;
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::settings::EventSettings;
use crate::store::{Store, StoredEvent};
use forwarder::{Feed, Forwarder, PATIENCE};
pub use metrics::SinkMetrics;
use metrics::SinkName;
pub use syslog::Syslog;
pub use webhook::Webhook;

/// Everything that events are sent to.
pub struct Sinks {
    forwarders: Vec<Forwarder>,
    feeds: Vec<Feed>,
    metrics: SinkMetrics,
}

/// One of them.
enum Sink {
    /// In a box, since the state of its HMAC is large.
    Webhook(Box<Webhook>),
    Syslog(Syslog),
}

/// Why a sink cannot be used, or did not take something. Quotes nothing that was sent.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The settings do not do.
    #[error("{0}")]
    Settings(String),
    /// It cannot be reached, is not the one it should be, or hung up.
    #[error("{0}")]
    Unreachable(String),
    /// The receiver answered with a status that is no success.
    #[error("it answers with the HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
        /// When to come back, if it says.
        retry_after: Option<Duration>,
    },
}

impl SinkError {
    /// When to come back, if the receiver says.
    const fn retry_after(&self) -> Option<Duration> {
        if let Self::Status { retry_after, .. } = self { *retry_after } else { None }
    }
}

impl Sinks {
    /// Those that the settings name; `None`: there is none. Does not connect, since they may not be there yet.
    ///
    /// # Errors
    /// [`SinkError::Settings`].
    pub fn new(
        settings: &EventSettings,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Option<Self>, SinkError> {
        let webhook = Webhook::new(&settings.webhook)?;
        let syslog = Syslog::new(&settings.syslog)?;
        let sinks: Vec<_> =
            webhook.map(Box::new).map(Sink::Webhook).into_iter().chain(syslog.map(Sink::Syslog)).collect();
        if sinks.is_empty() {
            return Ok(None);
        }
        let metrics = SinkMetrics::default();
        let (feeds, forwarders) =
            sinks.into_iter().map(|sink| Forwarder::new(sink, PATIENCE, store, clock, &metrics)).unzip();
        Ok(Some(Self { forwarders, feeds, metrics }))
    }

    /// What is counted of them.
    #[must_use]
    pub const fn metrics(&self) -> &SinkMetrics {
        &self.metrics
    }

    /// What takes each event: it never waits. Once it is dropped, nothing more comes.
    pub fn feed(&mut self) -> impl Fn(StoredEvent) + Send + 'static + use<> {
        let feeds = std::mem::take(&mut self.feeds);
        move |event| feeds.iter().for_each(|feed| feed.take(event.clone()))
    }

    /// Sends what comes until there is nothing more to come, and then what waits: for some seconds after the other end
    /// of `stopped` is dropped, and with no more than one try for each batch.
    pub async fn run(self, stopped: Receiver<()>) {
        join_all(self.forwarders.into_iter().map(|forwarder| forwarder.run(stopped.clone()))).await;
    }

    /// Sends these, and nothing more: with one try for each batch, and for some seconds at the most.
    pub async fn send_once(mut self, events: Vec<StoredEvent>) {
        events.into_iter().for_each(self.feed());
        let (_, stopped) = channel(());
        self.run(stopped).await;
    }
}

impl Sink {
    const fn name(&self) -> SinkName {
        match self {
            Self::Webhook(_) => SinkName::Webhook,
            Self::Syslog(_) => SinkName::Syslog,
        }
    }

    fn host(&self) -> &str {
        match self {
            Self::Webhook(webhook) => webhook.host(),
            Self::Syslog(syslog) => syslog.host(),
        }
    }

    /// Sends events, within a deadline. `id` is the same each time that these are sent, `at` is when that is.
    async fn send(&mut self, id: Uuid, at: Timestamp, events: &[EventView]) -> Result<(), SinkError> {
        match self {
            Self::Webhook(webhook) => webhook.send(id, at, events).await,
            Self::Syslog(syslog) => syslog.send(events).await,
        }
    }

    /// Nothing more is sent.
    async fn close(&mut self) {
        match self {
            Self::Webhook(_) => {}
            Self::Syslog(syslog) => syslog.close().await,
        }
    }
}
