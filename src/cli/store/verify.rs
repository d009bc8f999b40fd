//! `bimgate store verify`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{described, instant, taken, unusable};
use crate::backup::{Backup, Summary};
use crate::cli::error::CliError;
use crate::cli::{Exit, output};

/// Read a backup from its first byte to its last, and say what is in it. Exit code 1 if it cannot be restored.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// As one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &VerifyArgs) -> Exit {
    verify(args).map_or_else(CliError::report, |()| Exit::Done)
}

fn verify(args: &VerifyArgs) -> Result<(), CliError> {
    let failed = |error| unusable(&args.file, &error);
    let mut backup = Backup::open(&args.file).map_err(failed)?;
    let mut summary = Summary::default();
    for entry in backup.entries().map_err(failed)? {
        summary.count(&entry.map_err(failed)?);
    }
    let origin = backup.origin();
    if args.json {
        let Summary { people, sessions, tokens, sign_ons, groups, redirect_urls, licenses, keys, taken_over } = summary;
        return output::json(&json!({
            "taken": instant(origin.taken), "release": origin.release, "people": people, "sessions": sessions,
            "tokens": tokens, "sign_ons": sign_ons, "groups": groups, "redirect_urls": redirect_urls,
            "licenses": licenses, "keys": keys, "taken_over": taken_over,
        }));
    }
    output::line(format_args!("{}: {}.", taken(origin), described(&summary)))
}
