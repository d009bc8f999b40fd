//! `bimgate man`: the manual pages, for who packages this program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;

use super::error::CliError;
use super::{Cli, Exit};

/// What every page is from.
const SOURCE: &str = concat!("bimgate ", env!("CARGO_PKG_VERSION"));

/// Where they go.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder to write them to, one for each command; it is made if need be.
    folder: PathBuf,
}

pub(super) fn run(args: &ManArgs) -> Exit {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match fs::create_dir_all(&args.folder).and_then(|()| write(&command, &args.folder)) {
        Ok(()) => Exit::Done,
        Err(error) => {
            let folder = args.folder.display();
            CliError::refused(format!("the manual pages cannot be written to {folder}: {error}")).report()
        }
    }
}

/// Writes the page of a command, and those of the commands below it.
fn write(command: &Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below, folder)?;
    }
    Man::new(command.clone()).source(SOURCE).generate_to(folder).map(drop)
}
