//! The command line: parse, then one call.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    bimgate::cli::Cli::parse().run()
}
