//! Redis gone, slow, or refusing: 503 in at most a second, never "invalid token"; and serving again by itself.

use std::time::Duration;

use crate::outage::{A_SECOND, Outage, PATIENCE};
use crate::slow_line::SlowLine;
use crate::support::redis_server::RedisServer;
use crate::support::wait::until;

/// The most connections a server may need for its threads, and then some.
const FEW_CONNECTIONS: u64 = 24;

#[test]
fn redis_gone_is_503_and_redis_back_is_served_without_a_storm_of_connections() {
    let mut case = Outage::prepare(RedisServer::start());
    case.app.redis().kill();
    case.nothing_is_served();
    case.under_load(|case| {
        case.app.redis().restart();
        case.serves_again_within(A_SECOND);
    });
    let connections = case.app.redis().info("total_connections_received");
    assert!(connections < FEW_CONNECTIONS, "{connections} connections were made");
}

#[test]
fn a_redis_that_does_not_answer_is_503() {
    let mut case = Outage::prepare(RedisServer::start());
    let before = case.app.redis().info("total_connections_received");
    case.under_load(|case| {
        case.app.redis().freeze();
        for _ in 0..5 {
            case.nothing_is_served();
        }
        case.app.redis().thaw();
        case.serves_again_within(A_SECOND);
    });
    let connections = case.app.redis().info("total_connections_received") - before;
    assert!(connections < FEW_CONNECTIONS, "{connections} connections were made");
}

#[test]
fn a_redis_that_answers_slowly_keeps_nobody_waiting_for_longer_than_a_second() {
    let redis = RedisServer::start();
    let line = SlowLine::to(redis.host_and_port().parse().expect("an address"));
    let case = Outage::prepare_at(redis, &format!("redis://{}", line.address));
    // Each answer is soon enough, all that a login needs are not.
    line.delay(Duration::from_millis(300));
    case.nobody_waits();
    line.delay(Duration::ZERO);
    case.serves_again_within(A_SECOND);
}

#[test]
fn a_redis_that_became_a_replica_is_503_for_what_must_be_written() {
    // Nothing listens on port 1, so that it stays a replica without a master, and keeps its data.
    refuses_writes("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "READONLY");
}

#[test]
fn a_redis_without_its_replicas_is_503_for_what_must_be_written() {
    refuses_writes("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", "NOREPLICAS");
}

#[test]
fn a_redis_out_of_memory_is_503_for_logins_alone() {
    let full = |case: &Outage| case.no_login_is_served();
    refuses("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM", full);
}

#[test]
fn a_redis_out_of_memory_still_ends_what_it_is_told_to() {
    let mut case = Outage::prepare(RedisServer::start());
    assert!(case.app.redis().command("CONFIG SET maxmemory 1").starts_with("+OK"));
    case.no_login_is_served();
    case.all_can_be_ended();
}

fn refuses_writes(bring_about: &str, undo: &str, what_redis_says: &str) {
    refuses(bring_about, undo, what_redis_says, Outage::no_write_is_served);
}

fn refuses(bring_about: &str, undo: &str, what_redis_says: &str, is_refused: impl Fn(&Outage)) {
    let mut case = Outage::prepare(RedisServer::start());
    assert!(case.app.redis().command(bring_about).starts_with("+OK"));
    assert!(case.app.redis().command("SET a b").starts_with(&format!("-{what_redis_says}")));
    is_refused(&case);
    let before = case.app.redis().info("total_connections_received");
    case.under_load(|case| {
        is_refused(case);
        assert!(case.app.redis().command(undo).starts_with("+OK"));
        case.serves_again_within(A_SECOND);
    });
    let connections = case.app.redis().info("total_connections_received") - before;
    assert!(connections < 2 * FEW_CONNECTIONS, "{connections} connections were made");
}

#[test]
fn a_redis_that_is_loading_is_503() {
    // Each key takes 10 ms to load, and others are answered after every kilobyte.
    let slow_loading = [
        "--key-load-delay",
        "10000",
        "--loading-process-events-interval-bytes",
        "1024",
        "--enable-debug-command",
        "local",
    ];
    let mut case = Outage::prepare(RedisServer::start_with(&slow_loading));
    let redis = case.app.redis();
    assert!(redis.command("DEBUG POPULATE 300 filler 4096").starts_with("+OK"));
    // What is loaded so slowly is a snapshot, not the commands after it.
    redis.command("BGREWRITEAOF");
    until("a snapshot", PATIENCE, || (redis.info("aof_rewrite_in_progress") == 0).then_some(()));
    redis.kill();
    redis.begin_restart();
    let says = |redis: &RedisServer, beginning: &str| {
        let ping = || redis.try_command("PING").is_ok_and(|answer| answer.starts_with(beginning));
        until(beginning, PATIENCE, || ping().then_some(()));
    };
    says(redis, "-LOADING");
    case.nothing_is_served();
    says(case.app.redis(), "+PONG");
    case.serves_again_within(A_SECOND);
}
