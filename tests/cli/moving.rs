//! `bimgate store copy` while servers run: no act that was acknowledged is lost, and nothing half copied is served.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bimgate::store::HELD_FOR;
use serde_json::json;
use tempfile::TempDir;

use super::support::client::{Reply, Request};
use super::support::redis_server::RedisServer;
use super::support::server::{SIGNING_KEY, Server, ends};
use super::support::wait::until;
use super::{bimgate, stderr};

const DEADLINE: Duration = Duration::from_secs(60);
/// How often a copy is begun, for one that is not done before it is killed.
const TRIES: usize = 3;
const WHO: &str = "someone@example.org";
const PASSWORD: &str = "the password of someone";

fn start(url: Option<&str>) -> Server {
    let mut settings = vec![("signing.key_file", SIGNING_KEY), ("store.timeout_ms", "5000")];
    // One person logs in all the time.
    settings.push(("throttle.successes.burst", "100000"));
    settings.push(("limits.max_sessions_per_user", "65536"));
    settings.extend(url.map(|url| ("store.url", url)));
    Server::start(&settings)
}

fn with_somebody(url: Option<&str>) -> Server {
    let server = start(url);
    server.run(&["user", "add", "--email", WHO, "--password-stdin"], PASSWORD);
    server
}

fn try_to_log_in(server: &Server) -> Reply {
    let body = json!({"user_id": WHO, "password": PASSWORD}).to_string();
    Request::new(server.address, "POST", "/v2/authorize").body(body).send()
}

fn log_in(server: &Server) -> Option<String> {
    let reply = try_to_log_in(server);
    (reply.status == 200).then(|| reply.json()["access_token"].as_str().expect("a token").to_owned())
}

fn log_out(server: &Server, token: &str) -> u16 {
    server.request("DELETE", "/v2/authorize").token(token).send().status
}

fn counts(server: &Server, token: &str) -> bool {
    server.request("GET", "/v2/authorize").token(token).send().status == 200
}

fn says_that_changes_are_held(reply: &Reply) -> bool {
    reply.status == 503 && reply.text().contains("The service is moving")
}

/// A change, to see whether changes are held.
fn is_held(server: &Server, token: &str) -> bool {
    says_that_changes_are_held(&server.request("POST", "/v2/cross-token").token(token).send())
}

fn copy(server: &Server, to: &str) -> Output {
    server.command(&["store", "copy", "--to", to], "")
}

#[track_caller]
fn done(output: &Output) {
    assert!(output.status.success(), "{}", stderr(output));
}

#[track_caller]
fn refused(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", stderr(output));
    assert!(stderr(output).contains(words), "{}", stderr(output));
}

/// What clients were told.
#[derive(Default)]
struct Ledger {
    logged_in: Mutex<Vec<String>>,
    logged_out: Mutex<Vec<String>>,
}

impl Ledger {
    /// Logs in, and every third time out again, until changes are held.
    fn write(&self, server: &Server, is_over: &AtomicBool) {
        for turn in 0.. {
            let is_copied = is_over.load(Ordering::SeqCst);
            let reply = try_to_log_in(server);
            if says_that_changes_are_held(&reply) {
                assert_eq!(reply.header("retry-after"), Some("30"), "{}", reply.text());
                return;
            }
            assert!(!is_copied, "changes are held in the end");
            if reply.status == 503 {
                // This machine is busy.
                continue;
            }
            assert_eq!(reply.status, 200, "{}", reply.text());
            let token = reply.json()["access_token"].as_str().expect("a token").to_owned();
            if turn % 3 != 0 {
                self.logged_in.lock().expect("nobody panics").push(token);
            } else if log_out(server, &token) == 200 {
                self.logged_out.lock().expect("nobody panics").push(token);
            }
        }
    }

    fn length(&self) -> usize {
        self.logged_in.lock().expect("nobody panics").len()
    }

    #[track_caller]
    fn is_in(&self, server: &Server) {
        for token in &*self.logged_in.lock().expect("nobody panics") {
            assert!(counts(server, token), "a login that was acknowledged");
        }
        for token in &*self.logged_out.lock().expect("nobody panics") {
            assert!(!counts(server, token), "a logout that was acknowledged");
        }
    }
}

/// Copies under load; then the store of before takes no change, and all that was acknowledged is in the other one.
fn moves(servers: &mut [Server], to: &str) -> Server {
    let (ledger, is_over) = (Ledger::default(), AtomicBool::new(false));
    let output = thread::scope(|scope| {
        for server in &*servers {
            for _client in 0..2 {
                scope.spawn(|| ledger.write(server, &is_over));
            }
        }
        until("some are logged in", DEADLINE, || (ledger.length() >= 10).then_some(()));
        let before = ledger.length();
        let output = copy(&servers[0], to);
        is_over.store(true, Ordering::SeqCst);
        assert!(ledger.length() > before, "others went on meanwhile");
        output
    });
    done(&output);
    assert!(stderr(&output).contains("Now set store.url to"), "{}", stderr(&output));
    // Checks go on, changes are held, and no server begins on it.
    for server in &mut *servers {
        ledger.is_in(server);
        let refused = try_to_log_in(server);
        refused.refused(503, "E_Unavailable");
        assert!(refused.text().contains("The service is moving"), "{}", refused.text());
        assert_eq!(server.request("GET", "/readyz").send().status, 200);
    }
    let copied = start(Some(to));
    ledger.is_in(&copied);
    assert!(log_in(&copied).is_some());
    copied
}

fn begins_no_more(server: &Server, url: &str) {
    let output = server.command_with(&["serve"], &[("store.url", url)]);
    refused(&output, "takes no changes since then: set store.url to that");
}

#[test]
fn a_server_moves_to_redis_without_losing_an_acknowledged_act_and_back() {
    let (redis, folder) = (RedisServer::start(), TempDir::new().expect("a folder"));
    let mut servers = [with_many()];
    let on_redis = moves(&mut servers, &redis.url());
    let [mut old] = servers;
    old.ask_to_stop();
    old.stopped();
    begins_no_more(&old, &format!("embedded:{}", old.data().display()));
    refused(&old.command(&["user", "list"], ""), "takes no changes since then");

    // Back, from two servers.
    let back = format!("embedded:{}", folder.path().join("data").display());
    let mut servers = [on_redis, start(Some(&redis.url()))];
    drop(moves(&mut servers, &back));
    begins_no_more(&servers[0], &redis.url());
}

#[test]
fn a_store_takes_changes_again_when_a_copy_is_undone() {
    let (redis, second) = (RedisServer::start(), RedisServer::start());
    let mut server = with_somebody(None);
    let token = log_in(&server).expect("let in");
    done(&copy(&server, &redis.url()));
    assert!(is_held(&server, &token) && counts(&server, &token));
    refused(&copy(&server, &second.url()), "changes are held already");
    let undone = server.command(&["store", "copy", "--undo"], "");
    done(&undone);
    assert!(!is_held(&server, &token));

    // Of a server that was stopped meanwhile, and of Redis.
    second.command("FLUSHALL");
    done(&copy(&server, &second.url()));
    server.ask_to_stop();
    server.stopped();
    let held = || server.command(&["user", "list"], "");
    refused(&held(), "takes no changes since then");
    done(&server.command(&["store", "copy", "--undo"], ""));
    done(&held());
    let on_redis = start(Some(&second.url()));
    let folder = TempDir::new().expect("a folder");
    done(&copy(&on_redis, &format!("embedded:{}", folder.path().join("data").display())));
    assert!(is_held(&on_redis, &token));
    done(&on_redis.command(&["store", "copy", "--undo"], ""));
    assert!(!is_held(&on_redis, &token));
}

#[test]
fn a_store_with_something_in_it_is_not_copied_into_and_the_other_goes_on() {
    let redis = RedisServer::start();
    let server = with_somebody(None);
    let token = log_in(&server).expect("let in");
    redis.command("SET bimgate:e:somebody@example.org 1");
    refused(&copy(&server, &redis.url()), "only an empty one is filled");
    assert_eq!(redis.command("DBSIZE").trim(), ":1", "nothing was written");
    let other = start(None);
    refused(&copy(&server, &format!("embedded:{}", other.data().display())), "stop it first");
    assert!(!is_held(&server, &token) && log_in(&server).is_some());
}

/// So many people that a copy takes a while.
fn with_many() -> Server {
    let server = with_somebody(None);
    let people: Vec<_> = (0..3000).map(|n| format!("{n}@example.org")).collect();
    fs::write(server.data().join("people.csv"), format!("email\n{}\n", people.join("\n"))).expect("written");
    server.run(&["user", "import", server.data().join("people.csv").to_str().expect("a path")], "");
    server
}

fn begin_copy(server: &Server, to: &str) -> Child {
    let mut command = Command::new("sh");
    let script = server.script();
    command.args(["-c", &script, "bimgate", "store", "copy", "--to", to]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs")
}

/// Nobody serves what is there.
fn is_half_filled(to: &str) {
    let folder = TempDir::new().expect("a folder");
    let (status, told) = ends(serving(folder.path(), to).arg("serve"));
    assert_eq!(status.code(), Some(1), "{told}");
    assert!(told.contains("is being restored into this store"), "{told}");
}

fn serving(folder: &Path, url: &str) -> Command {
    let mut command = bimgate(folder);
    command.env("BIMGATE__STORE__URL", url).env("BIMGATE__SIGNING__KEY_FILE", SIGNING_KEY);
    command.env("BIMGATE__SERVER__LISTEN", "127.0.0.1:0");
    command
}

/// Begins a copy and kills it when it is time, and waits until changes go on. False if they do not, because the copy was
/// done by then.
fn is_killed(server: &Server, redis: &RedisServer, token: &str, is_time: &dyn Fn() -> bool) -> bool {
    let mut command = begin_copy(server, &redis.url());
    until("it is time to kill it", DEADLINE, || {
        let ended = command.try_wait().expect("a child");
        assert!(ended.is_none_or(|status| status.success()), "it goes on");
        (ended.is_some() || is_time()).then_some(())
    });
    command.kill().expect("it may be killed");
    command.wait().expect("it ends");
    let since = Instant::now();
    while is_held(server, token) {
        if since.elapsed() > HELD_FOR * 2 {
            return false;
        }
        // Not more often: each question is a request for a token, and the throttle would answer instead.
        thread::sleep(Duration::from_millis(100));
    }
    true
}

#[test]
fn a_copy_that_is_killed_leaves_a_store_that_goes_on_and_one_that_nobody_serves() {
    let redis = RedisServer::start();
    let server = with_many();
    let token = log_in(&server).expect("let in");
    let size = || redis.command("DBSIZE").trim().trim_start_matches(':').parse::<usize>().expect("a number");
    // While everything is copied, then while changes are held.
    let is_copied: &dyn Fn() -> bool = &|| size() > 500;
    let is_paused: &dyn Fn() -> bool = &|| is_held(&server, &token);
    for is_time in [is_copied, is_paused] {
        let killed = |_| {
            let is_killed = is_killed(&server, &redis, &token, is_time);
            if is_killed {
                is_half_filled(&redis.url());
            } else {
                done(&server.command(&["store", "copy", "--undo"], ""));
            }
            redis.command("FLUSHALL");
            is_killed
        };
        assert!((0..TRIES).any(killed), "a copy is killed before it is done");
    }
    done(&copy(&server, &redis.url()));
    assert!(counts(&start(Some(&redis.url())), &token));
}

#[test]
fn a_server_that_is_killed_during_a_copy_goes_on_with_its_own_store() {
    let redis = RedisServer::start();
    let mut server = with_many();
    let token = log_in(&server).expect("let in");
    for _ in 0..TRIES {
        let command = begin_copy(&server, &redis.url());
        until("changes are held", DEADLINE, || is_held(&server, &token).then_some(()));
        server.kill();
        let output = command.wait_with_output().expect("it ends");
        let is_kept = stderr(&server.command(&["user", "list"], "")).contains("takes no changes since then");
        if !is_kept {
            assert!(!output.status.success(), "{}", stderr(&output));
            is_half_filled(&redis.url());
            server.restart();
            assert!(counts(&server, &token) && !is_held(&server, &token));
            return;
        }
        done(&server.command(&["store", "copy", "--undo"], ""));
        redis.command("FLUSHALL");
        server.restart();
    }
    panic!("a server is killed before the copy is done");
}
