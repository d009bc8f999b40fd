//! `bimgate sso`: the browsers in which users stay signed on.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Exit;
use super::error::CliError;
use super::output::{self, count, plain};
use super::target::{self, Aim, Target};
use super::user::who;
use crate::admin::{Answer, Request, UserSelector};

/// `bimgate sso …`
#[derive(Debug, Subcommand)]
pub(super) enum SsoCommand {
    /// List in how many browsers a user stays signed on, since when and how long.
    List(ListArgs),
    /// End single sign-on in every browser of a user; sessions stay open.
    End(EndArgs),
    /// Let a user log in without being asked again, though a session was closed with `forceuserconsentonnextlogin=true`; for
    /// identity providers that do not say when the person was asked. Ends single sign-on, sessions stay open.
    Waive(EndArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The user's e-mail address or id.
    #[arg(long, value_name = "E-MAIL|ID", value_parser = who)]
    user: UserSelector,
    /// One line of JSON a browser.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct EndArgs {
    /// The user's e-mail address or id.
    #[arg(long, value_name = "E-MAIL|ID", value_parser = who)]
    user: UserSelector,
    /// Print in how many browsers it has ended as one line of JSON: `{"ended":1}`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &SsoCommand, aim: &Aim) -> Exit {
    target::run(aim, async |_, target| match command {
        SsoCommand::List(args) => list(args, target).await,
        SsoCommand::End(args) => end(args, target).await,
        SsoCommand::Waive(args) => waive(args, target).await,
    })
}

async fn list(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    let answer = target.call(Request::SignOns(args.user.clone())).await?;
    let Answer::SignOns(browsers) = answer else { return Err(Target::surprised()) };
    let none = format!("{} is signed on in no browser.", plain(&args.user.to_string()));
    output::list(browsers, args.json, &none, ["PROVEN", "ENDS"], |browser| [browser.proven, browser.expires])
}

async fn end(args: &EndArgs, target: &mut Target) -> Result<(), CliError> {
    let answer = target.call(Request::SignOff(args.user.clone())).await?;
    let Answer::SignedOff(browsers) = answer else { return Err(Target::surprised()) };
    let told = count(browsers as u64, "browser");
    eprintln!("Single sign-on has ended in {told}. Open sessions stay; `bimgate session close` closes them.");
    if args.json { output::json(&json!({ "ended": browsers })) } else { Ok(()) }
}

async fn waive(args: &EndArgs, target: &mut Target) -> Result<(), CliError> {
    let answer = target.call(Request::Waive(args.user.clone())).await?;
    let Answer::SignedOff(browsers) = answer else { return Err(Target::surprised()) };
    let (user, told) = (plain(&args.user.to_string()), count(browsers as u64, "browser"));
    eprintln!("{user} need not be asked again at the next login. Single sign-on has ended in {told}.");
    if args.json { output::json(&json!({ "ended": browsers })) } else { Ok(()) }
}
