//! Files that are no whole backups, and processes that are killed in the middle of one.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bimgate::backup::{Arriving, Backup, BackupError, chunks};
use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{Account, Email, UserId};
use bimgate::store::embedded::EmbeddedStore;
use bimgate::store::{Accounts as _, RedirectUrls as _};
use futures_util::TryStreamExt as _;
use rustix::process::Signal;
use tempfile::TempDir;
use uuid::Uuid;

use super::support::redis_server::RedisServer;
use super::support::server::{SIGNING_KEY, Server, ends};
use super::support::wait::until;
use super::{bimgate, stderr};

const DEADLINE: Duration = Duration::from_secs(60);

/// The bytes of a backup of so many people.
fn backup_of(people: usize) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = EmbeddedStore::throw_away(Arc::new(SystemClock), DEADLINE).expect("a store");
        let now = SystemClock.now();
        let accounts: Vec<_> = (0..people)
            .map(|n| {
                Account::new(
                    UserId(Uuid::new_v4()),
                    Email::new(&format!("{n}@example.org")).expect("an address"),
                    0,
                    now,
                )
            })
            .collect();
        store.create_accounts(&accounts).await.expect("created");
        store.register_redirect("https://viewer.example.org/").await.expect("registered");
        let chunks: Vec<_> = chunks(&store, now).try_collect().await.expect("a backup");
        chunks.concat()
    })
}

/// Reads a file as a backup, to its end.
fn read(path: &Path, bytes: &[u8]) -> Result<usize, BackupError> {
    fs::write(path, bytes).expect("written");
    Backup::open(path)?.entries()?.try_fold(0, |count, entry| entry.map(|_| count + 1))
}

#[test]
fn a_backup_that_is_cut_or_changed_anywhere_is_none() {
    let (folder, whole) = (TempDir::new().expect("a folder"), backup_of(5));
    let path = folder.path().join("backup");
    assert_eq!(read(&path, &whole).expect("whole"), 5 + 1 + 2, "people, a URL, groups, keys");
    for end in 0..whole.len() {
        assert!(read(&path, &whole[..end]).is_err(), "cut after {end} bytes of {}", whole.len());
        let mut flipped = whole.clone();
        flipped[end] ^= 1 << (end % 8);
        assert!(read(&path, &flipped).is_err(), "a bit of byte {end}");
    }
    assert!(read(&path, &[&whole[..], b"\n"].concat()).is_err(), "a byte too many");
}

#[test]
fn a_file_that_is_no_backup_is_refused_in_a_sentence_before_anything_is_written() {
    let folder = TempDir::new().expect("a folder");
    let (path, whole) = (folder.path().join("backup"), backup_of(3));
    let later = [b"bimgate backup 2\n", &whole[17..]].concat();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let cases: [(&[u8], &str); 6] = [
        (b"", "it is no backup of bimgate"),
        (b"SQLite format 3\0", "it is no backup of bimgate"),
        (&whole[..10], "it is no backup of bimgate"),
        (&later, "by a later release, in version 2 of the format"),
        (&whole[..whole.len() - 1], "it is cut off or damaged"),
        (&flipped, "it is cut off or damaged"),
    ];
    for (bytes, words) in cases {
        fs::write(&path, bytes).expect("written");
        for verb in ["verify", "restore"] {
            let output = bimgate(folder.path()).args(["store", verb, "backup"]).output().expect("it ends");
            assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
            assert!(stderr(&output).contains(words), "{verb}: {}", stderr(&output));
        }
    }
    let output = bimgate(folder.path()).args(["store", "restore", "/dev/null"]).output().expect("it ends");
    assert!(stderr(&output).contains("put the backup into a file first"), "{}", stderr(&output));
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_backup_that_does_not_arrive_whole_is_none() {
    let whole = backup_of(50);
    let is_whole = |bytes: &[u8], length: usize| {
        let mut arriving = Arriving::default();
        bytes.chunks(length).for_each(|chunk| arriving.pass(chunk));
        arriving.is_whole()
    };
    for length in [1, 31, 32, 33, whole.len()] {
        assert!(is_whole(&whole, length) && !is_whole(&whole[..whole.len() - 1], length) && !is_whole(&[], length));
    }
    // A server that ends in the middle, without a word.
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("made");
    let listener = UnixListener::bind(folder.path().join("data/bimgate.sock")).expect("bound");
    let half = whole[..whole.len() / 2].to_vec();
    let serving = thread::spawn(move || {
        drop(listener.accept().expect("asked whether it is there"));
        let (mut stream, _) = listener.accept().expect("asked for a backup");
        let head = BufReader::new(&stream).lines().map_while(Result::ok);
        let head: Vec<_> = head.take_while(|line| !line.is_empty()).collect();
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").expect("taken");
        stream.write_all(&half).expect("taken");
        head
    });
    let (status, told) = ends(bimgate(folder.path()).args(["store", "backup", "backup"]));
    assert_eq!(status.code(), Some(3), "{told}");
    assert!(told.contains("has cut the backup off"), "{told}");
    assert_eq!(serving.join().expect("it served")[0], "GET /manage/v1/backup HTTP/1.1");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing but the data folder");
}

/// A server that stands still, and a command that has begun to write its backup.
fn in_the_middle(server: &Server, backup: &Path) -> Child {
    server.signal(Signal::STOP);
    let mut command = bimgate(backup.parent().expect("a folder"));
    let url = format!("embedded:{}", server.data().display());
    let backup_path = backup.to_str().expect("a path");
    command.args(["store", "backup", backup_path]).env("BIMGATE__STORE__URL", url);
    let child = command.stderr(Stdio::piped()).spawn().expect("it runs");
    until("it writes", DEADLINE, || partial(backup).exists().then_some(()));
    child
}

fn partial(backup: &Path) -> PathBuf {
    backup.with_extension("backup.partial")
}

#[test]
fn a_backup_that_is_killed_is_none_and_in_nobodys_way() {
    let (folder, mut server) = (TempDir::new().expect("a folder"), Server::start(&[]));
    server.run(&["user", "add", "--email", "a@example.org", "--no-password"], "");
    let backup = folder.path().join("of-today.backup");
    let mut command = in_the_middle(&server, &backup);
    command.kill().expect("it runs");
    command.wait().expect("it ends");
    server.signal(Signal::CONT);
    assert!(!backup.exists() && partial(&backup).exists());
    server.run(&["store", "backup", backup.to_str().expect("a path")], "");
    assert!(!partial(&backup).exists());
    let before = fs::read(&backup).expect("there");

    let command = in_the_middle(&server, &backup);
    server.kill();
    let ended = command.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(3), "{}", stderr(&ended));
    assert!(!partial(&backup).exists());
    assert_eq!(fs::read(&backup).expect("there"), before, "the one of before stays");
    server.restart();
    assert!(server.run(&["user", "list"], "").contains("a@example.org"));
}

/// Restores a backup, and kills that when `is_time` says so.
fn killed(folder: &Path, url: &str, mut is_time: impl FnMut() -> bool) {
    let mut restore =
        command(folder, url, &["store", "restore", "backup"]).stderr(Stdio::null()).spawn().expect("it runs");
    until("it is time", DEADLINE, || (is_time() || restore.try_wait().expect("a child").is_some()).then_some(()));
    let _ = restore.kill();
    restore.wait().expect("it ends");
}

fn command(folder: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = bimgate(folder);
    command.args(arguments).env("BIMGATE__STORE__URL", url).env("BIMGATE__SIGNING__KEY_FILE", SIGNING_KEY);
    command.env("BIMGATE__SERVER__LISTEN", "127.0.0.1:0");
    command
}

/// Nobody serves, reads or fills what is there.
fn is_told(folder: &Path, url: &str, advice: &str) {
    for arguments in [&["serve"][..], &["user", "list"], &["store", "restore", "backup"], &["store", "backup", "other"]]
    {
        let (status, told) = ends(&mut command(folder, url, arguments));
        assert_eq!(status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.contains("is being restored into this store") && told.contains(advice), "{arguments:?}: {told}");
    }
}

#[test]
fn a_restore_that_is_killed_is_told_of_and_nothing_of_it_is_served() {
    const PEOPLE: usize = 4_000;
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("backup"), backup_of(PEOPLE)).expect("written");
    let redis = RedisServer::start();
    let size = || redis.command("DBSIZE").trim().trim_start_matches(':').parse::<usize>().expect("a number");
    killed(folder.path(), &redis.url(), || size() > 500);
    assert!(size() < PEOPLE * 2, "it was not finished");
    is_told(folder.path(), &redis.url(), "remove every key that begins with bimgate:");
    redis.command("FLUSHALL");
    let again = command(folder.path(), &redis.url(), &["store", "restore", "backup"]).output().expect("it ends");
    assert!(again.status.success(), "{}", stderr(&again));

    let file = folder.path().join("data/bimgate.redb");
    let mut seen = 0;
    for changes in 2.. {
        let (mut before, mut count) = (None, 0);
        killed(folder.path(), "embedded:./data", || {
            let now = fs::metadata(&file).ok().map(|file| (file.modified().expect("a time"), file.len()));
            count += u32::from(now != before);
            before = now;
            count >= changes
        });
        let mut listing = command(folder.path(), "embedded:./data", &["user", "list", "--json", "--limit", "10000"]);
        let list = listing.output().expect("it ends");
        let people = list.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        if list.status.success() {
            assert!(people == 0 || people == PEOPLE, "{people} people are half a store");
        } else if list.status.code() == Some(1) {
            is_told(folder.path(), "embedded:./data", "bimgate.redb away");
            seen += 1;
        }
        if file.exists() {
            fs::remove_file(&file).expect("ours");
        }
        if people == PEOPLE || seen == 3 {
            break;
        }
    }
    assert!(seen > 0, "at least one was killed in the middle");
    let again = command(folder.path(), "embedded:./data", &["store", "restore", "backup"]).output().expect("it ends");
    assert!(again.status.success(), "{}", stderr(&again));
}
