//! `POST /v2/authorize` with a password.

use std::io::Write as _;

use serde_json::json;
use tempfile::NamedTempFile;

use crate::Effort;
use crate::seed::{PASSWORD, Seed, address};
use crate::support::server::Server;
use crate::table::{Goal, Row, Series};
use crate::{bare, wrk};

const USERS: usize = 1_000;
const CONNECTIONS: usize = 16;

/// Logins over HTTP on the embedded store, beside bare verifications on every core.
pub fn run(effort: Effort) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("embedded:{}", folder.path().join("data").display());
    let seed = Seed::open(&url);
    seed.users(USERS);
    seed.close();
    let mut lines = NamedTempFile::new().expect("a file");
    for at in 0..USERS {
        writeln!(lines, "{}", json!({"user_id": address(at), "password": PASSWORD})).expect("written");
    }
    let server = Server::start(&[("store.url", &url)]);
    let measure = |seconds| wrk::requests_a_second(server.address, CONNECTIONS, seconds, "login.lua", lines.path());
    measure(1);
    let rounds = (0..effort.rounds).map(|_| (measure(effort.seconds), bare::rate("bare-argon2", effort.seconds)));
    let (ours, beside) = rounds.unzip();
    vec![Row {
        figure: "logins a second, 16 at once".into(),
        ours: Series::new(ours),
        beside: Some(("bare argon2id", Series::new(beside))),
        goal: Goal::RatioAtLeast(0.90),
    }]
}
