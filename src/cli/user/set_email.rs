//! `bimgate user set-email`

use clap::Args;

use super::UserArg;
use super::entries::change_of;
use crate::admin::Change;
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;
use crate::domain::{AddressError, Email};

#[derive(Debug, Args)]
pub(in crate::cli) struct SetEmailArgs {
    #[command(flatten)]
    user: UserArg,
    /// The address that the user logs in with from now on.
    #[arg(value_name = "NEW", value_parser = address)]
    email: Email,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &SetEmailArgs, target: &mut Target) -> Result<(), CliError> {
    let account = change_of(&args.user, Change::Email(args.email.clone()), target).await?;
    eprintln!("The user now logs in as {}. Logins and the password stay.", plain(&account.email));
    if args.json { output::json(&account) } else { Ok(()) }
}

fn address(given: &str) -> Result<Email, AddressError> {
    Email::of_person(given)
}
