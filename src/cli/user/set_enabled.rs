//! `bimgate user enable` and `disable`

use clap::Args;

use super::UserArg;
use crate::admin::{Answer, Change, Request};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;

#[derive(Debug, Args)]
pub(in crate::cli) struct SetEnabledArgs {
    #[command(flatten)]
    user: UserArg,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &SetEnabledArgs, enabled: bool, target: &mut Target) -> Result<(), CliError> {
    let change = Change::Enabled(enabled);
    let answer = target.call(Request::Change(args.user.user.clone(), change)).await?;
    let Answer::Account(account) = answer else { return Err(Target::surprised()) };
    let outcome = if enabled { "may log in." } else { "may no longer log in, and every login has ended." };
    eprintln!("{} {outcome}", plain(&account.email));
    if args.json { output::json(&account) } else { Ok(()) }
}
