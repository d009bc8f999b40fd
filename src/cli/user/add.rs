//! `bimgate user add`

use clap::Args;

use crate::admin::{Answer, NewAccount, Request, Row};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::password::PasswordArgs;
use crate::cli::target::Target;
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    /// What the user logs in with.
    #[arg(long, value_name = "E-MAIL")]
    email: String,
    /// The name shown to people.
    #[arg(long)]
    name: Option<String>,
    /// The user's id, a UUID that no other user has; a random one if not given.
    #[arg(long, value_name = "UUID")]
    id: Option<String>,
    /// Add the user without a password.
    #[arg(long, conflicts_with = "PasswordArgs")]
    no_password: bool,
    #[command(flatten)]
    password: PasswordArgs,
    /// Print the user as one line of JSON, not the id alone.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &AddArgs, settings: &Settings, target: &mut Target) -> Result<(), CliError> {
    let row = Row { id: args.id.clone(), email: Some(args.email.clone()), name: args.name.clone(), ..Row::default() };
    let mut account = NewAccount::try_from(row).map_err(|flaw| CliError::usage(flaw.to_string()))?;
    if !args.no_password {
        account.password = Some(args.password.read(&settings.passwords).await?);
    }
    let Answer::Account(account) = target.call(Request::Add(account)).await? else { return Err(Target::surprised()) };
    if args.json {
        return output::json(&account);
    }
    eprintln!("Added {}, with this id:", plain(&account.email));
    output::line(account.id)
}
