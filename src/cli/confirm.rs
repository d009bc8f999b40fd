//! Asks before a command does something that cannot be undone.

use std::io::{IsTerminal as _, stdin};

use super::error::CliError;

/// Whether the person at the terminal types yes. Without a terminal, `--yes` is needed.
pub(super) fn asked(question: &str) -> Result<bool, CliError> {
    if !stdin().is_terminal() {
        return Err(CliError::usage("there is no terminal to ask at whether that is meant: give --yes"));
    }
    eprint!("{question} Type yes: ");
    let mut typed = String::new();
    stdin().read_line(&mut typed).map_err(|error| CliError::refused(format!("no answer can be read: {error}")))?;
    Ok(typed.trim() == "yes")
}
