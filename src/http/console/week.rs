//! The logins of the last days, as the overview shows them.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use tokio::time::timeout;

use super::chart::Chart;
use super::operator::Visitor;
use super::shell::Shell;
use crate::domain::Timestamp;
use crate::domain::event::{LoginWay, Outcome};
use crate::events::{Day, ToldWeek};

/// How long a page waits for events to be counted. They go on being counted behind it.
const PATIENCE: Duration = Duration::from_millis(500);
/// How many reasons are listed, the most frequent.
const REASONS: usize = 20;

/// The logins of the last days.
pub(super) struct WeekView {
    pub chart: Chart,
    /// Each day: when, how many succeeded, how many did not.
    pub days: Vec<(String, u64, u64)>,
    /// Each way that was taken: what it is called; how many succeeded, were refused, were throttled, were not possible.
    pub ways: Vec<(String, [u64; 4])>,
    /// Why logins came to nothing, in words, and how often; the most frequent first.
    pub refusals: Vec<(String, u64)>,
    /// That not all are counted yet.
    pub behind: Option<String>,
}

/// What is counted of them, once what is new has been, if that does not take long.
pub(super) async fn told(visitor: &Visitor, shell: &Shell<'_>) -> WeekView {
    let (week, management) = (Arc::clone(&visitor.console.week), visitor.management.clone());
    let now = management.clock.now();
    let count = actix_web::rt::spawn(async move {
        if let Err(error) = week.follow(&*management.store, now).await {
            tracing::debug!(%error, "events cannot be counted at this moment");
        }
    });
    let _perhaps_later = timeout(PATIENCE, count).await;
    WeekView::of(&visitor.console.week.told(now), shell)
}

impl WeekView {
    pub(super) fn of(told: &ToldWeek, shell: &Shell<'_>) -> Self {
        let (texts, events) = (&shell.texts.overview, &shell.texts.events);
        let formatted = |at: Timestamp, format: &str| {
            let at = i64::try_from(at.millis()).ok().and_then(DateTime::from_timestamp_millis);
            at.map(|at| at.format(format).to_string()).unwrap_or_default()
        };
        let mut all = Day::default();
        for (_, day) in &told.days {
            all.add(day);
        }
        let days = told.days.iter().map(|(at, day)| {
            let (good, bad) = day.parts();
            (formatted(*at, texts.day_format), good, bad)
        });
        let ways = LoginWay::ALL.into_iter().filter_map(|way| {
            let counts = all.logins[way as usize];
            let of = |outcome: Outcome| counts[outcome as usize];
            let failed = of(Outcome::Busy) + of(Outcome::Unavailable);
            let counts = [of(Outcome::Success), of(Outcome::Refused), of(Outcome::Throttled), failed];
            let name = (events.word)(way.as_str()).unwrap_or(way.as_str()).to_owned();
            (counts != [0; 4]).then_some((name, counts))
        });
        let refusals = all.refusals.iter().map(|((outcome, reason), count)| {
            let reason = Some(&**reason).filter(|reason| !reason.is_empty());
            let why = (events.because)(outcome, reason);
            (reason.map_or_else(|| why.clone(), |reason| format!("{why} ({reason})")), *count)
        });
        let mut refusals: Vec<_> = refusals.collect();
        refusals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        refusals.truncate(REASONS);
        Self {
            chart: Chart::of_days(told.days.iter().map(|(_, day)| day)),
            days: days.collect(),
            ways: ways.collect(),
            refusals,
            behind: told.counted_until.map(|until| (texts.counted_until)(&formatted(until, shell.texts.date))),
        }
    }
}
