//! The way to a first token, as `docs/operations/install.md` says it. `scripts/try-install` goes all of it, on a fresh
//! Debian; here is what a server alone can tell.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use tempfile::TempDir;

use crate::support::server::Server;

const INSTALL: &str = include_str!("../../docs/operations/install.md");

/// The blocks of the page in a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    INSTALL.split(&begin).skip(1).map(|block| block.split("```").next().expect("a block")).collect()
}

#[test]
fn the_first_user_gets_a_token_as_pasted() {
    let server = Server::start(&[]);
    let folder = TempDir::new().expect("a folder");
    let program = folder.path().join("bimgate");
    fs::write(&program, server.script()).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("set");
    let [_package, add, log_in, ..] = blocks("sh")[..] else { panic!("blocks are missing") };
    let script = format!("set -euo pipefail\n{add}{log_in}").replace("127.0.0.1:8080", &server.address.to_string());
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash").args(["-c", &script]).env("PATH", path).output().expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("\"access_token\":\""), "{said}");
}

#[test]
fn the_settings_on_the_way_are_good() {
    let folder = TempDir::new().expect("a folder");
    let files = [("certificate.pem", "server.pem"), ("key.pem", "server-key.pem")];
    for (name, from) in files {
        let from = format!("{}/tests/support/tls/{from}", env!("CARGO_MANIFEST_DIR"));
        fs::copy(from, folder.path().join(name)).expect("copied");
    }
    fs::write(folder.path().join("scim-token"), "0123456789abcdef".repeat(4)).expect("written");
    let settings = blocks("toml").concat().replace("/etc/bimgate/secrets", &folder.path().display().to_string());
    fs::write(folder.path().join("bimgate.toml"), settings).expect("written");
    let mut check = Command::new(env!("CARGO_BIN_EXE_bimgate"));
    let output = check.args(["config", "check"]).env_clear().current_dir(folder.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(blocks("toml").len(), 2);
}
