//! What the README says can be pasted, can be pasted.

#[path = "support/mod.rs"]
mod support;

#[path = "readme/backups.rs"]
mod backups;
#[path = "readme/install.rs"]
mod install;
#[path = "readme/moving.rs"]
mod moving;
#[path = "readme/proxies.rs"]
mod proxies;

use std::process::Command;

use support::server::Server;

const README: &str = include_str!("../README.md");

/// The shell commands below a heading, one text a block.
fn blocks(heading: &str) -> Vec<&'static str> {
    let (_, rest) = README.split_once(&format!("\n## {heading}\n")).expect("the heading");
    let section = rest.split("\n## ").next().expect("a section");
    section.split("```sh\n").skip(1).map(|block| block.split("```").next().expect("a block")).collect()
}

#[test]
fn the_two_commands_stand_alone() {
    assert_eq!(blocks("Try it"), ["cargo run --release -- serve --demo\n", "./scripts/test\n"]);
}

#[test]
fn the_seven_flows_work_as_pasted() {
    let demo = Server::start_with(&["serve", "--demo"], &[]);
    let flows = blocks("The seven flows");
    assert_eq!(flows.len(), 7);
    // As in one terminal: each block must succeed, and so must each part of a pipe, and what it learns must be a token.
    let mut script = String::from("set -euo pipefail\n");
    for flow in flows {
        script.push_str(&flow.replace("127.0.0.1:8080", &demo.address.to_string()));
        script.push_str("\necho\n");
    }
    script.push_str("for token in \"$TOKEN\" \"$CROSS\" \"$REMEMBERED\"; do [ ${#token} -eq 32 ]; done\n");
    let output = Command::new("bash").args(["-c", &script]).output().expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let told = ["\"user_id\":\"b37b60d4-0f1b-4158-99c4-847254786517\"", "\"expires_in\":28799", "\"expires_in\":0"];
    for told in told {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn every_command_named_exists() {
    let server = Server::start(&[]);
    for line in blocks("Users and sessions").concat().lines() {
        let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
        let words = line.split_whitespace().skip(1);
        let words = words.take_while(|word| !word.starts_with('-') && word.chars().all(is_part));
        let words: Vec<_> = words.chain(["--help"]).collect();
        let help = server.run(&words, "");
        for option in line.split(|c| !is_part(c)).filter(|word| word.starts_with("--")) {
            let known = help.split(|c| !is_part(c)).any(|word| word == option);
            assert!(known, "{option} of `{line}` is not in {help}");
        }
    }
}

#[test]
fn the_settings_for_identity_providers_are_good() {
    let (_, rest) = README.split_once("\n## Identity providers\n").expect("the heading");
    let blocks = rest.split("\n## ").next().expect("a section").split("```toml\n").skip(1);
    let mut count = 0;
    for settings in blocks.map(|block| block.split("```").next().expect("a block")) {
        let folder = tempfile::TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("bimgate.toml"), settings).expect("written");
        std::fs::write(folder.path().join("openid-client-secret"), "secret\n").expect("written");
        let mut check = Command::new(env!("CARGO_BIN_EXE_bimgate"));
        let output = check.args(["config", "check"]).env_clear().current_dir(folder.path()).output().expect("it runs");
        assert!(output.status.success(), "{settings}{}", String::from_utf8_lossy(&output.stderr));
        count += 1;
    }
    assert_eq!(count, 3);
}

#[test]
fn the_settings_shown_are_good() {
    let shown = blocks("Settings").concat();
    let (settings, command): (Vec<_>, Vec<_>) = shown.split_whitespace().partition(|word| word.contains('='));
    assert_eq!((settings.len(), command), (2, vec!["bimgate", "serve"]));
    let variables = settings.into_iter().filter_map(|word| word.split_once('='));
    let output = Command::new(env!("CARGO_BIN_EXE_bimgate"))
        .args(["config", "check"])
        .env_clear()
        .envs(variables)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .output()
        .expect("bimgate runs");
    assert!(output.status.success(), "{shown}{}", String::from_utf8_lossy(&output.stderr));
}
