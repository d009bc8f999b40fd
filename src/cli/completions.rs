//! `bimgate completions`: has a shell complete the commands and options of this program.

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::aot;

use super::{Cli, Exit, print};

/// For which shell.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that is to read it.
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(super) fn run(args: &CompletionsArgs) -> Exit {
    let shell = match args.shell {
        Shell::Bash => aot::Shell::Bash,
        Shell::Zsh => aot::Shell::Zsh,
        Shell::Fish => aot::Shell::Fish,
    };
    let mut script = Vec::new();
    aot::generate(shell, &mut Cli::command(), "bimgate", &mut script);
    print(String::from_utf8_lossy(&script).trim_end())
}
