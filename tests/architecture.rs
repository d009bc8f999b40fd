//! The arrows between modules run one way, and what belongs to one layer stays there.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up: a layer may use those before it, never those after it. What is not listed (settings, the
/// clock, telemetry) may be used by all; `app` and `cli` put the layers together.
const LAYERS: [&str; 8] = ["domain", "store", "auth", "bearer", "session", "login", "token", "http"];

/// What knows every layer, so that no layer may know it.
const ABOVE_ALL: [&str; 3] = ["admin", "app", "cli"];

struct Source {
    /// Below the folder that was asked for.
    path: PathBuf,
    /// The first folder or file there.
    module: String,
    /// The text without comments.
    code: String,
}

/// The files of `src`.
fn sources() -> Vec<Source> {
    sources_below("src")
}

fn sources_below(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("a folder can be read").path();
            // What npm and pip wrote is not ours.
            let installed = ["node_modules", "venv"].iter().any(|folder| path.ends_with(folder));
            if installed || path.ends_with("package-lock.json") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source file can be read");
            let path = path.strip_prefix(&root).expect("below it").to_owned();
            let module = path.with_extension("").iter().next().expect("a name").to_string_lossy().into_owned();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            sources.push(Source { path, module, code });
        }
    }
    assert!(sources.len() > 10, "{folder} is missing");
    sources
}

/// Whether `code` names `path` (as `actix_web::`) as a path's beginning, not as the end of a longer name.
fn names(code: &str, path: &str) -> bool {
    code.match_indices(path)
        .any(|(at, _)| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':'))
}

#[test]
fn arrows_run_one_way() {
    for source in sources() {
        let Some(rank) = LAYERS.iter().position(|layer| *layer == source.module) else { continue };
        for forbidden in LAYERS[rank + 1..].iter().chain(&ABOVE_ALL) {
            let path = format!("crate::{forbidden}");
            let used = source.code.match_indices(&path).any(|(at, _)| {
                !source.code[at + path.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            });
            assert!(!used, "{} uses {path}, which stands above it", source.path.display());
        }
    }
}

#[test]
fn the_domain_knows_nothing_but_itself() {
    for source in sources().iter().filter(|source| source.module == "domain") {
        for foreign in ["crate::store", "crate::settings", "crate::telemetry", "tokio::", "std::fs", "std::net::Tcp"] {
            assert!(!source.code.contains(foreign), "{} uses {foreign}", source.path.display());
        }
    }
}

#[test]
fn the_web_framework_stays_in_http() {
    for source in sources().iter().filter(|source| LAYERS[..7].contains(&source.module.as_str())) {
        for name in ["actix_web::", "actix_cors::", "actix_rt::", "actix_http::"] {
            assert!(!names(&source.code, name), "{} uses {name}", source.path.display());
        }
    }
}

#[test]
fn the_databases_stay_in_the_store() {
    for source in sources().iter().filter(|source| source.module != "store") {
        for name in ["redis::", "redb::", "::redis::", "::redb::"] {
            assert!(!names(&source.code, name), "{} uses {name}", source.path.display());
        }
    }
}

#[test]
fn no_file_is_longer_than_one_room() {
    for folder in ["src", "tests", "bench"] {
        for source in sources_below(folder) {
            let lines = source.code.lines().count();
            assert!(lines <= 400, "{folder}/{} has {lines} lines", source.path.display());
        }
    }
}
