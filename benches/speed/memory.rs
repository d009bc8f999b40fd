//! What it takes: memory of the idle server, and bytes in Redis for a token.

use std::fs;

use crate::Effort;
use crate::seed::Seed;
use crate::support::redis_server::RedisServer;
use crate::support::server::Server;
use crate::table::{Goal, Row, Series};

/// The memory of an idle server on an empty embedded store, before the first login.
pub fn resident(effort: Effort) -> Vec<Row> {
    let measure = || {
        let server = Server::start(&[]);
        assert_eq!(server.request("GET", "/readyz").send().status, 200);
        let status = fs::read_to_string(format!("/proc/{}/status", server.id())).expect("it runs");
        let kib =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(|rest| rest.split_whitespace().next());
        kib.and_then(|kib| kib.parse::<f64>().ok()).expect("VmRSS") / 1_024.0
    };
    vec![Row {
        figure: "resident memory, idle, before the first login, MiB".into(),
        ours: Series::new((0..effort.rounds).map(|_| measure()).collect()),
        beside: None,
        goal: Goal::AtMost(25.0),
    }]
}

/// Bytes in Redis for a live access token, all indexes counted: at worst, when every token has a session and a user of
/// its own, and as is usual.
pub fn in_redis(effort: Effort) -> Vec<Row> {
    let tokens = effort.tokens * 2;
    let (key, value) = lengths();
    let alone = Series::new(vec![alone(tokens, key, value)]);
    let row = |each: usize, what: &str, goal| Row {
        figure: format!("bytes in Redis a token, {what}"),
        ours: Series::new(vec![ours(tokens / each, each)]),
        beside: Some(("key, value and expiry alone", alone.clone())),
        goal,
    };
    vec![
        row(1, "1 of a session and user", Goal::RatioAtMost(2.15)),
        row(5, "5 of a session and user", Goal::RatioAtMost(1.45)),
    ]
}

fn redis() -> RedisServer {
    RedisServer::start_with(&["--appendonly", "no"])
}

fn connection(redis: &RedisServer) -> redis::Connection {
    redis::Client::open(redis.url()).and_then(|client| client.get_connection()).expect("Redis")
}

fn used(redis: &RedisServer) -> f64 {
    let info: String = redis::cmd("INFO").arg("memory").query(&mut connection(redis)).expect("INFO");
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    used.and_then(|used| used.trim().parse().ok()).expect("used_memory")
}

/// How long an access token's key and value are.
fn lengths() -> (usize, usize) {
    let redis = redis();
    let seed = Seed::open(&redis.url());
    seed.tokens(&seed.users(1), 1);
    seed.close();
    let mut connection = connection(&redis);
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*:t:*").query(&mut connection).expect("KEYS");
    let [key] = &keys[..] else { panic!("one access token: {keys:?}") };
    (key.len(), redis::cmd("STRLEN").arg(key).query(&mut connection).expect("STRLEN"))
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred thousand")]
fn ours(users: usize, each: usize) -> f64 {
    let redis = redis();
    let seed = Seed::open(&redis.url());
    let users = seed.users(users);
    let before = used(&redis);
    let tokens = seed.tokens(&users, each);
    let after = used(&redis);
    seed.close();
    (after - before) / tokens.len() as f64
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred thousand")]
fn alone(tokens: usize, key: usize, value: usize) -> f64 {
    let redis = redis();
    let mut connection = connection(&redis);
    let before = used(&redis);
    let numbers: Vec<_> = (0..tokens).collect();
    for batch in numbers.chunks(1_000) {
        let mut pipe = redis::pipe();
        for number in batch {
            pipe.cmd("SET").arg(format!("{number:0>key$}")).arg(vec![7_u8; value]).arg("EX").arg(2_592_000).ignore();
        }
        pipe.query::<()>(&mut connection).expect("SET");
    }
    (used(&redis) - before) / tokens as f64
}
