//! Asking the sentinels which server is the primary, and being told by them when that changes.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use redis::aio::MultiplexedConnection;
use redis::{PushInfo, PushKind, RedisResult};
use tokio::time::timeout;

use super::connect::{Address, ConnectOptions};
use super::error::sentence;

/// The sentinels that the settings name.
pub(super) struct Sentinels {
    name: Arc<str>,
    each: Vec<Sentinel>,
    term: Arc<AtomicU64>,
}

struct Sentinel {
    address: Address,
    connection: Option<MultiplexedConnection>,
}

/// The primary, as a sentinel describes it.
#[derive(Clone)]
pub(super) struct Named {
    pub(super) server: Address,
    /// How long it must be silent before the sentinels replace it.
    pub(super) down_after: Duration,
}

/// When more than half of the sentinels have answered, how long to wait for the others: one may know a newer primary.
const GRACE: Duration = Duration::from_millis(50);
const SWITCH: &str = "+switch-master";

type Fields = HashMap<String, String>;

impl Sentinels {
    /// `term` is raised when the sentinels switch to another primary, and when a connection to one of them breaks.
    pub(super) fn new(name: &str, addresses: &[Address], term: &Arc<AtomicU64>) -> Self {
        let sentinels = addresses.iter().map(|address| Sentinel { address: address.clone(), connection: None });
        Self { name: name.into(), each: sentinels.collect(), term: Arc::clone(term) }
    }

    /// The primary, by the answer with the highest epoch: that sentinel knows the latest failover. The error is a
    /// sentence for the log.
    pub(super) async fn ask(&mut self, options: &ConnectOptions) -> Result<Named, String> {
        let enough = self.each.len() / 2 + 1;
        let (name, term) = (&self.name, &self.term);
        let asked = self.each.iter_mut().map(|sentinel| sentinel.ask(options, name, term));
        let mut asked: FuturesUnordered<_> = asked.collect();
        let (mut found, mut why) = (Vec::new(), None);
        loop {
            let answer = if found.len() < enough {
                asked.next().await
            } else {
                timeout(GRACE, asked.next()).await.unwrap_or_default()
            };
            match answer {
                Some(Ok(fields)) => found.push(fields),
                Some(Err(error)) => why = Some(sentence(&error)),
                None => break,
            }
        }
        let epoch = |fields: &Fields| number(fields, "config-epoch");
        let Some(newest) = found.iter().map(epoch).max() else {
            return Err(format!("no sentinel can be asked: {}", why.unwrap_or_default()));
        };
        found.retain(|fields| epoch(fields) == newest);
        let away = ["o_down", "failover_in_progress"];
        let is_away = |fields: &Fields| fields.get("flags").is_some_and(|flags| away.iter().any(|a| flags.contains(a)));
        if found.iter().any(is_away) {
            return Err("the sentinels are replacing the primary".into());
        }
        let fields = found.pop().unwrap_or_default();
        let server = fields.get("ip").cloned().zip(fields.get("port").and_then(|port| port.parse().ok()));
        let down_after = Duration::from_millis(number(&fields, "down-after-milliseconds"));
        server.map(|server| Named { server, down_after }).ok_or_else(|| "the sentinels name no primary".into())
    }
}

impl Sentinel {
    /// What this sentinel knows of the primary.
    async fn ask(&mut self, options: &ConnectOptions, name: &Arc<str>, term: &Arc<AtomicU64>) -> RedisResult<Fields> {
        let mut question = redis::cmd("SENTINEL");
        question.arg("MASTER").arg(&**name);
        if let Some(connection) = &mut self.connection
            && let Ok(fields) = question.query_async(connection).await
        {
            return Ok(fields);
        }
        self.connection = None;
        let mut connection = options.connect_sentinel(&self.address, listen(name, term)).await?;
        // Subscribed before it is asked, so that no switch is missed.
        connection.subscribe(SWITCH).await?;
        let fields = question.query_async(&mut connection).await?;
        self.connection = Some(connection);
        Ok(fields)
    }
}

/// Raises the term when a sentinel says that the primary was replaced, or when its connection breaks.
fn listen(name: &Arc<str>, term: &Arc<AtomicU64>) -> impl Fn(PushInfo) -> Result<(), Infallible> + use<> {
    let (name, term) = (Arc::clone(name), Arc::clone(term));
    move |push| {
        let doubtful = match (&push.kind, &push.data[..]) {
            (PushKind::Disconnection, _) => true,
            (PushKind::Message, [_channel, message]) => redis::from_redis_value_ref::<String>(message)
                .is_ok_and(|message| message.split(' ').next() == Some(&*name)),
            _ => false,
        };
        term.fetch_add(u64::from(doubtful), Ordering::AcqRel);
        Ok(())
    }
}

fn number(fields: &Fields, name: &str) -> u64 {
    fields.get(name).and_then(|value| value.parse().ok()).unwrap_or_default()
}
