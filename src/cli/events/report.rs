//! `bimgate events report`

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};

use super::{all, since};
use crate::admin::{EventQuery, EventView};
use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::target::Target;
use crate::domain::Timestamp;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// What each line is about.
    #[arg(long, value_enum)]
    by: By,
    /// None that is older: "7d", or a date or an instant in UTC.
    #[arg(long, value_name = "HOW LONG|DATE", value_parser = since)]
    since: Option<Timestamp>,
    /// As CSV; there is no other shape yet.
    #[arg(long, required = true)]
    csv: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// A day, in UTC.
    Day,
    /// A user.
    User,
    /// An application, as clients name it.
    Application,
}

/// What is counted.
#[derive(Default)]
struct Counts {
    logins: u64,
    swaps: u64,
    refused: u64,
    throttled: u64,
    opened: u64,
    closed: u64,
    people: BTreeSet<uuid::Uuid>,
}

const COLUMNS: [&str; 7] = ["logins", "swaps", "refused", "throttled", "sessions_opened", "sessions_closed", "users"];

pub(super) async fn run(args: &ReportArgs, target: &mut Target) -> Result<(), CliError> {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    let query = EventQuery { since: args.since.map(Timestamp::millis), ..EventQuery::default() };
    all(target, query, |event| {
        let key = match args.by {
            By::Day => event.at.split('T').next().map(str::to_owned),
            By::User => event.email.clone().or_else(|| event.user.map(|user| user.to_string())),
            By::Application => event.application.clone(),
        };
        // What concerns no user, or no application, is no activity of one.
        if let Some(key) = key {
            counts.entry(key).or_default().count(&event);
        }
        Ok(())
    })
    .await?;
    let about = match args.by {
        By::Day => "day",
        By::User => "user",
        By::Application => "application",
    };
    let head: Vec<_> = std::iter::once(about).chain(COLUMNS).collect();
    let records = counts.into_iter().filter(|(_, counts)| !counts.are_zero()).map(|(key, counts)| counts.record(key));
    output::csv(Some(&head), records)
}

impl Counts {
    fn count(&mut self, event: &EventView) {
        let times = u64::from(event.times.unwrap_or(1));
        match (event.event.as_str(), event.outcome.as_deref()) {
            ("login", Some("success")) => self.logins += times,
            ("swap", Some("success")) => self.swaps += times,
            ("login" | "swap", Some("throttled")) => self.throttled += times,
            ("login" | "swap", Some("refused")) => self.refused += times,
            ("session opened", _) => self.opened += 1,
            ("session closed", _) => self.closed += 1,
            _ => return,
        }
        self.people.extend(event.user.map(|user| user.0));
    }

    const fn are_zero(&self) -> bool {
        self.logins + self.swaps + self.refused + self.throttled + self.opened + self.closed == 0
    }

    fn record(self, key: String) -> Vec<String> {
        let Self { logins, swaps, refused, throttled, opened, closed, people } = self;
        let counts = [logins, swaps, refused, throttled, opened, closed, people.len() as u64];
        std::iter::once(key).chain(counts.map(|count| count.to_string())).collect()
    }
}
