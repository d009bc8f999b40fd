//! `bimgate user`: who may log in.

mod add;
mod app_password;
mod delete;
mod entries;
mod import;
mod link;
mod list;
mod reset_factor;
mod rights;
mod set_email;
mod set_enabled;
mod set_name;
mod set_password;
mod show;
mod teams;
mod unlink;

use clap::Subcommand;

use super::target::Aim;
use super::{Exit, target};
use crate::admin::UserSelector;
use crate::domain::LinkPurpose;

/// `bimgate user …`
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user; prints the id.
    Add(add::AddArgs),
    Import(import::ImportArgs),
    /// List users.
    List(list::ListArgs),
    /// Show one user.
    Show(show::ShowArgs),
    /// Make, list and revoke a user's app passwords: for programs that know an e-mail address and a password alone.
    #[command(subcommand)]
    AppPassword(app_password::AppPasswordCommand),
    /// Set a user's password; ends all their logins, and revokes their app passwords.
    SetPassword(set_password::SetPasswordArgs),
    /// Take a lost second factor from a user, who then logs in by the password alone; ends all their logins.
    ResetFactor(reset_factor::ResetFactorArgs),
    /// Print a link by which a new user sets a password, and mail it where there is `[mail]`: it counts once, for a week.
    Invite(link::LinkArgs),
    /// Print a link by which a user sets another password, and mail it where there is `[mail]`: it counts once, for 30
    /// minutes.
    ResetLink(link::LinkArgs),
    /// Give a user another e-mail address to log in with; ends nothing.
    SetEmail(set_email::SetEmailArgs),
    /// Give a user another name; ends nothing.
    SetName(set_name::SetNameArgs),
    /// Let a user log in again.
    Enable(set_enabled::SetEnabledArgs),
    /// Refuse a user everywhere; ends all their logins.
    Disable(set_enabled::SetEnabledArgs),
    /// Grant or revoke the rights to log in with front ends and development clients.
    Rights(rights::RightsArgs),
    /// Change which third-party scopes a user may be asked for; removing one ends the sessions that were granted it.
    Scopes(entries::EntriesArgs),
    /// Change which teams a user is in.
    Teams(teams::TeamsArgs),
    /// Change a user's tags.
    Tags(entries::EntriesArgs),
    Unlink(unlink::UnlinkArgs),
    /// Delete a user; ends all their logins.
    Delete(delete::DeleteArgs),
}

/// The user meant.
#[derive(Debug, clap::Args)]
pub(super) struct UserArg {
    /// The user's e-mail address or id.
    #[arg(value_name = "E-MAIL|ID", value_parser = who)]
    user: UserSelector,
}

pub(super) fn run(command: &UserCommand, aim: &Aim) -> Exit {
    target::run(aim, async |settings, target| match command {
        UserCommand::Add(args) => add::run(args, settings, target).await,
        UserCommand::Import(args) => import::run(args, settings, target).await,
        UserCommand::List(args) => list::run(args, target).await,
        UserCommand::Show(args) => show::run(args, target).await,
        UserCommand::AppPassword(command) => app_password::run(command, settings, target).await,
        UserCommand::SetPassword(args) => set_password::run(args, settings, target).await,
        UserCommand::ResetFactor(args) => reset_factor::run(args, target).await,
        UserCommand::Invite(args) => link::run(args, LinkPurpose::Invitation, settings, target).await,
        UserCommand::ResetLink(args) => link::run(args, LinkPurpose::Reset, settings, target).await,
        UserCommand::SetEmail(args) => set_email::run(args, target).await,
        UserCommand::SetName(args) => set_name::run(args, target).await,
        UserCommand::Enable(args) => set_enabled::run(args, true, target).await,
        UserCommand::Disable(args) => set_enabled::run(args, false, target).await,
        UserCommand::Rights(args) => rights::run(args, target).await,
        UserCommand::Scopes(args) => entries::run(args, entries::List::Scopes, target).await,
        UserCommand::Teams(args) => teams::run(args, target).await,
        UserCommand::Tags(args) => entries::run(args, entries::List::Tags, target).await,
        UserCommand::Unlink(args) => unlink::run(args, target).await,
        UserCommand::Delete(args) => delete::run(args, target).await,
    })
}

/// Reads an argument that names a user.
pub(super) fn who(given: &str) -> Result<UserSelector, &'static str> {
    UserSelector::parse(given).ok_or("neither an e-mail address nor an id")
}
