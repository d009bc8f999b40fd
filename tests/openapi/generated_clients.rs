//! Clients that kept generators make from the description log in at the real server. What they need is installed by
//! `scripts/test`, as the lock files in `tests/generated_clients` say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::app::{App, Kind};

/// A folder of what one language's client takes.
fn tools(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generated_clients").join(language)
}

/// Runs a program to its end in a folder; what it printed.
#[track_caller]
fn run(folder: &Path, program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; run ./scripts/test once", program.display()));
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{} {arguments:?}: {out}{err}", program.display());
    out
}

/// A server, and a folder with its description and these files.
fn place(language: &str, files: &[&str]) -> (App, TempDir) {
    let app = App::start(Kind::Embedded, &[]);
    let folder = TempDir::with_prefix("bimgate-client-").expect("a folder");
    fs::write(folder.path().join("openapi.json"), app.request("GET", "/openapi.json").send().body).expect("written");
    for file in files {
        fs::copy(tools(language).join(file), folder.path().join(file)).expect("copied");
    }
    (app, folder)
}

#[test]
fn a_generated_python_client_logs_in() {
    let (app, folder) = place("python", &["generator.yml", "log_in.py"]);
    let user = app.user();
    let programs = tools("python").join("venv/bin");
    let generate = [
        "generate",
        "--path",
        "openapi.json",
        "--output-path",
        "generated",
        "--meta",
        "none",
        "--config",
        "generator.yml",
        "--fail-on-warning",
    ];
    run(folder.path(), &programs.join("openapi-python-client"), &generate);
    let server = app.url("").to_string();
    let told = run(folder.path(), &programs.join("python"), &["log_in.py", &server, &user.email, &user.password]);
    assert_eq!(told.trim(), user.id.to_string());
}

#[test]
fn a_generated_typescript_client_compiles_and_logs_in() {
    let (app, folder) = place("typescript", &["log_in.ts"]);
    let user = app.user();
    let programs = tools("typescript").join("node_modules/.bin");
    run(folder.path(), &programs.join("openapi-ts"), &["-i", "openapi.json", "-o", "generated", "--no-log-file"]);
    let compile = [
        "--strict",
        "--skipLibCheck",
        "--target",
        "ES2022",
        "--lib",
        "ES2022,DOM,DOM.Iterable",
        "--module",
        "commonjs",
        "log_in.ts",
    ];
    run(folder.path(), &programs.join("tsc"), &compile);
    let server = app.url("").to_string();
    let server = server.trim_end_matches('/');
    let told = run(folder.path(), Path::new("node"), &["log_in.js", server, &user.email, &user.password]);
    assert_eq!(told.trim(), user.id.to_string());
}
