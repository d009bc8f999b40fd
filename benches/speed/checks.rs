//! `GET /v2/authorize`: the hot path.

use std::io::Write as _;
use std::net::SocketAddr;

use tempfile::NamedTempFile;

use crate::Effort;
use crate::bare::{Answer, Bare};
use crate::seed::Seed;
use crate::support::redis_server::RedisServer;
use crate::support::server::Server;
use crate::table::{Goal, Row, Series};
use crate::wrk;

/// One worker each: the load generator has the other core.
const ONE_WORKER: (&str, &str) = ("server.workers", "1");
const CONNECTIONS: usize = 64;

/// On the embedded store, beside a server that always gives the same answer.
pub fn embedded(effort: Effort) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("embedded:{}", folder.path().join("data").display());
    let tokens = seed(&url, effort);
    let server = Server::start(&[("store.url", &url), ONE_WORKER]);
    let bare = Bare::start(&answer(&server, &tokens[0]), None);
    let (ours, beside) = compare(effort, server.address, bare.address, &tokens);
    vec![row("checks a second, embedded", ours, ("bare actix", beside), 0.85)]
}

/// On Redis, beside a server that asks Redis once and then always gives the same answer.
pub fn redis(effort: Effort) -> Vec<Row> {
    // Checks write nothing: how durable Redis is makes no difference but for how long the seeding takes.
    let redis = RedisServer::start_with(&["--appendonly", "no"]);
    let tokens = seed(&redis.url(), effort);
    let settings = [("store.url", redis.url()), (ONE_WORKER.0, ONE_WORKER.1.into())];
    let server = Server::start(&settings.each_ref().map(|(key, value)| (*key, value.as_str())));
    let mut connection = redis::Client::open(redis.url()).and_then(|client| client.get_connection()).expect("Redis");
    for batch in tokens.chunks(1_000) {
        let mut pipe = redis::pipe();
        for token in batch {
            pipe.cmd("SET").arg(token).arg(&[0_u8; 47][..]).arg("EX").arg(2_592_000).ignore();
        }
        pipe.query::<()>(&mut connection).expect("SET");
    }
    let bare = Bare::start(&answer(&server, &tokens[0]), Some(&redis.url()));
    let (ours, beside) = compare(effort, server.address, bare.address, &tokens);
    vec![row("checks a second, Redis", ours, ("bare actix and one GET", beside), 0.90)]
}

fn row(figure: &str, ours: Series, beside: (&'static str, Series), least: f64) -> Row {
    Row { figure: figure.into(), ours, beside: Some(beside), goal: Goal::RatioAtLeast(least) }
}

fn seed(url: &str, effort: Effort) -> Vec<String> {
    let seed = Seed::open(url);
    let users = seed.users(effort.tokens / 5);
    let tokens = seed.tokens(&users, 5);
    seed.close();
    tokens
}

fn answer(server: &Server, token: &str) -> Answer {
    let reply = server.request("GET", "/v2/authorize").token(token).send();
    assert_eq!(reply.status, 200, "{}", reply.text());
    Answer::of(&reply)
}

/// Checks a second: ours and bare in turn.
fn compare(effort: Effort, ours: SocketAddr, bare: SocketAddr, tokens: &[String]) -> (Series, Series) {
    let mut lines = NamedTempFile::new().expect("a file");
    lines.write_all(tokens.join("\n").as_bytes()).expect("written");
    let measure = |to, seconds| wrk::requests_a_second(to, CONNECTIONS, seconds, "check.lua", lines.path());
    for to in [ours, bare] {
        measure(to, 1);
    }
    let rounds = (0..effort.rounds).map(|_| (measure(ours, effort.seconds), measure(bare, effort.seconds)));
    let (ours, bare) = rounds.unzip();
    (Series::new(ours), Series::new(bare))
}
