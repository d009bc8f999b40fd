//! One worker's connection: opened when it is first needed, on the runtime that needs it, and again when it breaks or
//! another server may be the primary.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use futures_util::FutureExt as _;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, Role, ServerErrorKind, ToRedisArgs, Value};
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use super::connect::{Address, Connection};
use super::error::{LATE, sentence};
use super::primary::{Attempts, LONGEST_PAUSE, Primary};
use super::scripts::Call;
use crate::store::{Result, StoreError};

/// Sends commands over one multiplexed connection.
pub(super) struct Client {
    limit: Duration,
    channel: Arc<Channel>,
    replicated: Option<Replicated>,
}

/// For scripts whose effects replicas must have: a connection of its own, for `WAIT` blocks it.
struct Replicated {
    replicas: usize,
    wait: Cmd,
    channel: Arc<Channel>,
}

/// Where a connection is kept. Shared with an attempt to connect, which outlives the call that began it.
struct Channel {
    primary: Arc<Primary>,
    current: ArcSwapOption<Open>,
}

/// An open connection to a server that was the primary when its term began.
struct Open {
    connection: Connection,
    /// The server that the sentinels named, if there are any.
    server: Option<Address>,
    term: u64,
    since: Instant,
}

impl Client {
    /// `wait_replicas`: see [`Self::eval_replicated`].
    pub(super) fn new(primary: &Arc<Primary>, limit: Duration, wait_replicas: usize) -> Self {
        let replicated = (wait_replicas > 0).then(|| {
            let mut wait = redis::cmd("WAIT");
            // So short that the caller still hears of it, also when the script is sent twice, once with its source.
            wait.arg(wait_replicas).arg((limit.as_millis() / 4).max(1).to_string());
            Replicated { replicas: wait_replicas, wait, channel: Channel::new(primary) }
        });
        Self { limit, channel: Channel::new(primary), replicated }
    }

    /// Does `work` within `limit`: the store's timeout, or what a request has left of it.
    ///
    /// Gives up a connection that was open for a whole timeout without an answer: it may be dead, and nobody has been
    /// told.
    pub(super) fn act<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T>>,
    ) -> impl Future<Output = Result<T>> {
        let began = Instant::now();
        timeout(limit, work).map(move |done| {
            if let Ok(done) = done {
                return done;
            }
            for channel in self.channels().filter(|_| limit >= self.limit) {
                if let Some(open) = channel.current.load_full()
                    && open.since <= began
                {
                    channel.give_up(&open);
                }
            }
            Err(StoreError::Unavailable(LATE.into()))
        })
    }

    /// Sends a command. It may be delivered twice, if the connection breaks before the answer is there.
    pub(super) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        read(self.channel.deliver(command, None).await?)
    }

    /// Sends a command that Redis may refuse. The inner error says why.
    pub(super) async fn try_command<T: FromRedisValue>(&self, command: &Cmd) -> Result<std::result::Result<T, String>> {
        match self.channel.deliver(command, None).await? {
            Err(error) if matches!(error.code(), Some("NOPERM" | "ERR")) => Ok(Err(sentence(&error))),
            answer => read(answer).map(Ok),
        }
    }

    /// The value of a key.
    pub(super) async fn get(&self, key: impl ToRedisArgs) -> Result<Option<Vec<u8>>> {
        self.command(redis::cmd("GET").arg(key)).await
    }

    /// Runs a script. It may be delivered twice, too.
    pub(super) async fn eval<T: FromRedisValue>(&self, call: &Call) -> Result<T> {
        read(self.channel.eval(call, None).await?)
    }

    /// As [`Self::eval`], for what no failover may undo: returns when `store.wait_replicas` replicas have what the
    /// script wrote, or fails after a quarter of `store.timeout_ms`. Then it took effect nevertheless.
    pub(super) async fn eval_replicated<T: FromRedisValue>(&self, call: &Call) -> Result<T> {
        let Some(Replicated { replicas, wait, channel }) = &self.replicated else { return self.eval(call).await };
        let (answer, count): (Value, usize) = read(channel.eval(call, Some(wait)).await?)?;
        if count < *replicas {
            let why = format!("{count} replicas of Redis have it, store.wait_replicas asks for {replicas}");
            return Err(StoreError::Unavailable(why));
        }
        read(Ok(answer))
    }

    /// The connection, for commands that must go to a certain server of a cluster.
    pub(super) async fn connection(&self) -> Result<Connection> {
        Ok(self.channel.open().await?.connection.clone())
    }

    /// The server that the sentinels name, if there are any.
    pub(super) async fn server(&self) -> Result<Option<Address>> {
        Ok(self.channel.open().await?.server.clone())
    }

    /// Closes the connection.
    pub(super) fn close(&self) {
        self.channels().for_each(|channel| channel.current.store(None));
    }

    fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        [&self.channel].into_iter().chain(self.replicated.as_ref().map(|replicated| &replicated.channel))
    }
}

impl Channel {
    fn new(primary: &Arc<Primary>) -> Arc<Self> {
        Arc::new(Self { primary: Arc::clone(primary), current: ArcSwapOption::empty() })
    }

    async fn eval(self: &Arc<Self>, call: &Call, wait: Option<&Cmd>) -> Result<RedisResult<Value>> {
        match self.deliver(call.by_digest(), wait).await? {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.deliver(&call.by_source(), wait).await
            }
            done => Ok(done),
        }
    }

    /// Sends a command, and once more if the connection broke under it or its answer cannot be believed.
    async fn deliver(self: &Arc<Self>, command: &Cmd, wait: Option<&Cmd>) -> Result<RedisResult<Value>> {
        for is_last in [false, true] {
            let open = self.open().await?;
            let sent = self.primary.now();
            let answer = open.connection.send(command, wait).await;
            if let Err(error) = &answer
                && open.is_useless_after(error)
            {
                self.give_up(&open);
                if is_last || !error.is_connection_dropped() {
                    return Ok(answer);
                }
            } else if self.primary.believes(open.term, sent) {
                return Ok(answer);
            } else {
                self.primary.doubt(open.term);
            }
        }
        Err(StoreError::Unavailable("another Redis may be the primary".into()))
    }

    /// A connection that can be trusted. If an attempt to connect is under way, waits for its outcome first.
    async fn open(self: &Arc<Self>) -> Result<Arc<Open>> {
        if let Some(open) = self.trusted() {
            return Ok(open);
        }
        let attempts = self.primary.attempts.clone().lock_owned().await;
        if let Some(open) = self.trusted() {
            return Ok(open);
        }
        if let Some((until, why)) = &attempts.failure
            && Instant::now() < *until
        {
            return Err(StoreError::Unavailable(why.clone()));
        }
        // A task of its own: the caller may give up first, and the next callers still learn of the outcome.
        let attempt = tokio::spawn(self.clone().attempt(attempts));
        attempt.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the server is stopping".into())))
    }

    fn trusted(&self) -> Option<Arc<Open>> {
        self.current.load_full().filter(|open| self.primary.trusts(open.term))
    }

    /// Drops `open`, unless it has been replaced, and makes all connections of the process prove themselves. In a
    /// cluster the others are kept: one server may be away and all others well.
    fn give_up(&self, open: &Arc<Open>) {
        self.current.compare_and_swap(open, None);
        if matches!(open.connection, Connection::One(_)) {
            self.primary.doubt(open.term);
        }
    }

    /// Connects, and records the outcome for those who wait.
    async fn attempt(self: Arc<Self>, mut attempts: OwnedMutexGuard<Attempts>) -> Result<Arc<Open>> {
        let options = &self.primary.options;
        let outcome = timeout(options.patience(), self.connect(&mut attempts)).await;
        match outcome.unwrap_or_else(|_| Err(LATE.into())) {
            Ok(open) => {
                attempts.succeeded(options);
                let open = Arc::new(open);
                self.current.store(Some(open.clone()));
                Ok(open)
            }
            Err(why) => {
                // It may be the connection that does not answer.
                self.current.store(None);
                attempts.failed(options, why.clone());
                Err(StoreError::Unavailable(why))
            }
        }
    }

    /// Finds the primary, and connects to it, if there is no connection to it yet.
    async fn connect(&self, attempts: &mut Attempts) -> std::result::Result<Open, String> {
        let (options, sent) = (&self.primary.options, self.primary.now());
        let (named, term) = self.primary.ask(attempts).await?;
        let Some(server) = named.map(|named| named.server) else {
            let connection = options.connect().await.map_err(|error| sentence(&error))?;
            return Ok(Open { connection, server: None, term, since: Instant::now() });
        };
        let current = self.current.load_full().filter(|open| open.server.as_ref() == Some(&server));
        let (connection, since) = match current {
            Some(open) => (open.connection.clone(), open.since),
            None => (options.connect_to(&server).await.map_err(|error| sentence(&error))?, Instant::now()),
        };
        let role = redis::cmd("ROLE");
        let role = timeout(options.limit, connection.send(&role, None)).await.map_err(|_| LATE.to_owned())?;
        let role = role.and_then(|value| Ok(redis::from_redis_value(value)?)).map_err(|error| sentence(&error))?;
        let Role::Primary { .. } = role else {
            return Err("the server that the sentinels name is no primary".into());
        };
        self.primary.vouch(sent);
        Ok(Open { connection, server: Some(server), term, since })
    }
}

impl Open {
    /// Whether the connection is of no use any more: it is broken, or its server is no primary any more, or does not
    /// know who we are.
    fn is_useless_after(&self, error: &RedisError) -> bool {
        let kind = error.kind();
        let leads_astray = kind == ErrorKind::Server(ServerErrorKind::ReadOnly)
            || kind == ErrorKind::Server(ServerErrorKind::MasterDown)
            || error.code() == Some("NOAUTH");
        error.is_unrecoverable_error()
            || error.is_connection_dropped()
            // A new connection may lead to the same server, so at most one is made in each pause, however many commands
            // fail.
            || (leads_astray && self.since.elapsed() >= LONGEST_PAUSE)
    }
}

fn read<T: FromRedisValue>(answer: RedisResult<Value>) -> Result<T> {
    let value = answer.map_err(|error| unavailable(&error))?;
    redis::from_redis_value(value).map_err(|error| unavailable(&error.into()))
}

pub(super) fn unavailable(error: &RedisError) -> StoreError {
    // What `held.lua` answers.
    if error.code() == Some("HELD") {
        return StoreError::Held;
    }
    StoreError::Unavailable(sentence(error))
}
