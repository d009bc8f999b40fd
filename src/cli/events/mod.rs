//! `bimgate events`: what happened, and why somebody was refused.

mod infinite;
mod print;
mod report;
mod verify;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime};
use clap::{Args, Subcommand, ValueEnum};

use super::Exit;
use super::error::CliError;
use super::target::{self, Aim, Target};
use super::user::who;
use crate::admin::{Answer, EventQuery, EventView, MAX_PAGE, Request, UserSelector};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::Timestamp;
use print::Shape;

/// How often `--follow` asks again.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How much later than others an event may be written: `--follow` looks back so far.
const LOOK_BACK: u64 = 5_000;

/// What happened, and why somebody was refused.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct EventsArgs {
    #[command(subcommand)]
    command: Option<EventsCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum EventsCommand {
    /// Find out whether an event was changed, removed or moved. Exit code 1 if so.
    Verify(verify::VerifyArgs),
    /// Count logins and sessions by day, user or application, as CSV.
    Report(report::ReportArgs),
}

/// Which events to list. The last ones, oldest first.
#[derive(Debug, Args)]
struct ListArgs {
    /// Those of one user: the last 200 at least. One who is deleted by id.
    #[arg(long, value_name = "E-MAIL|ID", value_parser = who)]
    user: Option<UserSelector>,
    /// None that is older: "90m", "2h", "7d", or a date or an instant in UTC, "2026-03-01" or "2026-03-01T12:00:00Z".
    #[arg(long, value_name = "HOW LONG|DATE", value_parser = since)]
    since: Option<Timestamp>,
    /// How many to list at the most, the newest; all since then without it, if `--since` is given, else 100.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Go on with those that happen from now on, until interrupted.
    #[arg(long)]
    follow: bool,
    /// One line of JSON an event.
    #[arg(long, conflicts_with_all = ["csv", "format"])]
    json: bool,
    /// As CSV.
    #[arg(long, conflicts_with = "format")]
    csv: bool,
    /// In the shape of another program: `infinite`, the activity report of the directory.
    #[arg(long, value_name = "FORMAT", conflicts_with = "follow")]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Infinite,
}

pub(super) fn run(args: &EventsArgs, aim: &Aim) -> Exit {
    target::run(aim, async |_, target| match &args.command {
        None => list(&args.list, target).await,
        Some(EventsCommand::Verify(args)) => verify::run(args, target).await,
        Some(EventsCommand::Report(args)) => report::run(args, target).await,
    })
}

async fn list(args: &ListArgs, target: &mut Target) -> Result<(), CliError> {
    if args.format.is_some() {
        let mut events = Vec::new();
        all(target, args.query(), |event| {
            events.push(event);
            Ok(())
        })
        .await?;
        return infinite::print(&events);
    }
    let shape = match (args.json, args.csv) {
        (true, _) => Shape::Json,
        (_, true) => Shape::Csv,
        _ => Shape::Table,
    };
    let mut printer = print::Printer::new(shape);
    let last = last(args, target).await?;
    let mut told: BTreeSet<String> = last.iter().map(|event| event.cursor.clone()).collect();
    let mut newest = last.last().map_or_else(|| SystemClock.now().millis(), |event| event.millis);
    if last.is_empty() && !args.follow {
        eprintln!("No such event is kept.");
    }
    printer.print(&last)?;
    if !args.follow {
        return Ok(());
    }
    loop {
        tokio::time::sleep(FOLLOW_EVERY).await;
        let since = newest.saturating_sub(LOOK_BACK);
        let query = EventQuery { user: args.user.clone(), since: Some(since), ..EventQuery::default() };
        let (mut new, mut found) = (Vec::new(), BTreeSet::new());
        all(target, query, |event| {
            newest = newest.max(event.millis);
            found.insert(event.cursor.clone());
            if !told.contains(&event.cursor) {
                new.push(event);
            }
            Ok(())
        })
        .await?;
        printer.print(&new)?;
        // What was printed longer ago than events may be late is not found again.
        told = found;
    }
}

impl ListArgs {
    fn query(&self) -> EventQuery {
        let (user, since) = (self.user.clone(), self.since.map(Timestamp::millis));
        EventQuery { user, since, ..EventQuery::default() }
    }
}

/// The newest events, oldest first.
async fn last(args: &ListArgs, target: &mut Target) -> Result<Vec<EventView>, CliError> {
    let limit = match (args.limit, args.since) {
        (Some(limit), _) => limit as usize,
        (None, Some(_)) => usize::MAX,
        (None, None) => 100,
    };
    let mut events = Vec::new();
    let mut after = None;
    while events.len() < limit {
        let limit = (limit - events.len()).min(MAX_PAGE);
        let query = EventQuery { newest_first: true, after, limit, ..args.query() };
        let (items, next) = page(target, query).await?;
        events.extend(items);
        after = next;
        if after.is_none() {
            break;
        }
    }
    events.reverse();
    Ok(events)
}

/// All events that are asked for, oldest first.
async fn all(
    target: &mut Target,
    query: EventQuery,
    mut each: impl FnMut(EventView) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut after = None;
    loop {
        let (items, next) = page(target, EventQuery { after, limit: MAX_PAGE, ..query.clone() }).await?;
        items.into_iter().try_for_each(&mut each)?;
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn page(target: &mut Target, query: EventQuery) -> Result<(Vec<EventView>, Option<String>), CliError> {
    match target.call(Request::Events(query)).await? {
        Answer::Events { items, next } => Ok((items, next)),
        _ => Err(Target::surprised()),
    }
}

/// `2h`, a date, or an instant.
fn since(given: &str) -> Result<Timestamp, String> {
    let given = given.trim();
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    for (unit, seconds) in units {
        if let Some(count) = given.strip_suffix(unit).and_then(|count| count.parse::<u64>().ok()) {
            let millis = count.saturating_mul(seconds * 1000);
            return Ok(Timestamp::from_millis(SystemClock.now().millis().saturating_sub(millis)));
        }
    }
    let instant = DateTime::parse_from_rfc3339(given).map(|instant| instant.timestamp_millis());
    let date = || {
        let date = given.parse::<NaiveDate>().ok()?;
        Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
    };
    let millis = instant.ok().or_else(date).and_then(|millis| u64::try_from(millis).ok());
    millis.map(Timestamp::from_millis).ok_or_else(|| "neither as 90m, 2h or 7d, nor a date".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_how_long_or_when() {
        assert_eq!(since("2026-03-01"), Ok(Timestamp::from_millis(1_772_323_200_000)));
        assert_eq!(since("2026-03-01T12:00:00Z"), Ok(Timestamp::from_millis(1_772_366_400_000)));
        let ago = |given| since(given).map(|since| SystemClock.now().since(since).as_secs().next_multiple_of(60));
        assert_eq!((ago("90m"), ago("2h"), ago("7d")), (Ok(5_400), Ok(7_200), Ok(604_800)));
        for wrong in ["", "h", "2x", "-2h", "yesterday", "2026-13-01"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
