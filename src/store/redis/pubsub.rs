//! Listening to decisions about native logins: a connection of its own, subscribed to one channel, and opened again
//! whenever it breaks.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::pending;
use futures_util::stream::{BoxStream, unfold};
use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::{PushInfo, PushKind, Value};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Interval, interval, timeout};

use super::Shared;
use super::backoff::{Backoff, random};
use super::client::Client;
use super::cluster::masters;
use super::connect::{Address, Connection};
use crate::domain::TokenDigest;

/// How many decisions may wait for the listener. Beyond, the oldest are lost, and the listener is told so.
const WAITING: usize = 4_096;
/// How often the server is pinged, and how long it may take to answer.
const ASKED_EVERY: Duration = Duration::from_secs(2);
/// The pauses after a failed attempt to connect.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// See [`crate::store::Logins::decisions`].
pub(super) fn listen(
    shared: Arc<Shared>,
    client: Arc<Client>,
    channel: Vec<u8>,
) -> BoxStream<'static, Option<TokenDigest>> {
    let backoff = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
    let subscriber = Subscriber { shared, client, channel, subscription: None, backoff };
    Box::pin(unfold(subscriber, async |mut subscriber| Some((subscriber.next().await, subscriber))))
}

struct Subscriber {
    shared: Arc<Shared>,
    /// Asked where to subscribe.
    client: Arc<Client>,
    channel: Vec<u8>,
    subscription: Option<Subscription>,
    backoff: Backoff,
}

/// A subscribed connection.
struct Subscription {
    connection: MultiplexedConnection,
    /// The server that the sentinels named, if there are any.
    server: Option<Address>,
    pushes: broadcast::Receiver<PushInfo>,
    ticks: Interval,
}

enum Heard {
    Decision(TokenDigest),
    Missed,
    Alive,
    Broken,
}

impl Subscriber {
    async fn next(&mut self) -> Option<TokenDigest> {
        loop {
            let Some(subscription) = &mut self.subscription else {
                self.subscription = self.subscribe().await;
                if self.subscription.is_some() {
                    self.backoff.reset();
                    return None;
                }
                let _ = timeout(self.backoff.pause(), pending::<()>()).await;
                continue;
            };
            match subscription.next().await {
                Heard::Decision(native) => return Some(native),
                Heard::Missed => return None,
                Heard::Alive if !self.is_replaced().await => {}
                Heard::Alive | Heard::Broken => self.subscription = None,
            }
        }
    }

    /// Whether the server that it listens to is no primary any more.
    async fn is_replaced(&self) -> bool {
        let Some(server) = self.subscription.as_ref().and_then(|subscription| subscription.server.as_ref()) else {
            return false;
        };
        let primary = timeout(self.shared.limit, self.client.server()).await;
        matches!(primary, Ok(Ok(Some(primary))) if primary != *server)
    }

    async fn subscribe(&self) -> Option<Subscription> {
        let servers = self.servers().await;
        let (sender, pushes) = broadcast::channel(WAITING);
        let options = &self.shared.primary.options;
        let patience = options.patience() + self.shared.limit;
        let connected = timeout(patience, async {
            let mut connection = options.subscribe(&servers, sender).await?;
            connection.subscribe(&self.channel).await?;
            redis::RedisResult::Ok(connection)
        });
        let mut ticks = interval(ASKED_EVERY);
        ticks.reset();
        let server = servers.first().filter(|_| options.sentinels().is_some()).cloned();
        connected.await.ok()?.ok().map(|connection| Subscription { connection, server, pushes, ticks })
    }

    /// The primary that the sentinels name. Of a cluster the masters, beginning with a random one: what is published on
    /// one is told on all. Else none, or if they cannot be asked.
    async fn servers(&self) -> Vec<Address> {
        let ask = async {
            match self.client.connection().await {
                Ok(Connection::Cluster(mut cluster)) => {
                    let masters = masters(&mut cluster).await.ok()?;
                    Some(masters.into_iter().filter_map(|master| master.address).collect())
                }
                _ => self.client.server().await.ok()?.map(|server| vec![server]),
            }
        };
        let mut servers = timeout(self.shared.limit, ask).await.ok().flatten().unwrap_or_default();
        let first = usize::from(random()) % servers.len().max(1);
        servers.rotate_left(first);
        servers
    }
}

impl Subscription {
    async fn next(&mut self) -> Heard {
        loop {
            tokio::select! {
                push = self.pushes.recv() => match push {
                    Ok(push) if push.kind == PushKind::Disconnection => return Heard::Broken,
                    Ok(push) => if let Some(native) = decision(&push) { return Heard::Decision(native) },
                    Err(RecvError::Lagged(_)) => return Heard::Missed,
                    Err(RecvError::Closed) => return Heard::Broken,
                },
                _ = self.ticks.tick() => return if self.lives().await { Heard::Alive } else { Heard::Broken },
            }
        }
    }

    /// Whether the server still answers.
    async fn lives(&mut self) -> bool {
        let ping = redis::cmd("PING");
        matches!(timeout(ASKED_EVERY, self.connection.req_packed_command(&ping)).await, Ok(Ok(_)))
    }
}

/// The native token that a message is about.
fn decision(push: &PushInfo) -> Option<TokenDigest> {
    match (&push.kind, &push.data[..]) {
        (PushKind::Message, [_channel, Value::BulkString(native)]) => {
            native.as_slice().try_into().ok().map(TokenDigest)
        }
        _ => None,
    }
}
