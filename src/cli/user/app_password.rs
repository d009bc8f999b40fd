//! `bimgate user app-password`

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::UserArg;
use super::entries::{change_of, entry};
use crate::admin::{Answer, Change, Entry, NewAppPassword, Request};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;
use crate::domain::{AppPassword, AppPasswordId, AppPasswordValue};
use crate::settings::Settings;

/// `bimgate user app-password …`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AppPasswordCommand {
    /// Make an app password; prints it, this once.
    Add(AddArgs),
    /// List a user's app passwords, and where each was last used.
    List(ListArgs),
    /// Revoke an app password, or all, and end every login by it.
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    user: UserArg,
    /// What it is for, such as the device.
    #[arg(long, value_parser = entry)]
    name: Entry,
    /// After how many days it ends, with all that was opened by it; without this, when it is revoked.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(AppPassword::MAX_DAYS)))]
    days: Option<u32>,
    /// Print it as one line of JSON: `{"id":"…","app_password":"…"}`.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    user: UserArg,
    /// One line of JSON an app password.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["id", "all"])))]
pub(in crate::cli) struct RevokeArgs {
    #[command(flatten)]
    user: UserArg,
    /// The id of the app password.
    #[arg(value_name = "ID")]
    id: Option<Uuid>,
    /// Every app password of the user.
    #[arg(long)]
    all: bool,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    command: &AppPasswordCommand,
    settings: &Settings,
    target: &mut Target,
) -> Result<(), CliError> {
    match command {
        AppPasswordCommand::Add(args) => add(args, settings.passwords.app_passwords, target).await,
        AppPasswordCommand::List(args) => list(args, target).await,
        AppPasswordCommand::Revoke(args) => revoke(args, target).await,
    }
}

async fn add(args: &AddArgs, most: usize, target: &mut Target) -> Result<(), CliError> {
    if most == 0 && target.setting_elsewhere("passwords.app_passwords").await?.is_none() {
        return Err(CliError::refused("app passwords are switched off (passwords.app_passwords is 0)"));
    }
    let random = |error: getrandom::Error| CliError::refused(format!("no random numbers: {error}"));
    // Made here, not in the server: only its digest goes through the socket.
    let value = AppPasswordValue::generate().map_err(random)?;
    let id = AppPasswordId(Uuid::new_v4());
    let new = NewAppPassword { id, digest: value.digest(), name: args.name.clone(), days: args.days, most };
    let account = change_of(&args.user, Change::AddAppPassword(new), target).await?;
    if args.json {
        return output::json(&json!({ "id": id, "app_password": *value.reveal() }));
    }
    let (email, name) = (plain(&account.email), plain(args.name.as_str()));
    eprintln!("{email} has a new app password, {name}. It is shown this once:");
    output::line(&*value.reveal())
}

async fn list(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    let answer = target.call(Request::AppPasswords(args.user.user.clone())).await?;
    let Answer::AppPasswords(held) = answer else { return Err(Target::surprised()) };
    let none = format!("{} has no app password.", plain(&args.user.user.to_string()));
    output::list(held, args.json, &none, ["ID", "NAME", "CREATED", "EXPIRES", "LAST USED", "FROM"], |held| {
        let or_never = |text: Option<String>| text.unwrap_or_else(|| "never".to_owned());
        let from = held.last_network.unwrap_or_default();
        [held.id.to_string(), held.name, held.created, or_never(held.expires), or_never(held.last_used), from]
    })
}

async fn revoke(args: &RevokeArgs, target: &mut Target) -> Result<(), CliError> {
    let which = args.id.map(AppPasswordId);
    let account = change_of(&args.user, Change::RevokeAppPasswords(which), target).await?;
    let email = plain(&account.email);
    match which {
        Some(_) => eprintln!("The app password of {email} is revoked, and every login by it has ended."),
        None => eprintln!("{email} has no app password any more, and every login by one has ended."),
    }
    if args.json { output::json(&account) } else { Ok(()) }
}
