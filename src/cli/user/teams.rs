//! `bimgate user teams`

use clap::Args;

use super::UserArg;
use super::entries::{change_of, entry, tell, told_once};
use crate::admin::{Change, Entry, TeamEntry, TeamView};
use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::target::Target;

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true).args(["add", "remove"])))]
pub(in crate::cli) struct TeamsArgs {
    #[command(flatten)]
    user: UserArg,
    /// Put the user into a team, or rename one the user is in. May be repeated.
    #[arg(long, value_name = "ID=NAME", value_parser = team)]
    add: Vec<TeamEntry>,
    /// Take the user out of a team, by its id. May be repeated.
    #[arg(long, value_name = "ID", value_parser = entry)]
    remove: Vec<Entry>,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &TeamsArgs, target: &mut Target) -> Result<(), CliError> {
    told_once(args.add.iter().map(|team| &team.id), &args.remove)?;
    let change = Change::Teams { add: args.add.clone(), remove: args.remove.clone() };
    let account = change_of(&args.user, change, target).await?;
    let teams = account.profile.iter().flat_map(|profile| &profile.teams).map(named);
    tell(&account, "team", &teams.collect::<Vec<_>>());
    if args.json { output::json(&account) } else { Ok(()) }
}

/// `ID=NAME`, as typed.
pub(super) fn named(team: &TeamView) -> String {
    format!("{}={}", team.id, team.name)
}

fn team(given: &str) -> Result<TeamEntry, String> {
    let (id, name) = given.split_once('=').ok_or("must be the team's id, then =, then its name")?;
    Ok(TeamEntry { id: entry(id)?, name: entry(name)? })
}
