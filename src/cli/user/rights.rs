//! `bimgate user rights`

use clap::Args;

use super::UserArg;
use crate::admin::{Answer, Change, Request};
use crate::cli::error::CliError;
use crate::cli::output::{self, plain};
use crate::cli::target::Target;
use crate::domain::Right;

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true).args(["grant", "revoke"])))]
pub(in crate::cli) struct RightsArgs {
    #[command(flatten)]
    user: UserArg,
    /// Let the user log in with such clients: `access:frontend` or `access:client-dev`; or with `access:admin` do
    /// whatever operators do, by the management API and the console. May be repeated.
    #[arg(long, value_name = "RIGHT", value_parser = right)]
    grant: Vec<Right>,
    /// Take that right away; ends the sessions that were opened by it. May be repeated.
    #[arg(long, value_name = "RIGHT", value_parser = right)]
    revoke: Vec<Right>,
    /// Print the user as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &RightsArgs, target: &mut Target) -> Result<(), CliError> {
    if let Some(right) = args.grant.iter().find(|right| args.revoke.contains(right)) {
        return Err(CliError::usage(format!("{right} cannot be granted and revoked at once")));
    }
    let change = Change::Rights { grant: args.grant.clone(), revoke: args.revoke.clone() };
    let answer = target.call(Request::Change(args.user.user.clone(), change)).await?;
    let Answer::Account(account) = answer else { return Err(Target::surprised()) };
    let email = plain(&account.email);
    if account.rights.is_empty() {
        eprintln!("{email} has no right but access:client, which everybody has.");
    } else {
        eprintln!("{email} now has {}, and access:client, which everybody has.", account.rights.join(", "));
    }
    if args.json { output::json(&account) } else { Ok(()) }
}

fn right(given: &str) -> Result<Right, &'static str> {
    match Right::parse(given) {
        Some(Right::Client) => Err("everybody who is enabled has it; `bimgate user disable` takes it away"),
        Some(right) => Ok(right),
        None => Err("not access:frontend, access:client-dev or access:admin"),
    }
}
