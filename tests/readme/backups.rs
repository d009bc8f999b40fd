//! Backups, taken and restored as `docs/operations/backup.md` says it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::redis_server::RedisServer;
use crate::support::server::{SIGNING_KEY, Server};

const BACKUP: &str = include_str!("../../docs/operations/backup.md");
const UPGRADE: &str = include_str!("../../docs/operations/upgrade.md");

fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    page.split(&begin).skip(1).map(|block| block.split("```").next().expect("a block")).collect()
}

fn put(program: &Path, text: &str) {
    fs::write(program, text).expect("written");
    fs::set_permissions(program, fs::Permissions::from_mode(0o700)).expect("set");
}

#[test]
fn backups_are_taken_encrypted_restored_and_copied_as_the_page_says() {
    let mut server = Server::start(&[("signing.key_file", SIGNING_KEY)]);
    server.run(&["user", "add", "--email", "someone@example.org", "--no-password"], "");
    let (folder, redis) = (TempDir::new().expect("a folder"), RedisServer::start());
    let program = folder.path().join("bimgate");
    put(&program, &server.script());
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
    let walk = |block: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("set -euo pipefail\n{block}")]).current_dir(folder.path()).env("PATH", &path);
        let output = bash.output().expect("bash runs");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(output.status.success(), "{block}{said}");
        said
    };
    let all = blocks(BACKUP, "sh");
    let [take, encrypt, restore, copy] = &all[..] else { panic!("{all:#?}") };
    assert!(walk(take).contains("1 person, 1 signing key"));
    walk("age-keygen -o key.txt 2> /dev/null");
    fs::remove_file(folder.path().join("bimgate.backup")).expect("there");
    walk(&format!("RECIPIENT=$(age-keygen -y key.txt)\n{encrypt}"));
    assert!(walk("bimgate store verify bimgate.backup").contains("1 person, 1 signing key"));
    let [upgrade] = blocks(UPGRADE, "sh")[..] else { panic!("{UPGRADE}") };
    walk(upgrade);

    let url = redis.url();
    assert!(walk(&copy.replace("redis://127.0.0.1:6379", &url)).contains("Copied 1 person"));
    server.ask_to_stop();
    server.stopped();
    fs::remove_dir_all(server.data()).expect("ours");
    assert!(walk(restore).contains("Restored the backup taken 20"));
    assert!(server.run(&["user", "list"], "").contains("someone@example.org"));
    let on_redis = server.command_with(&["user", "list"], &[("store.url", &url)]);
    assert!(String::from_utf8_lossy(&on_redis.stdout).contains("someone@example.org"));
}

#[test]
fn the_settings_of_regular_backups_are_good() {
    let [block] = blocks(BACKUP, "toml")[..] else { panic!("{BACKUP}") };
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("bimgate.toml"), block).expect("written");
    let mut check = Command::new(env!("CARGO_BIN_EXE_bimgate"));
    let output = check.args(["config", "check"]).env_clear().current_dir(folder.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
