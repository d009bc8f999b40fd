//! `bimgate user reset-factor`

use clap::Args;

use super::UserArg;
use crate::admin::{Answer, Change, Request};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;

#[derive(Debug, Args)]
pub(in crate::cli) struct ResetFactorArgs {
    #[command(flatten)]
    user: UserArg,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ResetFactorArgs, target: &mut Target) -> Result<(), CliError> {
    let request = Request::Change(args.user.user.clone(), Change::ResetFactor);
    let Answer::Account(account) = target.call(request).await? else { return Err(Target::surprised()) };
    let email = plain(&account.email);
    eprintln!("{email} has no second factor and no recovery codes any more, and every earlier login has ended.");
    eprintln!("The password alone logs in now. If somebody else may know it, set another: bimgate user set-password");
    if args.json { output::json(&account) } else { Ok(()) }
}
