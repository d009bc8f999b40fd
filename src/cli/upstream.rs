//! `bimgate upstream`: the old service, and who has come over from it.

use chrono::{DateTime, SecondsFormat};
use clap::{Args, Subcommand};
use serde_json::json;

use super::Exit;
use super::error::CliError;
use super::output;
use super::password::PasswordArgs;
use super::target::{self, Aim, Target};
use crate::admin::{Answer, ArrivalView, Claim, ImportStatus, MAX_PAGE, Request};
use crate::auth::{Person, Upstream};
use crate::domain::Email;
use crate::settings::Settings;

/// `bimgate upstream …`
#[derive(Debug, Subcommand)]
pub(super) enum UpstreamCommand {
    /// Tell whether the old service answers, how many people have come over, and how many have not.
    Status(StatusArgs),
    /// Ask the old service about one person's password, and tell what a login would do. Stores nothing.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// List those instead who have no password here yet: they are shut out when the old service is not asked any more.
    #[arg(long)]
    people: bool,
    /// One line of JSON; with --people one a person.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The person's e-mail address.
    #[arg(value_name = "E-MAIL", value_parser = email)]
    email: Email,
    #[command(flatten)]
    password: PasswordArgs,
}

fn email(given: &str) -> Result<Email, &'static str> {
    Email::new(given).ok_or("no e-mail address")
}

pub(super) fn run(command: &UpstreamCommand, aim: &Aim) -> Exit {
    target::run(aim, async |settings, target| match command {
        UpstreamCommand::Status(args) if args.people => people(args.json, target).await,
        UpstreamCommand::Status(args) => status(args.json, settings, target).await,
        UpstreamCommand::Check(args) => check(args, settings, target).await,
    })
}

async fn arrivals(target: &mut Target) -> Result<Vec<ArrivalView>, CliError> {
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let request = Request::Arrivals { after, limit: MAX_PAGE };
        let Answer::Arrivals { items, next } = target.call(request).await? else { return Err(Target::surprised()) };
        all.extend(items);
        after = next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn people(json: bool, target: &mut Target) -> Result<(), CliError> {
    let mut waiting = arrivals(target).await?;
    waiting.retain(|person| person.awaits_password);
    let row = |person: ArrivalView| {
        let seen = person.came_over.map_or_else(|| "never".to_owned(), |since| format!("by a token, {since}"));
        [person.email, person.id.to_string(), person.name, seen]
    };
    output::list(waiting, json, "Everybody has a password here.", ["E-MAIL", "ID", "NAME", "CAME OVER"], row)
}

async fn status(json: bool, settings: &Settings, target: &mut Target) -> Result<(), CliError> {
    let upstream = configured(settings)?;
    let answers = upstream.probe().await.map_err(|elsewhere| elsewhere.cause);
    let until = match settings.upstream.end() {
        Some(end) => end,
        None => match target.call(Request::UpstreamUntil).await? {
            Answer::UpstreamUntil(until) => until,
            _ => return Err(Target::surprised()),
        },
    };
    let until = i64::try_from(until).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
    let all = arrivals(target).await?;
    let waiting = all.iter().filter(|person| person.awaits_password).count();
    let never = all.iter().filter(|person| person.awaits_password && person.came_over.is_none()).count();
    let arrived: Vec<_> = all.iter().filter_map(|person| person.came_over.as_deref()).collect();
    let last = arrived.iter().max().copied();
    let tokens: u64 = all.iter().map(|person| u64::from(person.tokens)).sum();
    if json {
        return output::json(&json!({
            "url": settings.upstream.url, "answers": answers.is_ok(), "until": until, "came_over": arrived.len(),
            "last": last, "tokens": tokens, "without_password": waiting, "never_seen": never,
        }));
    }
    output::facts([
        ("old service", settings.upstream.url.clone().unwrap_or_default()),
        ("answers", answers.map_or_else(|cause| format!("no: {cause}"), |()| "yes".to_owned())),
        ("asked until", until),
        ("came over", arrived.len().to_string()),
        ("the last", last.unwrap_or("never").to_owned()),
        ("tokens taken over", tokens.to_string()),
        ("without a password here", waiting.to_string()),
        ("of these never seen", never.to_string()),
    ])
}

async fn check(args: &CheckArgs, settings: &Settings, target: &mut Target) -> Result<(), CliError> {
    let upstream = configured(settings)?;
    let password = args.password.known()?;
    let found = upstream.try_log_in(&args.email, &password).await;
    let unreachable = |cause| CliError::new(Exit::Unreachable, format!("{cause}; this person would be told 503"));
    let Some(person) = found.map_err(unreachable)? else {
        return Err(CliError::refused("the old service refuses this e-mail address and password"));
    };
    let Person { id, email, name } = &person;
    output::facts([
        ("id", id.to_string()),
        ("e-mail", email.as_str().to_owned()),
        ("name", name.to_string()),
        ("here", here(args, &person, upstream.takes_strangers(&args.email), target).await?),
    ])
}

/// What a login of the person would come to.
async fn here(args: &CheckArgs, person: &Person, strangers: bool, target: &mut Target) -> Result<String, CliError> {
    if person.email != args.email {
        return Ok("conflict: the old service names another e-mail address".to_owned());
    }
    let claim = Claim { id: Some(person.id), email: args.email.clone(), subject: None };
    let Answer::Standings(standings) = target.call(Request::Check(vec![claim])).await? else {
        return Err(Target::surprised());
    };
    Ok(match standings.first() {
        Some(ImportStatus::EmailTaken(id)) => format!("conflict: the user of this e-mail address has the id {id}"),
        Some(ImportStatus::IdTaken) => "conflict: the user of this id has another e-mail address".to_owned(),
        Some(ImportStatus::AlreadyThere) => {
            let waits = arrivals(target).await?.iter().any(|known| known.id == person.id && known.awaits_password);
            if waits { "comes over at the next login" } else { "is not asked for there; see bimgate user show" }
                .to_owned()
        }
        Some(ImportStatus::New) if strangers => "unknown, and comes over at the next login".to_owned(),
        Some(ImportStatus::New) => {
            "unknown, and does not come over; see upstream.provision and upstream.domains, or import them".to_owned()
        }
        Some(ImportStatus::SubjectTaken) | None => return Err(Target::surprised()),
    })
}

fn configured(settings: &Settings) -> Result<std::sync::Arc<Upstream>, CliError> {
    let upstream = Upstream::new(&settings.upstream).map_err(|error| CliError::refused(error.to_string()))?;
    upstream.ok_or_else(|| CliError::usage("no old service is set: see upstream.url in the settings"))
}
