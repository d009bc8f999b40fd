//! `bimgate store`: everything in the store, as a file and back, or into another store.

mod backup;
mod copy;
mod restore;
mod target;
mod verify;

use chrono::{DateTime, SecondsFormat};
use clap::Subcommand;

use super::output::count;
use super::{CliError, Exit};
use crate::backup::{BackupError, Origin, Summary};
use crate::cli::target::Aim;
use crate::domain::Timestamp;

/// `bimgate store …`
#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    Backup(backup::BackupArgs),
    Verify(verify::VerifyArgs),
    Restore(restore::RestoreArgs),
    Copy(copy::CopyArgs),
}

pub(super) fn run(command: &StoreCommand, aim: &Aim) -> Exit {
    match command {
        StoreCommand::Backup(args) => backup::run(args, aim),
        StoreCommand::Verify(args) => verify::run(args),
        StoreCommand::Restore(_) | StoreCommand::Copy(_) if aim.server.is_named() => {
            let sentence = "a store is filled where it is; run this on that server's machine, without --server";
            CliError::usage(sentence).report()
        }
        StoreCommand::Restore(args) => restore::run(args, aim),
        StoreCommand::Copy(args) => copy::run(args, aim),
    }
}

/// What is in a backup, for people.
fn described(summary: &Summary) -> String {
    let Summary { people, sessions, tokens, sign_ons, groups, redirect_urls, licenses, keys, taken_over } = *summary;
    let people = if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
    let others = [
        (sessions, "session"),
        (tokens, "token"),
        (sign_ons, "signed-on browser"),
        (groups, "group"),
        (redirect_urls, "redirect URL"),
        (licenses, "licence"),
        (keys, "signing key"),
        (taken_over, "token of the old service"),
    ];
    let others = others.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| match what {
        "token of the old service" if number > 1 => format!("{number} tokens of the old service"),
        _ => count(number, what),
    });
    std::iter::once(people).chain(others).collect::<Vec<_>>().join(", ")
}

/// When and by what a backup was taken, for people.
fn taken(origin: &Origin) -> String {
    format!("taken {} by bimgate {}", instant(origin.taken), super::output::plain(&origin.release))
}

fn instant(at: Timestamp) -> String {
    let instant = i64::try_from(at.millis()).ok().and_then(DateTime::from_timestamp_millis);
    instant.unwrap_or(DateTime::UNIX_EPOCH).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What is wrong with a backup.
fn unusable(file: &std::path::Path, error: &BackupError) -> CliError {
    match error {
        BackupError::Store(error) => CliError::new(Exit::Unreachable, error.to_string()),
        error => CliError::refused(format!("{}: {error}", file.display())),
    }
}
