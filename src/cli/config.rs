//! `bimgate config`: the settings, checked or shown.

use clap::Subcommand;

use super::{Exit, load};
use crate::settings::Sources;

/// `bimgate config …`
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Report every wrong or unknown setting at once; exit code 0 if there is none, else 2.
    Check,
}

pub(super) fn run(command: &ConfigCommand, sources: &Sources) -> Exit {
    match command {
        ConfigCommand::Check => match load(sources) {
            Ok(_) => Exit::Done,
            Err(exit) => exit,
        },
    }
}
