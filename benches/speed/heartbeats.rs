//! `POST …/heartbeat`: one bearer verified, one act in the store, two bearers signed.

use std::io::Write as _;

use tempfile::NamedTempFile;

use crate::Effort;
use crate::support::app::{App, Kind, ROOMY};
use crate::support::redis_server::RedisServer;
use crate::table::{Goal, Row, Series};
use crate::{bare, wrk};

/// Sessions, of so many users, and connections.
const SESSIONS: usize = 64;
const USERS: usize = 4;

/// On the embedded store.
pub fn embedded(effort: Effort) -> Vec<Row> {
    vec![row("embedded", effort, &App::start(Kind::Embedded, &ROOMY))]
}

/// On Redis, as it is usually set up: flushed to disk every second.
pub fn redis(effort: Effort) -> Vec<Row> {
    let redis = RedisServer::start_with(&["--appendfsync", "everysec"]);
    vec![row("Redis", effort, &App::on(redis, &ROOMY))]
}

/// Beside the two signatures alone, on the same cores.
fn row(store: &str, effort: Effort, app: &App) -> Row {
    let users: Vec<_> = (0..USERS).map(|_| app.user()).collect();
    let mut bearers = NamedTempFile::new().expect("a file");
    for at in 0..SESSIONS {
        writeln!(bearers, "{}", app.open_session(&users[at % USERS]).directory).expect("written");
    }
    let measure = |seconds| wrk::requests_a_second(app.address(), SESSIONS, seconds, "heartbeat.lua", bearers.path());
    measure(1);
    let rounds = (0..effort.rounds).map(|_| (measure(effort.seconds), bare::rate("bare-rsa", effort.seconds)));
    let (ours, beside) = rounds.unzip();
    Row {
        figure: format!("heartbeats a second, {store}"),
        ours: Series::new(ours),
        beside: Some(("two RSA-2048 signatures", Series::new(beside))),
        goal: Goal::RatioAtLeast(0.70),
    }
}
