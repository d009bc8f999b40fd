//! `bimgate user`: who may log in.

mod add;
mod delete;
mod import;
mod list;
mod set_enabled;
mod set_password;
mod show;

use clap::Subcommand;

use super::complaint::Complaint;
use super::target::Target;
use super::{Exit, load, runtime};
use crate::admin::Who;
use crate::settings::{Settings, Sources};

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
    /// Set a user's password; ends all their logins.
    SetPassword(set_password::SetPasswordArgs),
    /// Let a user log in again.
    Enable(set_enabled::SetEnabledArgs),
    /// Refuse a user everywhere; ends all their logins.
    Disable(set_enabled::SetEnabledArgs),
    /// Delete a user; ends all their logins.
    Delete(delete::DeleteArgs),
}

/// The user meant.
#[derive(Debug, clap::Args)]
pub(super) struct UserArg {
    /// The user's e-mail address or id.
    #[arg(value_name = "E-MAIL|ID", value_parser = who)]
    user: Who,
}

pub(super) fn run(command: &UserCommand, sources: &Sources) -> Exit {
    let settings = match load(sources) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    runtime(dispatch(command, &settings))
}

async fn dispatch(command: &UserCommand, settings: &Settings) -> Result<(), Complaint> {
    let mut target = Target::new(settings);
    let ended = match command {
        UserCommand::Add(args) => add::run(args, settings, &mut target).await,
        UserCommand::Import(args) => import::run(args, &mut target).await,
        UserCommand::List(args) => list::run(args, &mut target).await,
        UserCommand::Show(args) => show::run(args, &mut target).await,
        UserCommand::SetPassword(args) => set_password::run(args, settings, &mut target).await,
        UserCommand::Enable(args) => set_enabled::run(args, true, &mut target).await,
        UserCommand::Disable(args) => set_enabled::run(args, false, &mut target).await,
        UserCommand::Delete(args) => delete::run(args, &mut target).await,
    };
    target.release().await;
    ended
}

/// Reads an argument that names a user.
pub(super) fn who(given: &str) -> Result<Who, &'static str> {
    Who::parse(given).ok_or("neither an e-mail address nor an id")
}
