//! `bimgate user set-password`

use clap::Args;

use super::UserArg;
use crate::admin::{Answer, Change, Request};
use crate::cli::complaint::Complaint;
use crate::cli::output::plain;
use crate::cli::password::PasswordArgs;
use crate::cli::target::Target;
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(in crate::cli) struct SetPasswordArgs {
    #[command(flatten)]
    user: UserArg,
    #[command(flatten)]
    password: PasswordArgs,
}

pub(super) async fn run(args: &SetPasswordArgs, settings: &Settings, target: &mut Target) -> Result<(), Complaint> {
    let hash = args.password.read(&settings.passwords).await?;
    let request = Request::Change(args.user.user.clone(), Change::Password(hash));
    let answer = target.call(request).await?;
    let Answer::Account(account) = answer else { return Err(Target::surprised()) };
    eprintln!("{} has a new password, and every earlier login has ended.", plain(&account.email));
    Ok(())
}
