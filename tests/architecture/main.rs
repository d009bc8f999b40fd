//! The tree keeps its shape: arrows between rooms run one way, no modules beside each other need each other, and what
//! belongs to one room stays there.

mod modules;

use std::fs;
use std::path::Path;

use modules::{Modules, files_below};

/// The rooms of `src`, from the ground up. Each may use those of the rows above its own, and no other.
const ROWS: [&[&str]; 15] = [
    &["domain", "tls"],
    &["clock", "settings"],
    &["telemetry"],
    &["mail", "store"],
    &["backup", "error", "events"],
    &["auth"],
    &["acme", "bearer"],
    &["session"],
    &["login", "token"],
    &["account", "groups"],
    &["admin"],
    &["http", "otlp", "sinks"],
    &["demo"],
    &["app"],
    &["cli"],
];

/// Modules beside each other that need each other.
const TOGETHER: [&str; 2] = [
    // An account, its sessions, and the logins that open them describe each other.
    "domain", // The table of routes names the handlers, and they name routes.
    "http",
];

/// Other crates, and the rooms that may name them.
const OTHERS: [(&[&str], &[&str]); 5] = [
    (&["actix_http", "actix_rt", "actix_service", "actix_web"], &["http", "demo", "app", "cli"]),
    (&["redb", "redis"], &["store"]),
    (&["ldap3"], &["auth", "settings"]),
    (&["lettre"], &["mail", "settings"]),
    (&["prost"], &["otlp"]),
];

/// What the domain does not do: wait, read, write, ask the system.
const NOT_IN_THE_DOMAIN: [&str; 7] =
    ["tokio::", "std::env", "std::fs", "std::net::Tcp", "std::net::Udp", "std::process", "std::thread"];

/// A file is bounded by its subject. What is longer than this, comments and unit tests aside, has two.
const MAX_LINES: usize = 700;

#[test]
fn arrows_run_one_way() {
    let row = |room: &str| {
        let row = ROWS.iter().position(|rooms| rooms.contains(&room));
        row.unwrap_or_else(|| panic!("{room} stands in no row"))
    };
    let modules = Modules::of_src();
    for (name, _) in modules.iter() {
        for used in modules.used_by(name) {
            if let (Some(room), Some(other)) = (name.first(), used.first()) {
                let allowed = room == other || row(other) < row(room);
                assert!(allowed, "{} uses {}, which is no room below {room}", name.join("::"), used.join("::"));
            }
        }
    }
}

#[test]
fn no_modules_beside_each_other_need_each_other() {
    let mut circles = Modules::of_src().circles();
    circles.retain(|circle| !circle[0].rsplit_once("::").is_some_and(|(parent, _)| TOGETHER.contains(&parent)));
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn other_crates_stay_in_their_rooms() {
    let modules = Modules::of_src();
    for (name, room) in modules.iter().filter_map(|(name, _)| Some((name, name.first()?))) {
        for path in modules.outside(name) {
            for (crates, rooms) in OTHERS {
                let foreign = crates.contains(&path[0].as_str()) && !rooms.contains(&room.as_str());
                assert!(!foreign, "{} uses {}", name.join("::"), path.join("::"));
            }
            let path = path.join("::");
            let forbidden = room == "domain" && NOT_IN_THE_DOMAIN.iter().any(|begin| path.starts_with(begin));
            assert!(!forbidden, "{} uses {path}", name.join("::"));
        }
    }
}

/// `clippy::self_named_module_files` holds the place of all other modules.
#[test]
fn unit_tests_stand_at_the_end_of_their_file_or_in_tests_beside_it() {
    let modules = Modules::of_src();
    for (name, module) in modules.iter() {
        let tests = module.for_tests.iter().all(|child| child == "tests");
        assert!(tests && !module.text.contains("#[path"), "{} has tests elsewhere", name.join("::"));
    }
}

#[test]
fn no_file_is_longer_than_one_subject() {
    for folder in ["src", "tests", "benches"] {
        for file in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            let text = fs::read_to_string(&file).expect("a source file can be read");
            let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//")).count();
            assert!(lines <= MAX_LINES, "{} has {lines} lines", file.display());
        }
    }
}
