//! Passwords from a prompt, standard input or a file; never from an argument, where every process could read them.

use std::fs::File;
use std::io::{IsTerminal as _, Read, stdin};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::error::CliError;
use crate::auth::{Passwords, check_password};
use crate::domain::{Password, PasswordHash};
use crate::settings::PasswordSettings;

/// Where the password comes from; without either option from a prompt, for a new password twice.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct PasswordArgs {
    /// Read the password from standard input; a newline at its end is dropped.
    #[arg(long)]
    password_stdin: bool,
    /// Read the password from a file; a newline at its end is dropped.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// Reads the password and hashes it here, not in the server: only the hash goes through the socket.
    pub(super) async fn read(&self, settings: &PasswordSettings) -> Result<PasswordHash, CliError> {
        let password = self.password(Asked::Twice)?;
        check_password(&password, settings).map_err(|weak| CliError::refused(weak.to_string()))?;
        let one = PasswordSettings { threads: 1, ..settings.clone() };
        let passwords = Passwords::start(&one).map_err(|error| CliError::refused(error.to_string()))?;
        passwords.hash(password).await.map_err(|error| CliError::refused(error.to_string()))
    }

    /// Reads a password that somebody has already; a prompt asks for it once.
    pub(super) fn known(&self) -> Result<Password, CliError> {
        self.password(Asked::Once)
    }

    fn password(&self, asked: Asked) -> Result<Password, CliError> {
        let text = match &self.password_file {
            Some(path) => from_file(path)?,
            None if self.password_stdin => drain(stdin().lock(), "standard input")?,
            None => prompt(asked)?,
        };
        Password::new(&text).ok_or_else(|| {
            CliError::refused(format!("the password is empty or longer than {} bytes", Password::MAX_BYTES))
        })
    }
}

/// How often a prompt asks for a password: for a new one twice, since nobody sees what is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Once,
    Twice,
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| CliError::refused(format!("{name} cannot be read: {error}")))?;
    drain(file, &name)
}

fn drain(from: impl Read, name: &str) -> Result<Zeroizing<String>, CliError> {
    // Reserved once, so that no unwiped copy is left behind; one byte more than allowed, to see that it is too long.
    let most = Password::MAX_BYTES + "\r\n".len() + 1;
    let mut text = Zeroizing::new(String::with_capacity(most));
    from.take(most as u64)
        .read_to_string(&mut text)
        .map_err(|error| CliError::refused(format!("no password can be read from {name}: {error}")))?;
    for end in ['\n', '\r'] {
        if text.ends_with(end) {
            text.pop();
        }
    }
    Ok(text)
}

fn prompt(asked: Asked) -> Result<Zeroizing<String>, CliError> {
    if !stdin().is_terminal() {
        return Err(CliError::usage(
            "there is no terminal to ask for the password at: give --password-stdin or --password-file FILE",
        ));
    }
    let ask = |prompt| {
        let typed = rpassword::prompt_password(prompt).map(Zeroizing::new);
        typed.map_err(|error| CliError::refused(format!("the password cannot be read from the terminal: {error}")))
    };
    let first = ask("Password: ")?;
    if asked == Asked::Twice && first != ask("The same again: ")? {
        return Err(CliError::refused("the two passwords differ; nothing was changed"));
    }
    Ok(first)
}
