//! What is bounded: how many events wait, how often they are tried, how old they get.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, socket};
use tokio::sync::watch;

use super::forwarder::{Feed, Forwarder, PATIENCE, Patience};
use super::metrics::{SinkMetrics, SinkName};
use super::{Sink, Webhook};
use crate::clock::{Clock, ManualClock, SystemClock};
use crate::domain::{Chain, Timestamp};
use crate::settings::{Settings, Sources};
use crate::store::embedded::EmbeddedStore;
use crate::store::{EventPlace, Store, StoredEvent};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const HASTY: Patience = Patience { first: Duration::from_millis(1), longest: Duration::from_millis(2), ..PATIENCE };

/// A sink whose receiver is gone.
struct Place {
    clock: Arc<ManualClock>,
    metrics: SinkMetrics,
    feed: Feed,
    forwarder: Forwarder,
    /// Nobody else can listen there.
    _port: OwnedFd,
}

impl Place {
    fn new(patience: Patience) -> Result<Self, Box<dyn std::error::Error>> {
        let port = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        bind(&port, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
        Self::at(port, patience)
    }

    /// As [`Self::new`], with a receiver on `port`.
    fn at(port: OwnedFd, patience: Patience) -> Result<Self, Box<dyn std::error::Error>> {
        let address = std::net::TcpListener::from(port.try_clone()?).local_addr()?;
        let set = |name: &str, value: String| (format!("BIMGATE__EVENTS__WEBHOOK__{name}").into(), value.into());
        let environment = vec![
            set("URL", format!("http://{address}/")),
            set("SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned()),
        ];
        let settings = Settings::load(&Sources { file: None, environment })?;
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
        let store: Arc<dyn Store> = Arc::new(EmbeddedStore::throw_away(clock.clone(), Duration::from_secs(10))?);
        let metrics = SinkMetrics::default();
        let sink = Webhook::new(&settings.events.webhook)?.ok_or("no webhook")?;
        let ticks: Arc<dyn Clock> = clock.clone();
        let (feed, forwarder) = Forwarder::new(Sink::Webhook(sink.into()), patience, &store, &ticks, &metrics);
        Ok(Self { clock, metrics, feed, forwarder, _port: port })
    }

    fn take(&self, events: u64) {
        for number in 1..=events {
            let place = EventPlace { at: self.clock.now(), chain: Chain::COMMANDS, number };
            self.feed.take(StoredEvent { place, entry: Vec::new() });
        }
    }

    /// Sends all that waits. How many were sent, how many were not, and how many tries failed.
    async fn counted(self) -> (u64, u64, u64) {
        let (_stop, stopped) = watch::channel(());
        drop(self.feed);
        self.forwarder.run(stopped).await;
        self.metrics.counted(SinkName::Webhook)
    }
}

#[tokio::test]
async fn so_many_events_wait_and_are_tried_so_often() -> Outcome {
    let place = Place::new(Patience { queue: 2, tries: 3, ..HASTY })?;
    place.take(5);
    assert_eq!(place.metrics.counted(SinkName::Webhook), (0, 3, 0), "more than wait are dropped at once");
    assert_eq!(place.counted().await, (0, 5, 3), "one batch, tried three times");
    Ok(())
}

#[tokio::test]
async fn events_that_are_old_are_tried_once_more_and_given_up() -> Outcome {
    let place = Place::new(Patience { tries: u32::MAX, ..HASTY })?;
    place.take(150);
    place.clock.advance(PATIENCE.age + Duration::from_secs(1));
    assert_eq!(place.counted().await, (0, 150, 2), "two batches, each tried once");
    Ok(())
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_a_receiver() -> Outcome {
    let place = Place::new(Patience { first: Duration::from_secs(3_600), ..PATIENCE })?;
    place.take(150);
    let (stop, stopped) = watch::channel(());
    // The feed stays, as if more could come.
    let Place { metrics, feed, forwarder, .. } = place;
    let (told, ()) = tokio::join!(forwarder.run(stopped), async {
        while metrics.counted(SinkName::Webhook).2 == 0 {
            tokio::task::yield_now().await;
        }
        drop((stop, feed));
    });
    assert_eq!((told, metrics.counted(SinkName::Webhook)), ((), (0, 150, 3)), "another try for each batch");
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_asks_for_a_pause_gets_one_of_bounded_length() -> Outcome {
    let (failed, _) = by_a_busy_receiver("3600", Patience { tries: 3, ..HASTY }).await?;
    assert_eq!(failed, 3, "an hour has not passed");
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_asks_for_no_pause_does_not_use_up_the_tries() -> Outcome {
    let first = Duration::from_millis(20);
    let (failed, took) = by_a_busy_receiver("0", Patience { first, tries: 5, ..PATIENCE }).await?;
    assert_eq!(failed, 5);
    assert!(took >= 15 * first, "each pause is twice as long as the one before: {took:?}");
    Ok(())
}

/// Sends an event to a receiver that has it come back after so many seconds, each time. How many tries failed, and how long
/// that took.
async fn by_a_busy_receiver(
    seconds: &'static str,
    patience: Patience,
) -> Result<(u64, Duration), Box<dyn std::error::Error>> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let place = Place::at(listener.try_clone()?.into(), patience)?;
    let receiver = std::thread::spawn(move || -> std::io::Result<()> {
        for _ in 0..patience.tries {
            let (mut line, _) = listener.accept()?;
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            // What is sent is a list.
            while !request.ends_with(b"]") {
                let read = line.read(&mut piece)?;
                request.extend_from_slice(&piece[..read]);
            }
            let end = "Content-Length: 0\r\nConnection: close\r\n\r\n";
            write!(line, "HTTP/1.1 503 Busy\r\nRetry-After: {seconds}\r\n{end}")?;
        }
        Ok(())
    });
    place.take(1);
    let began = SystemClock.monotonic();
    let failed = place.counted().await.2;
    let took = SystemClock.monotonic().saturating_sub(began);
    receiver.join().map_err(|_| "a panic")??;
    Ok((failed, took))
}
