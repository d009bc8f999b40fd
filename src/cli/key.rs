//! `bimgate key`: the keys that sign bearers.

use clap::{Args, Subcommand};

use super::Exit;
use super::error::CliError;
use super::target::{self, Aim, Target};
use super::{confirm, output};
use crate::admin::{Answer, KeyState, KeyView, Request};

/// `bimgate key …`
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys, oldest first: the one that signs, the next one, and those that bearers may still be signed with.
    List {
        /// One line of JSON a key.
        #[arg(long)]
        json: bool,
    },
    /// Make the next key; prints its id. It is published at once and signs 10 minutes later; no bearer ends.
    Rotate {
        /// Print the key as one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Throw every key away and make a new one, where the secret is lost or a key is known to others; ends every bearer.
    Reset(ResetArgs),
}

#[derive(Debug, Args)]
pub(super) struct ResetArgs {
    /// Do not ask first.
    #[arg(long)]
    yes: bool,
    /// Print the new key as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &KeyCommand, aim: &Aim) -> Exit {
    target::run(aim, async |_, target| match command {
        KeyCommand::List { json } => list(*json, target).await,
        KeyCommand::Rotate { json } => rotate(*json, target).await,
        KeyCommand::Reset(args) => reset(args, target).await,
    })
}

async fn list(json: bool, target: &mut Target) -> Result<(), CliError> {
    let Answer::Keys(keys) = target.call(Request::Keys).await? else { return Err(Target::surprised()) };
    let none = "There is no key yet; the server makes one when it starts.";
    let row = |key: KeyView| [key.kid, key.state.as_str().to_owned(), key.made, key.signs_from];
    output::list(keys, json, none, ["KEY", "STATE", "MADE", "SIGNS FROM"], row)
}

async fn rotate(json: bool, target: &mut Target) -> Result<(), CliError> {
    let Answer::Key(key) = target.call(Request::RotateKey).await? else { return Err(Target::surprised()) };
    match key.state {
        KeyState::Signing => eprintln!("The first key signs from now on:"),
        _ => eprintln!("The next key is published, and signs from {}:", key.signs_from),
    }
    if json { output::json(&key) } else { output::line(key.kid) }
}

async fn reset(args: &ResetArgs, target: &mut Target) -> Result<(), CliError> {
    if !args.yes && !confirm::asked("Throw every signing key away? Every bearer ends, and clients must log in again.")?
    {
        return Err(CliError::refused("the keys are as they were"));
    }
    let Answer::Key(key) = target.call(Request::ResetKeys).await? else { return Err(Target::surprised()) };
    eprintln!("Every key is thrown away. A server of the same store learns of it within a minute. The new key:");
    if args.json { output::json(&key) } else { output::line(key.kid) }
}
