//! `bimgate user unlink`

use clap::Args;
use serde_json::json;

use super::who;
use crate::admin::{Answer, Change, Request, UserSelector};
use crate::cli::confirm;
use crate::cli::error::CliError;
use crate::cli::output::{self, count, plain};
use crate::cli::target::Target;

/// Forget who a user is at the identity provider, or who all users of an issuer are, as when people move to another one.
///
/// At the next login by the provider a user is linked by the e-mail address that it has verified. Rights, teams, tags,
/// scopes, passwords, open sessions and single sign-on stay as they are.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("whom").required(true).args(["user", "issuer"])))]
pub(in crate::cli) struct UnlinkArgs {
    /// The user's e-mail address or id.
    #[arg(value_name = "E-MAIL|ID", value_parser = who)]
    user: Option<UserSelector>,
    /// Every user who is linked to a person of this issuer, spelt as `bimgate user show` does.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Do not ask first, where it is about an issuer.
    #[arg(long)]
    yes: bool,
    /// Print how many were unlinked as one line of JSON: `{"unlinked":1}`.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &UnlinkArgs, target: &mut Target) -> Result<(), CliError> {
    let unlinked = match (&args.user, &args.issuer) {
        (Some(user), _) => one(user, target).await?,
        (None, Some(issuer)) => all_of(issuer, args.yes, target).await?,
        (None, None) => return Err(CliError::usage("whom to unlink must be said".to_owned())),
    };
    if args.json { output::json(&json!({ "unlinked": unlinked })) } else { Ok(()) }
}

async fn one(user: &UserSelector, target: &mut Target) -> Result<usize, CliError> {
    let answer = target.call(Request::Change(user.clone(), Change::Unlink)).await?;
    let Answer::Account(account) = answer else { return Err(Target::surprised()) };
    let email = plain(&account.email);
    eprintln!("{email} is linked to nobody at an identity provider any more. Open sessions stay.");
    Ok(1)
}

async fn all_of(issuer: &str, yes: bool, target: &mut Target) -> Result<usize, CliError> {
    let named = plain(issuer);
    if !yes && !confirm::asked(&format!("Unlink everybody who is linked to a person of {named}?"))? {
        return Err(CliError::refused("nobody was unlinked"));
    }
    let (mut unlinked, mut after) = (0, None);
    loop {
        let answer = target.call(Request::Unlink { issuer: issuer.to_owned(), after }).await?;
        let Answer::Unlinked { count, next } = answer else { return Err(Target::surprised()) };
        unlinked += count;
        if next.is_none() {
            break;
        }
        after = next;
    }
    eprintln!("{} of {named} unlinked. Open sessions stay.", count(unlinked as u64, "user"));
    Ok(unlinked)
}
