//! Hearing of decisions about native logins: a connection of its own, subscribed to one channel, and opened anew for
//! as long as someone listens.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::pending;
use futures_util::stream::{BoxStream, unfold};
use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::{PushInfo, PushKind, Value};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Interval, interval, timeout};

use super::Shared;
use super::client::Client;
use super::connect::Connection;
use super::scan::cluster_slots;
use crate::domain::TokenDigest;

/// How many decisions may wait to be taken; beyond, some are missed, and that is told.
const WAITING: usize = 4_096;
/// How often the connection is asked whether it lives, and how long it may take to answer.
const ASKED_EVERY: Duration = Duration::from_secs(2);
/// How long to wait before connecting again: doubled each time between these, less up to half, by chance, so that not
/// every server comes back at once.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// See [`crate::store::Logins::decisions`].
pub(super) fn listen(
    shared: Arc<Shared>,
    client: Arc<Client>,
    channel: Vec<u8>,
) -> BoxStream<'static, Option<TokenDigest>> {
    let listener = Subscriber { shared, client, channel, line: None, pause: SHORTEST_PAUSE };
    Box::pin(unfold(listener, async |mut listener| Some((listener.next().await, listener))))
}

struct Subscriber {
    shared: Arc<Shared>,
    /// The way to ask a cluster for its servers.
    client: Arc<Client>,
    channel: Vec<u8>,
    line: Option<Subscription>,
    pause: Duration,
}

/// A subscribed connection.
struct Subscription {
    connection: MultiplexedConnection,
    pushes: broadcast::Receiver<PushInfo>,
    ticks: Interval,
}

/// What a line tells.
enum Heard {
    Decision(TokenDigest),
    Missed,
    Broken,
}

impl Subscriber {
    async fn next(&mut self) -> Option<TokenDigest> {
        loop {
            let Some(line) = &mut self.line else {
                self.line = self.subscribe().await;
                if self.line.is_some() {
                    self.pause = SHORTEST_PAUSE;
                    return None;
                }
                self.rest().await;
                continue;
            };
            match line.next().await {
                Heard::Decision(native) => return Some(native),
                Heard::Missed => return None,
                Heard::Broken => self.line = None,
            }
        }
    }

    /// Waits before the next attempt.
    async fn rest(&mut self) {
        let pause = self.pause / 2 + self.pause / 2 * u32::from(chance()) / 256;
        let _ = timeout(pause, pending::<()>()).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    async fn subscribe(&self) -> Option<Subscription> {
        let servers = self.servers().await;
        let (sender, pushes) = broadcast::channel(WAITING);
        let options = &self.shared.options;
        let patience = options.patience() + self.shared.limit;
        let connected = timeout(patience, async {
            let mut connection = options.listen(&servers, sender).await?;
            connection.subscribe(&self.channel).await?;
            redis::RedisResult::Ok(connection)
        });
        let mut ticks = interval(ASKED_EVERY);
        ticks.reset();
        connected.await.ok()?.ok().map(|connection| Subscription { connection, pushes, ticks })
    }

    /// The masters of a cluster as far as they can be learnt, beginning with any: every one of them is told what is
    /// published on one.
    async fn servers(&self) -> Vec<(String, u16)> {
        let ask = async {
            match self.client.connection().await {
                Ok(Connection::Cluster(mut cluster)) => cluster_slots(&mut cluster).await.ok().map(masters),
                _ => None,
            }
        };
        let mut servers = timeout(self.shared.limit, ask).await.ok().flatten().unwrap_or_default();
        let first = usize::from(chance()) % servers.len().max(1);
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
                _ = self.ticks.tick() => if !self.lives().await { return Heard::Broken },
            }
        }
    }

    /// Whether the server still answers. What is published meanwhile waits.
    async fn lives(&mut self) -> bool {
        let ping = redis::cmd("PING");
        matches!(timeout(ASKED_EVERY, self.connection.req_packed_command(&ping)).await, Ok(Ok(_)))
    }
}

/// A random number; always the same where there is no chance to be had.
fn chance() -> u8 {
    let mut chance = [0];
    let _ = getrandom::fill(&mut chance);
    chance[0]
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

/// Where the masters are, from the answer to `CLUSTER SLOTS`.
fn masters(answer: Value) -> Vec<(String, u16)> {
    let ranges: Vec<Vec<Value>> = redis::from_redis_value(answer).unwrap_or_default();
    let mut masters = Vec::new();
    for range in ranges {
        let Some(Value::Array(master)) = range.into_iter().nth(2) else { continue };
        let mut parts = master.into_iter();
        let (Some(host), Some(port)) = (parts.next(), parts.next()) else { continue };
        if let (Ok(host), Ok(port)) = (redis::from_redis_value::<String>(host), redis::from_redis_value(port))
            && !host.is_empty()
            && !masters.contains(&(host.clone(), port))
        {
            masters.push((host, port));
        }
    }
    masters
}
