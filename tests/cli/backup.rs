//! `bimgate store …`: what is in a backup comes back, on the same kind of store and on the other.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::held::{EMAIL, SessionWithAccount};
use super::place::Place;
use super::support::client::Request;
use super::support::redis_server::RedisServer;
use super::support::server::{SIGNING_KEY, Server};
use super::support::wait::until;
use super::{stderr, stdout};

const DEADLINE: Duration = Duration::from_secs(60);
const WHO: &str = "someone@example.org";
const PASSWORD: &str = "the password of someone";

fn log_in(server: &Server, email: &str, password: &str) -> Option<String> {
    let body = json!({"user_id": email, "password": password}).to_string();
    let reply = Request::new(server.address, "POST", "/v2/authorize").body(body).send();
    (reply.status == 200).then(|| reply.json()["access_token"].as_str().expect("a token").to_owned())
}

fn counts(server: &Server, token: &str) -> bool {
    server.request("GET", "/v2/authorize").token(token).send().status == 200
}

/// A server with a person who has a password, an app password and a token, and with one who is disabled.
struct Begun {
    server: Server,
    token: String,
    revoked: String,
    app_password: String,
}

impl Begun {
    fn on(url: Option<&str>) -> Self {
        let mut settings = vec![("signing.key_file", SIGNING_KEY), ("store.timeout_ms", "10000")];
        settings.extend(url.map(|url| ("store.url", url)));
        let server = Server::start(&settings);
        server.run(&["user", "add", "--email", WHO, "--password-stdin"], PASSWORD);
        server.run(&["user", "add", "--email", "gone@example.org", "--password-stdin"], PASSWORD);
        server.run(&["user", "disable", "gone@example.org"], "");
        server.run(&["redirect", "add", "https://viewer.example.org/done"], "");
        let app_password = server.run(&["user", "app-password", "add", WHO, "--name", "plugin"], "").trim().to_owned();
        let [token, revoked] = [(); 2].map(|()| log_in(&server, WHO, PASSWORD).expect("let in"));
        assert_eq!(server.request("DELETE", "/v2/authorize").token(&revoked).send().status, 200);
        Self { server, token, revoked, app_password }
    }

    /// Restores a backup into another store; what was told.
    fn restore(&self, backup: &Path, url: &str, more: &[&str]) -> String {
        let arguments = [&["store", "restore", backup.to_str().expect("a path")], more].concat();
        let output = self.server.command_with(&arguments, &[("store.url", url)]);
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    }
}

/// Restores what was backed up under load into a store of another kind: of every login that was acknowledged before, the
/// token counts, with sessions; without, none does.
fn comes_back(begun: &Begun, others: [&str; 2]) {
    let folder = TempDir::new().expect("a folder");
    let backup = folder.path().join("bimgate.backup");
    let (tokens, stop) = (Mutex::new(vec![begun.token.clone()]), AtomicBool::new(false));
    let acknowledged = thread::scope(|scope| {
        for _client in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    let token = log_in(&begun.server, WHO, PASSWORD).expect("let in");
                    tokens.lock().expect("nobody panics").push(token);
                }
            });
        }
        let acknowledged = || tokens.lock().expect("nobody panics").len();
        until("some are logged in", DEADLINE, || (acknowledged() >= 10).then_some(()));
        let before = acknowledged();
        begun.server.run(&["store", "backup", backup.to_str().expect("a path")], "");
        stop.store(true, Ordering::SeqCst);
        before
    });
    assert_eq!(fs::metadata(&backup).expect("there").permissions().mode() & 0o777, 0o600);
    let said = begun.server.run(&["store", "verify", backup.to_str().expect("a path")], "");
    assert!(said.starts_with("taken 20") && said.contains("2 people") && said.contains("1 redirect URL"), "{said}");
    let tokens = &tokens.lock().expect("nobody panics")[..acknowledged];

    let said = begun.restore(&backup, others[0], &["--with-sessions"]);
    assert!(said.contains("come to life") && said.contains("are those of the backup"), "{said}");
    let kept = Server::start(&[("signing.key_file", SIGNING_KEY), ("store.url", others[0])]);
    for token in tokens {
        assert!(counts(&kept, token), "a login that was acknowledged before the backup");
    }
    assert!(!counts(&kept, &begun.revoked));
    has_people(&kept, begun);

    let said = begun.restore(&backup, others[1], &[]);
    assert!(said.contains("everybody logs in again") && said.contains("are those of the backup"), "{said}");
    let bare = Server::start(&[("signing.key_file", SIGNING_KEY), ("store.url", others[1])]);
    for token in tokens {
        bare.request("GET", "/v2/authorize").token(token).send().refused(401, "E_InvalidToken");
    }
    has_people(&bare, begun);
    let keys = |server: &Server| server.run(&["key", "list", "--json"], "");
    assert_eq!(keys(&bare), keys(&begun.server), "they open with the same secret");
}

/// Passwords work, and disablings are kept.
fn has_people(server: &Server, begun: &Begun) {
    let token = log_in(server, WHO, PASSWORD).expect("let in");
    assert!(counts(server, &token));
    assert!(log_in(server, WHO, &begun.app_password).is_some());
    assert!(log_in(server, "gone@example.org", PASSWORD).is_none());
    assert!(server.run(&["redirect", "list"], "").contains("https://viewer.example.org/done"));
    let again = server.command(&["user", "add", "--email", WHO, "--no-password"], "");
    assert_eq!(again.status.code(), Some(1), "the address is taken");
}

#[test]
fn what_was_backed_up_under_load_comes_back_on_redis() {
    let [with, without] = [RedisServer::start(), RedisServer::start()];
    comes_back(&Begun::on(None), [&with.url(), &without.url()]);
}

#[test]
fn what_was_backed_up_under_load_comes_back_on_the_embedded_store() {
    let (redis, folder) = (RedisServer::start(), TempDir::new().expect("a folder"));
    let [with, without] = ["with", "without"].map(|name| format!("embedded:{}", folder.path().join(name).display()));
    comes_back(&Begun::on(Some(&redis.url())), [&with, &without]);
}

#[test]
fn everything_of_a_person_is_in_it() {
    let held = SessionWithAccount::at(Place::beside());
    let Place::Beside(server) = &held.place else { panic!("beside") };
    let output = server.command(&["store", "backup", "-"], "");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
    let folder = TempDir::new().expect("a folder");
    let backup = folder.path().join("backup");
    fs::write(&backup, &output.stdout).expect("written");
    let backup = backup.to_str().expect("a path");
    let said: Value = serde_json::from_str(&server.run(&["store", "verify", backup, "--json"], "")).expect("JSON");
    let number = |kind: &str| said[kind].as_u64().expect("a number");
    let kinds = ["people", "sessions", "tokens", "sign_ons", "redirect_urls", "licenses", "keys"];
    assert_eq!(kinds.map(number), [1, 2, 2, 1, 1, 1, 1], "{said}");
    SessionWithAccount::is_silent(&said.to_string());
    // A store that nobody serves is backed up without a server, and a session of it comes back.
    let other = format!("embedded:{}", folder.path().join("other").display());
    let restored = server.command_with(&["store", "restore", backup, "--with-sessions"], &[("store.url", &other)]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    let list = server.command_with(&["session", "list", "--user", EMAIL, "--json"], &[("store.url", &other)]);
    assert!(stdout(&list).contains(&held.session.to_string()), "{}{}", stdout(&list), stderr(&list));
    let again = server.command_with(&["store", "backup", "-"], &[("store.url", &other)]);
    assert!(again.stdout.starts_with(b"bimgate backup 1\n"), "{}", stderr(&again));
}

#[test]
fn a_store_that_is_in_use_or_has_something_is_not_filled() {
    let begun = Begun::on(None);
    let folder = TempDir::new().expect("a folder");
    let backup = folder.path().join("backup");
    let backup = backup.to_str().expect("a path");
    begun.server.run(&["store", "backup", backup], "");
    let refused = |output: &std::process::Output, words: &str| {
        assert_eq!(output.status.code(), Some(1), "{}", stderr(output));
        assert!(stderr(output).contains(words), "{}", stderr(output));
    };
    refused(&begun.server.command(&["store", "restore", backup], ""), "stop it first");
    let mut server = begun.server;
    server.ask_to_stop();
    server.stopped();
    refused(&server.command(&["store", "restore", backup], ""), "only an empty one is filled");
    let redis = RedisServer::start();
    redis.command("SET bimgate:e:somebody@example.org 1");
    let there = [("store.url", &*redis.url())];
    refused(&server.command_with(&["store", "restore", backup], &there), "every key that begins with bimgate:");
    assert_eq!(redis.command("DBSIZE").trim(), ":1", "nothing was written");
    server.restart();
    assert!(counts(&server, &begun.token));
}

/// As of a server that began while Redis was away.
#[test]
fn a_server_is_not_ready_while_its_store_is_half_restored() {
    let redis = RedisServer::start();
    let server = Server::start(&[("store.url", &redis.url())]);
    let ready = |status: u16| {
        until("readiness", DEADLINE, || (server.request("GET", "/readyz").send().status == status).then_some(()));
    };
    ready(200);
    redis.command("SET bimgate:restoring x");
    ready(503);
    assert!(server.log().contains("a backup is being restored into the store"), "{}", server.log());
    redis.command("DEL bimgate:restoring");
    ready(200);
}

#[test]
fn with_another_secret_new_keys_are_made() {
    let begun = Begun::on(None);
    let folder = TempDir::new().expect("a folder");
    let backup = folder.path().join("backup");
    begun.server.run(&["store", "backup", backup.to_str().expect("a path")], "");
    let other = Server::start(&[]);
    let (data, url) = (other.data(), format!("embedded:{}", other.data().display()));
    drop(other);
    let settings = [("store.url", &*url), ("signing.key_file", "")];
    let arguments = ["store", "restore", backup.to_str().expect("a path")];
    let restored = begun.server.command_with(&arguments, &settings);
    assert!(restored.status.success(), "{}", stderr(&restored));
    assert!(stderr(&restored).contains("do not open with the secret that is here"), "{}", stderr(&restored));
    assert!(!data.join("signing.key").exists(), "none was made");
    let server = Server::start(&[("store.url", &url)]);
    has_people(&server, &begun);
    let key = |server: &Server| server.run(&["key", "list", "--json"], "");
    assert_ne!(key(&server), key(&begun.server));
    // The secret of a store that is lost may be there already.
    drop(server);
    fs::remove_file(data.join("bimgate.redb")).expect("ours");
    assert!(data.join("signing.key").exists());
    let restored = begun.server.command_with(&arguments, &settings);
    assert!(restored.status.success(), "{}", stderr(&restored));
}

#[test]
fn a_copy_needs_no_new_login() {
    let begun = Begun::on(None);
    let redis = RedisServer::start();
    let mut server = begun.server;
    server.ask_to_stop();
    server.stopped();
    let copied = server.command(&["store", "copy", "--to", &redis.url()], "");
    assert!(copied.status.success() && stderr(&copied).contains(SIGNING_KEY), "{}", stderr(&copied));
    let on_redis = Server::start(&[("signing.key_file", SIGNING_KEY), ("store.url", &redis.url())]);
    assert!(counts(&on_redis, &begun.token) && !counts(&on_redis, &begun.revoked));
    drop(on_redis);
    let folder = TempDir::new().expect("a folder");
    let back = format!("embedded:{}", folder.path().join("data").display());
    let copied = server.command_with(&["store", "copy", "--to", &back], &[("store.url", &redis.url())]);
    assert!(copied.status.success(), "{}", stderr(&copied));
    let embedded = Server::start(&[("signing.key_file", SIGNING_KEY), ("store.url", &back)]);
    assert!(counts(&embedded, &begun.token) && !counts(&embedded, &begun.revoked));
}

#[test]
fn a_server_takes_backups_by_itself_and_keeps_the_newest() {
    let folder = TempDir::new().expect("a folder");
    let old =
        ["20200101", "20200102", "20200103"].map(|day| folder.path().join(format!("bimgate-{day}T000000Z.backup")));
    let mine = folder.path().join("mine.backup");
    old.iter().chain([&mine]).for_each(|path| fs::write(path, "old").expect("written"));
    let path = folder.path().to_str().expect("a path");
    let server = Server::start(&[("backup.folder", path), ("backup.keep", "2"), ("server.private_listen", "")]);
    let metrics = || server.request("GET", "/metrics").send().text();
    until("a backup is taken", DEADLINE, || {
        metrics().contains(r#"bimgate_backups_total{outcome="done"} 1"#).then_some(())
    });
    until("the oldest are gone", DEADLINE, || (!old[1].exists()).then_some(()));
    assert!(!old[0].exists() && old[2].exists() && mine.exists());
    let new = fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
    let new = new.into_iter().find(|path| path != &mine && !old.contains(path)).expect("the new one");
    let said = server.run(&["store", "verify", new.to_str().expect("a path")], "");
    assert!(said.contains("1 signing key"), "{said}");
    assert!(metrics().contains("bimgate_newest_backup_seconds 1"), "{}", metrics());
}

#[test]
fn a_backup_that_cannot_be_taken_is_logged_once_with_its_cause() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    let server = Server::start(&[("backup.folder", file.join("below").to_str().expect("a path"))]);
    let metrics = || server.request("GET", "/metrics").send().text();
    until("it fails", DEADLINE, || metrics().contains(r#"bimgate_backups_total{outcome="failed"} 1"#).then_some(()));
    let told = until("it is logged", DEADLINE, || {
        let log = server.log();
        log.contains("no backup could be taken").then_some(log)
    });
    assert_eq!(told.matches("no backup could be taken").count(), 1, "{told}");
    assert!(told.contains("Not a directory"), "{told}");
}
