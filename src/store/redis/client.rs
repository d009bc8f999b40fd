//! One worker's connection: opened when first needed, on the runtime that needs it, and again when it breaks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind, Value};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::connect::{ConnectOptions, Connection};
use super::scripts::Script;
use crate::store::{Result, StoreError};

/// One multiplexed connection, or none at the moment.
pub(super) struct Client {
    limit: Duration,
    line: Arc<Channel>,
}

/// What an attempt to connect needs, which goes on when the act that began it has run out of time.
struct Channel {
    options: Arc<ConnectOptions>,
    current: ArcSwapOption<Open>,
    /// Held by the attempt under way; everybody else waits for its outcome.
    attempts: Arc<Mutex<Option<LastFailure>>>,
}

struct Open {
    connection: Connection,
    since: Instant,
}

/// The last attempt to connect failed.
struct LastFailure {
    at: Instant,
    pause: Duration,
    why: String,
}

/// How long nobody tries to connect again after an attempt failed: doubled each time between these.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

const LATE: &str = "Redis did not answer in time";

impl Client {
    pub(super) fn new(options: Arc<ConnectOptions>, limit: Duration) -> Self {
        Self { limit, line: Arc::new(Channel { options, current: ArcSwapOption::empty(), attempts: Arc::default() }) }
    }

    /// Does `work` within the deadline.
    ///
    /// A connection that was open all the while is given up when the deadline passes: it may be dead without anyone
    /// having been told.
    pub(super) async fn act<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let began = Instant::now();
        if let Ok(done) = tokio::time::timeout(self.limit, work).await {
            return done;
        }
        if let Some(open) = self.line.current.load_full()
            && open.since <= began
        {
            self.give_up(&open);
        }
        Err(StoreError::Unavailable(LATE.into()))
    }

    /// Sends a command that may be delivered twice, which happens when the connection breaks under it.
    pub(super) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        let value = self.deliver(command).await?.map_err(|error| unavailable(&error))?;
        redis::from_redis_value(value).map_err(|error| unavailable(&error.into()))
    }

    /// Sends a command that Redis may refuse; the inner error says why it did.
    pub(super) async fn try_command<T: FromRedisValue>(&self, command: &Cmd) -> Result<std::result::Result<T, String>> {
        let value = match self.deliver(command).await? {
            Err(error) if matches!(error.code(), Some("NOPERM" | "ERR")) => return Ok(Err(sentence(&error))),
            answer => answer.map_err(|error| unavailable(&error))?,
        };
        redis::from_redis_value(value).map(Ok).map_err(|error| unavailable(&error.into()))
    }

    /// Runs a script, teaching it to a server that has forgotten it.
    pub(super) async fn eval<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[impl AsRef<[u8]>],
        arguments: &[impl AsRef<[u8]>],
    ) -> Result<T> {
        let value = match self.deliver(&script.call(keys, arguments)).await? {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.deliver(&script.load(keys, arguments)).await?
            }
            done => done,
        };
        let value = value.map_err(|error| unavailable(&error))?;
        redis::from_redis_value(value).map_err(|error| unavailable(&error.into()))
    }

    /// The connection, for what only some servers can be asked.
    pub(super) async fn connection(&self) -> Result<Connection> {
        Ok(self.open().await?.connection.clone())
    }

    /// Closes the connection.
    pub(super) fn close(&self) {
        self.line.current.store(None);
    }

    async fn deliver(&self, command: &Cmd) -> Result<redis::RedisResult<Value>> {
        let open = self.open().await?;
        let answer = open.connection.send(command).await;
        let Err(error) = &answer else { return Ok(answer) };
        if !open.is_useless_after(error) {
            return Ok(answer);
        }
        self.give_up(&open);
        if !error.is_connection_dropped() {
            return Ok(answer);
        }
        let open = self.open().await?;
        let answer = open.connection.send(command).await;
        if answer.as_ref().is_err_and(|error| open.is_useless_after(error)) {
            self.give_up(&open);
        }
        Ok(answer)
    }

    /// The connection, opened if there is none. Waits for an attempt under way, and only then makes one of its own.
    async fn open(&self) -> Result<Arc<Open>> {
        if let Some(open) = self.line.current.load_full() {
            return Ok(open);
        }
        let failed = self.line.attempts.clone().lock_owned().await;
        if let Some(open) = self.line.current.load_full() {
            return Ok(open);
        }
        if let Some(failure) = &*failed
            && failure.at.elapsed() < failure.pause
        {
            return Err(StoreError::Unavailable(failure.why.clone()));
        }
        // On the runtime of the caller, who may be gone before the outcome is there: the next ones still learn of it.
        let attempt = tokio::spawn(self.line.clone().connect(failed));
        attempt.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the server is stopping".into())))
    }

    /// Drops `open` unless another has taken its place already.
    fn give_up(&self, open: &Arc<Open>) {
        self.line.current.compare_and_swap(open, None);
    }
}

impl Channel {
    /// Connects, and leaves word of how that ended.
    async fn connect(self: Arc<Self>, mut failed: OwnedMutexGuard<Option<LastFailure>>) -> Result<Arc<Open>> {
        let why = match tokio::time::timeout(self.options.patience(), self.options.connect()).await {
            Ok(Ok(connection)) => {
                *failed = None;
                self.options.note_up();
                let open = Arc::new(Open { connection, since: Instant::now() });
                self.current.store(Some(open.clone()));
                return Ok(open);
            }
            Ok(Err(error)) => sentence(&error),
            Err(_) => LATE.to_owned(),
        };
        self.options.note_down(&why);
        let pause = failed.take().map_or(SHORTEST_PAUSE, |failure| (failure.pause * 2).min(LONGEST_PAUSE));
        *failed = Some(LastFailure { at: Instant::now(), pause, why: why.clone() });
        Err(StoreError::Unavailable(why))
    }
}

impl Open {
    /// Whether the connection is of no use any more: broken, or leading to a server that lost its role or our login.
    fn is_useless_after(&self, error: &RedisError) -> bool {
        let kind = error.kind();
        let leads_astray = kind == ErrorKind::Server(ServerErrorKind::ReadOnly)
            || kind == ErrorKind::Server(ServerErrorKind::MasterDown)
            || error.code() == Some("NOAUTH");
        error.is_unrecoverable_error()
            || error.is_connection_dropped()
            // The next one may well lead there too: no more than one a pause, however many commands fail.
            || (leads_astray && self.since.elapsed() >= LONGEST_PAUSE)
    }
}

pub(super) fn unavailable(error: &RedisError) -> StoreError {
    StoreError::Unavailable(sentence(error))
}

/// What went wrong, without anything that was sent.
fn sentence(error: &RedisError) -> String {
    if error.is_timeout() {
        return LATE.into();
    }
    match error.kind() {
        ErrorKind::Io if error.is_connection_refusal() => "Redis refused the connection".into(),
        ErrorKind::Io => "the connection to Redis broke".into(),
        ErrorKind::AuthenticationFailed => "Redis refused the user name or the password".into(),
        _ => match error.code() {
            Some(code) => answered(code, error.detail().unwrap_or_default()),
            None => format!("Redis could not be asked ({})", error.category()),
        },
    }
}

/// An error as Redis told it, and which right the ACL user lacks.
fn answered(code: &str, said: &str) -> String {
    /// More of it is not shown, in characters.
    const MOST: usize = 200;
    // Of an unknown command Redis repeats the arguments; of a script, where in which one it stood.
    let end = [", with args", ", on @user_script"].iter().filter_map(|mark| said.find(mark)).min();
    let said = &said[..end.unwrap_or(said.len())];
    let by_digest = said.rsplit_once(" script: ").filter(|(_, id)| id.bytes().all(|c| c.is_ascii_hexdigit()));
    let said: String =
        by_digest.map_or(said, |(said, _)| said).chars().filter(|c| !c.is_control()).take(MOST).collect();
    let said = said.trim_end();
    let lacks = said.split_once("permissions to run the '").and_then(|(_, rest)| rest.split_once('\''));
    let advice = match lacks {
        Some((command, _)) => format!("; its ACL user needs +{command}, see config/redis.toml"),
        // Redis 7.0 does not say which one.
        None if said.contains("user executing the script") => {
            "; its ACL user needs the rights in config/redis.toml, +time among them".to_owned()
        }
        None if code == "NOPERM" || said.contains("permission") => {
            "; its ACL user needs the rights in config/redis.toml".to_owned()
        }
        None => String::new(),
    };
    let colon = if said.is_empty() { "" } else { ": " };
    format!("Redis answered {code}{colon}{said}{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redis_said_is_told_but_nothing_that_was_sent() {
        for (code, said, told) in [
            ("ERR", "DB index is out of range", "Redis answered ERR: DB index is out of range"),
            (
                "ERR",
                "unknown command 'X', with args beginning with: 'hunter2'",
                "Redis answered ERR: unknown command 'X'",
            ),
            ("OOM", "", "Redis answered OOM"),
            (
                "ERR",
                "ACL failure in script: User b has no permissions to run the 'time' command script: 4f, on @user_script:2.",
                "Redis answered ERR: ACL failure in script: User b has no permissions to run the 'time' command; \
                 its ACL user needs +time, see config/redis.toml",
            ),
            (
                "ERR",
                "The user executing the script can't run this command or subcommand script: bd31, on @user_script:1.",
                "Redis answered ERR: The user executing the script can't run this command or subcommand; \
                 its ACL user needs the rights in config/redis.toml, +time among them",
            ),
            (
                "NOPERM",
                "this user has no permissions to access one of the keys used as arguments",
                "Redis answered NOPERM: this user has no permissions to access one of the keys used as arguments; \
                 its ACL user needs the rights in config/redis.toml",
            ),
        ] {
            assert_eq!(answered(code, said), told);
        }
    }
}
