//! What Redis allows a user of its own, and what is told when that is too little.

use std::time::Duration;

use crate::support::app::{App, token};
use crate::support::redis_server::RedisServer;
use crate::support::server::SIGNING_KEY;
use crate::support::wait::until;

const DEADLINE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "s3cret-of-redis";

/// A server whose Redis user has these rights.
fn start(redis: RedisServer, rights: &str) -> App {
    redis.command(&format!("ACL SETUSER bimgate on >{PASSWORD} ~bimgate:* &bimgate:* {rights}"));
    App::on(redis, &[("store.username", "bimgate"), ("store.password", PASSWORD), ("signing.key_file", SIGNING_KEY)])
}

/// The rule in `config/redis.toml`, which may stand on several lines.
fn documented() -> String {
    let lines = include_str!("../../config/redis.toml").lines().map(|line| line.trim_start_matches('#').trim());
    let rule = lines.skip_while(|line| !line.starts_with("ACL SETUSER")).take_while(|line| !line.starts_with('('));
    let rule = rule.collect::<Vec<_>>().join(" ");
    rule.split_once("&bimgate:* ").expect("the rights").1.to_owned()
}

#[test]
fn the_documented_rights_are_enough() {
    let mut app = start(RedisServer::start(), &documented());
    let user = app.user();
    let access = app.login(&user);
    app.accepts(&access);
    app.swap(&serde_json::json!({"cross_token": app.cross_token(&access)})).ok();
    let remembered = app.login_with(&user, &serde_json::json!({"remember_me": true, "client_id": "device-1"}));
    token(&remembered, "remember_me_token");
    app.revoke(&access, "?scope=user").ok();
    app.refuses(&access);
    app.server.run(&["user", "list"], "");
    app.server.run(&["store", "backup", "-"], "");
    app.server.run(&["user", "delete", &user.email, "--yes"], "");
    assert_eq!(app.request("GET", "/readyz").send().status, 200);
    // The sweep, the keys and the warnings of the start come by themselves.
    until("the warnings are judged", DEADLINE, || {
        app.redis().command("CONFIG GET appendfsync").contains("always").then_some(())
    });
    let denied = app.redis().command("ACL LOG");
    assert_eq!(denied, "*0\r\n", "{denied}");
    assert!(!app.server.log().contains("could not be checked"), "{}", app.server.log());
}

#[test]
fn a_missing_right_is_named_and_what_redis_said() {
    let app = start(RedisServer::start(), "-@all +@read +@write +@connection +@scripting +@pubsub");
    let log = until("the sweep says so", DEADLINE, || Some(app.server.log()).filter(|log| log.contains("+time")));
    assert!(log.contains("Redis answered ERR: ") && log.contains("config/redis.toml"), "{log}");
    let log =
        until("the warning", DEADLINE, || Some(app.server.log()).filter(|log| log.contains("could not be checked")));
    assert!(log.contains("+config|get"), "{log}");
    assert!(!log.contains(PASSWORD), "{log}");
}

#[test]
fn a_wrong_password_is_no_missing_right_and_redis_coming_back_is_logged() {
    let mut redis = RedisServer::start();
    redis.command("ACL SETUSER bimgate on >another ~* &* +@all");
    let (url, host) = (redis.url(), redis.host_and_port());
    let settings = [("store.username", "bimgate"), ("store.password", PASSWORD)];
    let server = crate::support::server::Server::start(&[&[("store.url", url.as_str())], &settings[..]].concat());
    let away =
        until("Redis is missed", DEADLINE, || Some(server.log()).filter(|log| log.contains("Redis cannot be reached")));
    assert!(away.contains(&host) && away.contains("Redis refused the user name or the password"), "{away}");
    redis.command(&format!("ACL SETUSER bimgate >{PASSWORD}"));
    until("Redis is found", DEADLINE, || server.log().contains("Redis can be reached again").then_some(()));

    let times = |server: &crate::support::server::Server, words: &str| server.log().matches(words).count();
    redis.kill();
    until("Redis is missed again", DEADLINE, || (times(&server, "Redis cannot be reached") >= 2).then_some(()));
    // It may have been opening one when Redis went.
    let log = server.log();
    let said = ["Redis refused the connection", "the connection to Redis broke"].iter().any(|why| log.contains(why));
    assert!(said, "{log}");
    redis.restart();
    redis.command(&format!("ACL SETUSER bimgate on >{PASSWORD} ~* &* +@all"));
    until("Redis is found again", DEADLINE, || (times(&server, "Redis can be reached again") >= 2).then_some(()));
    let log = server.log();
    let back = log.lines().filter(|line| line.contains("Redis can be reached again"));
    assert!(back.clone().all(|line| line.contains(&host)), "{log}");
    assert!(!log.contains("could not be checked") && !log.contains(PASSWORD), "{log}");
}
