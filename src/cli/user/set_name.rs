//! `bimgate user set-name`

use clap::Args;

use super::UserArg;
use super::entries::change_of;
use crate::admin::{Change, PersonName};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;
use crate::domain::Account;

#[derive(Debug, Args)]
pub(in crate::cli) struct SetNameArgs {
    #[command(flatten)]
    user: UserArg,
    /// The name shown to people; may be empty.
    #[arg(value_name = "NAME", value_parser = name)]
    name: PersonName,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &SetNameArgs, target: &mut Target) -> Result<(), CliError> {
    let account = change_of(&args.user, Change::Name(args.name.clone()), target).await?;
    match plain(&account.name) {
        none if none.is_empty() => eprintln!("{} now has no name.", plain(&account.email)),
        name => eprintln!("{} is now called {name}.", plain(&account.email)),
    }
    if args.json { output::json(&account) } else { Ok(()) }
}

fn name(given: &str) -> Result<PersonName, String> {
    PersonName::parse(given)
        .ok_or_else(|| format!("must be at most {} bytes without control characters", Account::MAX_NAME))
}
