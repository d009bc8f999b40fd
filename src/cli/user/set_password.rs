//! `bimgate user set-password`

use clap::Args;

use super::UserArg;
use crate::admin::{Answer, Change, Request, UserSelector};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::password::PasswordArgs;
use crate::cli::target::Target;
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(in crate::cli) struct SetPasswordArgs {
    #[command(flatten)]
    user: UserArg,
    #[command(flatten)]
    password: PasswordArgs,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `1 app password is`, `2 app passwords are`
fn counted(gone: usize) -> String {
    let verb = if gone == 1 { "is" } else { "are" };
    format!("{} {verb}", output::count(gone as u64, "app password"))
}

pub(super) async fn run(args: &SetPasswordArgs, settings: &Settings, target: &mut Target) -> Result<(), CliError> {
    // Look the user up first, so that nobody types a password in vain; nothing is locked while they type.
    let found = target.call(Request::Show(args.user.user.clone())).await?;
    target.release().await;
    let Answer::Account(found) = found else { return Err(Target::surprised()) };

    let hash = args.password.read(&settings.passwords).await?;
    let answer = target.call(Request::Change(UserSelector::Id(found.id), Change::Password(hash))).await?;
    let Answer::Account(account) = answer else { return Err(Target::surprised()) };
    let gone = match found.app_passwords.unwrap_or_default() {
        0 => String::new(),
        gone => format!(" {} revoked.", counted(gone)),
    };
    eprintln!("{} has a new password, and every earlier login has ended.{gone}", plain(&account.email));
    if args.json { output::json(&account) } else { Ok(()) }
}
