//! The way from the vendor's service, walked as `docs/moving.md` says it.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::support::client::Request;
use crate::support::server::Server;

const MOVING: &str = include_str!("../../docs/moving.md");

/// The commands of the page, block by block.
fn blocks() -> Vec<&'static str> {
    MOVING.split("```sh\n").skip(1).map(|block| block.split("```").next().expect("a block")).collect()
}

#[test]
fn the_way_from_the_vendors_service_can_be_walked() {
    let old = Server::start(&[]);
    let url = format!("http://{}", old.address);
    let new = Server::start(&[("upstream.url", &url), ("server.public_url", "https://login.example.org")]);
    let rows = ["someone", "late"].map(|person| {
        let (email, password) = (format!("{person}@example.org"), format!("the password of {person}"));
        let added = old.run(&["user", "add", "--email", &email, "--password-stdin"], &password);
        format!("{},{email},Some One\n", added.trim())
    });
    let table = format!("id,email,name\n{}", rows.concat());
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("users.csv"), table).expect("written");
    std::fs::write(folder.path().join("password.txt"), "the password of someone\n").expect("written");
    let program = folder.path().join("bimgate");
    std::fs::write(&program, new.script()).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).expect("set");
    let walk = |block: &str| {
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("set -euo pipefail\n{block}")]).current_dir(folder.path()).env("PATH", path);
        let output = bash.output().expect("bash runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{block}{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    };
    let blocks = blocks();
    let [import, attempt, watch, app_password, stragglers, invite] = &blocks[..] else { panic!("{blocks:#?}") };
    walk(import);
    assert!(walk(attempt).contains("comes over at the next login"));
    let log_in = |email: &str, password: &str| {
        let body = json!({"user_id": email, "password": password}).to_string();
        Request::new(new.address, "POST", "/v2/authorize").body(body).send()
    };
    log_in("someone@example.org", "the password of someone").ok();
    assert!(walk(watch).contains("someone@example.org"));
    let app_password = walk(app_password);
    let app_password = app_password.split_whitespace().find(|word| word.starts_with("bgap-")).expect("shown");
    log_in("someone@example.org", app_password).ok();
    let people = walk(stragglers);
    assert!(people.contains("late@example.org") && !people.contains("someone@example.org"), "{people}");
    assert!(walk(invite).contains("https://login.example.org/account/link?"));
}

#[test]
fn the_settings_on_the_way_are_good() {
    let block = MOVING.split("```toml\n").nth(1).and_then(|block| block.split("```").next()).expect("a block");
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("bimgate.toml"), block).expect("written");
    let mut check = Command::new(env!("CARGO_BIN_EXE_bimgate"));
    let output = check.args(["config", "check"]).env_clear().current_dir(folder.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
