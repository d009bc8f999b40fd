//! `bimgate user delete`

use clap::Args;
use serde_json::json;

use super::UserArg;
use crate::admin::{Answer, Request};
use crate::cli::confirm;
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;

#[derive(Debug, Args)]
pub(in crate::cli) struct DeleteArgs {
    #[command(flatten)]
    user: UserArg,
    /// Do not ask first.
    #[arg(long)]
    yes: bool,
    /// Print the outcome as one line of JSON: `{"deleted":true}`.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &DeleteArgs, target: &mut Target) -> Result<(), CliError> {
    let user = &args.user.user;
    let name = plain(&user.to_string());
    if !args.yes && !confirm::asked(&format!("Delete {name} for good, and end all their logins?"))? {
        return Err(CliError::refused("nothing was deleted"));
    }
    let answer = target.call(Request::Delete(user.clone())).await?;
    let Answer::Deleted = answer else { return Err(Target::surprised()) };
    eprintln!("{name} is deleted, and every login has ended.");
    if args.json { output::json(&json!({ "deleted": true })) } else { Ok(()) }
}
