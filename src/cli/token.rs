//! `bimgate token`: tokens by which programs of operators use the management API.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Exit;
use super::error::CliError;
use super::output::{self, plain};
use super::target::{self, Aim, Target};
use crate::admin::{Answer, Entry, NewToken, Request, TokenView};
use crate::domain::{ApiToken, ApiTokenValue, Scope, Scopes};

/// `bimgate token …`
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make an API token; prints it, this once.
    Add(AddArgs),
    /// List the API tokens: what each is for, when it ends, and when it was last used.
    List {
        /// One line of JSON a token.
        #[arg(long)]
        json: bool,
    },
    /// Remove an API token, which is refused from then on.
    Remove {
        /// What it is called.
        #[arg(value_name = "NAME", value_parser = name)]
        name: Entry,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// What it is called, such as the program that uses it.
    #[arg(value_name = "NAME", value_parser = name)]
    name: Entry,
    /// What it is for: read, users, sessions or everything; may be repeated. Whatever may change something may read.
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', required = true, value_parser = scope)]
    scope: Vec<Scope>,
    /// After how many days it ends; without this, when it is removed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(ApiToken::MAX_DAYS)))]
    days: Option<u32>,
    /// Print it as one line of JSON: `{"name":"…","token":"…"}`.
    #[arg(long)]
    json: bool,
}

fn name(given: &str) -> Result<Entry, &'static str> {
    Entry::parse(given).ok_or("is empty, too long, or has control characters")
}

fn scope(given: &str) -> Result<Scope, &'static str> {
    Scope::parse(given).ok_or("is none of read, users, sessions and everything")
}

pub(super) fn run(command: &TokenCommand, aim: &Aim) -> Exit {
    target::run(aim, async |_, target| match command {
        TokenCommand::Add(args) => add(args, target).await,
        TokenCommand::List { json } => list(*json, target).await,
        TokenCommand::Remove { name } => remove(name, target).await,
    })
}

async fn add(args: &AddArgs, target: &mut Target) -> Result<(), CliError> {
    let random = |error: getrandom::Error| CliError::refused(format!("no random numbers: {error}"));
    // Made here, not in the server, which is told only its digest.
    let value = ApiTokenValue::generate().map_err(random)?;
    let (name, scopes) = (args.name.clone(), Scopes::of(&args.scope));
    let new = NewToken { name, digest: value.digest(), scopes, days: args.days };
    let Answer::Token(token) = target.call(Request::AddToken(new)).await? else { return Err(Target::surprised()) };
    if args.json {
        return output::json(&json!({ "name": token.name, "token": *value.reveal() }));
    }
    eprintln!("The API token {} is for: {}. It is shown this once:", plain(&token.name), token.scopes.join(", "));
    output::line(&*value.reveal())
}

async fn list(json: bool, target: &mut Target) -> Result<(), CliError> {
    let Answer::Tokens(tokens) = target.call(Request::Tokens).await? else { return Err(Target::surprised()) };
    let none = "There is no API token; `bimgate token add` makes one.";
    output::list(tokens, json, none, ["NAME", "SCOPES", "MADE", "ENDS", "LAST USED"], |token: TokenView| {
        let or_never = |text: Option<String>| text.unwrap_or_else(|| "never".to_owned());
        [token.name, token.scopes.join(", "), token.made, or_never(token.expires), or_never(token.last_used)]
    })
}

async fn remove(name: &Entry, target: &mut Target) -> Result<(), CliError> {
    let Answer::Deleted = target.call(Request::RemoveToken(name.clone())).await? else {
        return Err(Target::surprised());
    };
    eprintln!("The API token {} is removed.", plain(name.as_str()));
    Ok(())
}
