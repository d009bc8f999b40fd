//! `bimgate user scopes` and `tags`

use clap::Args;

use super::UserArg;
use crate::admin::{AccountView, Answer, Change, Entry, ProfileView, Request};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;
use crate::domain::Profile;

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true).args(["add", "remove"])))]
pub(in crate::cli) struct EntriesArgs {
    #[command(flatten)]
    user: UserArg,
    /// Add it, unless it is there. May be repeated.
    #[arg(long, value_name = "TEXT", value_parser = entry)]
    add: Vec<Entry>,
    /// Remove it, if it is there. May be repeated.
    #[arg(long, value_name = "TEXT", value_parser = entry)]
    remove: Vec<Entry>,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Names one of a user's lists.
#[derive(Clone, Copy)]
pub(super) enum List {
    Scopes,
    Tags,
}

pub(super) async fn run(args: &EntriesArgs, list: List, target: &mut Target) -> Result<(), CliError> {
    told_once(args.add.iter(), &args.remove)?;
    let (add, remove) = (args.add.clone(), args.remove.clone());
    let change = match list {
        List::Scopes => Change::Scopes { add, remove },
        List::Tags => Change::Tags { add, remove },
    };
    let account = change_of(&args.user, change, target).await?;
    let of = |profile: &ProfileView| match list {
        List::Scopes => profile.scopes.clone(),
        List::Tags => profile.tags.clone(),
    };
    let what = match list {
        List::Scopes => "scope",
        List::Tags => "tag",
    };
    tell(&account, what, &account.profile.as_ref().map(of).unwrap_or_default());
    if args.json { output::json(&account) } else { Ok(()) }
}

/// Changes a user; returns the user as it is now.
pub(super) async fn change_of(
    user: &UserArg,
    change: Change,
    target: &mut Target,
) -> Result<Box<AccountView>, CliError> {
    match target.call(Request::Change(user.user.clone(), change)).await? {
        Answer::Account(account) => Ok(account),
        _ => Err(Target::surprised()),
    }
}

/// Prints what is in a list now.
pub(super) fn tell(account: &AccountView, what: &str, list: &[String]) {
    let email = plain(&account.email);
    match list {
        [] => eprintln!("{email} now has no {what}."),
        list => eprintln!("{email} now has {}: {}", output::count(list.len() as u64, what), plain(&list.join(", "))),
    }
}

/// Refuses to add and remove the same entry.
pub(super) fn told_once<'a>(mut add: impl Iterator<Item = &'a Entry>, remove: &[Entry]) -> Result<(), CliError> {
    match add.find(|entry| remove.contains(entry)) {
        Some(entry) => Err(CliError::usage(format!("{} cannot be added and removed at once", plain(entry.as_str())))),
        None => Ok(()),
    }
}

/// Reads an argument that is a scope, a tag, or the id or name of a team.
pub(super) fn entry(given: &str) -> Result<Entry, String> {
    Entry::parse(given).ok_or_else(|| format!("must be 1 to {} bytes without control characters", Profile::MAX_ENTRY))
}
