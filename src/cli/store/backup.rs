//! `bimgate store backup`

use std::io::{ErrorKind, IsTerminal as _, Write as _, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::stream::StreamExt as _;

use super::{described, taken, unusable};
use crate::backup::{Arriving, Backup, NewFile, Summary};
use crate::cli::error::CliError;
use crate::cli::target::{Aim, Chunks};
use crate::cli::{Exit, target};

/// Write everything into a file, also while the server runs: people, groups, sessions and tokens as digests, redirect URLs,
/// licences, and the signing keys as they are sealed. The secret that they are sealed with is not in it: keep that apart.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file, which gets this name when it is whole; `-` is standard output.
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
}

pub(super) fn run(args: &BackupArgs, aim: &Aim) -> Exit {
    target::run(aim, async |_, target| {
        if args.file == Path::new("-") {
            if stdout().is_terminal() {
                return Err(CliError::usage(
                    "a backup is nothing for a terminal; name a file, or a program behind a |",
                ));
            }
            return print(target.backup().await?).await;
        }
        let failed = |error| CliError::refused(format!("{}: {error}", args.file.display()));
        let file = NewFile::create(&args.file).map_err(failed)?;
        write(target.backup().await?, file, &args.file).await?;
        let mut backup = Backup::open(&args.file).map_err(|error| unusable(&args.file, &error))?;
        let mut summary = Summary::default();
        for entry in backup.entries().map_err(|error| unusable(&args.file, &error))? {
            summary.count(&entry.map_err(|error| unusable(&args.file, &error))?);
        }
        eprintln!("{}, {}: {}.", args.file.display(), taken(backup.origin()), described(&summary));
        Ok(())
    })
}

async fn write(mut chunks: Chunks, mut file: NewFile, path: &Path) -> Result<(), CliError> {
    let failed = |error| CliError::refused(format!("{}: {error}", path.display()));
    let mut arriving = Arriving::default();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        arriving.pass(&chunk);
        file.write(&chunk).map_err(failed)?;
    }
    if !arriving.is_whole() {
        return Err(cut_off());
    }
    file.keep().map_err(failed)
}

async fn print(mut chunks: Chunks) -> Result<(), CliError> {
    let failed = |error: std::io::Error| match error.kind() {
        // Unlike a list, a backup is not for whoever reads its beginning.
        ErrorKind::BrokenPipe => CliError::refused("the reader of the backup has stopped reading"),
        _ => CliError::refused(format!("standard output cannot be written: {error}")),
    };
    let mut arriving = Arriving::default();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        arriving.pass(&chunk);
        stdout().write_all(&chunk).map_err(failed)?;
    }
    stdout().flush().map_err(failed)?;
    if arriving.is_whole() { Ok(()) } else { Err(cut_off()) }
}

fn cut_off() -> CliError {
    CliError::new(Exit::Unreachable, "the running server has cut the backup off; its log says why")
}
