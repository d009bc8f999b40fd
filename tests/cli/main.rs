//! The command line, as a person or a script meets it: the real binary, its output and its exit codes.

mod acts;
mod app_passwords;
mod backup;
mod backup_files;
mod chart;
mod config;
mod connect;
mod demo;
mod directory;
mod folder;
mod held;
mod import;
mod import_exports;
mod import_formats;
mod keys;
mod manage;
mod moving;
mod package;
mod place;
mod profile;
mod prompts;
mod redirect;
mod session;
mod shell;
mod socket;
mod supervisor;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod upgrade;
mod user;
mod warnings;

use std::path::Path;
use std::process::{Command, Output};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// `bimgate` in a folder of its own, with nothing in the environment.
fn bimgate(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bimgate"));
    command.current_dir(folder).env_clear();
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
