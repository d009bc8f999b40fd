//! `GET /console/events`: what happened, and why somebody was not let in.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;
use utoipa::IntoParams;

use super::event_row::EventRow;
use super::operator::{Failed, Operator, Shown, Visitor, surprised};
use super::said::{Problem, Said};
use super::shell::{self, Further, Place, Shell, with_query};
use crate::admin::{Answer, EventKind, EventQuery, EventView, Request, UserSelector};
use crate::domain::{UserId, named};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::PageErrors;

/// How many events a page lists.
const LISTED: usize = 50;
/// The longest address or id, in characters.
const LONGEST: usize = 320;

/// Which events to show.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct EventsQuery {
    /// Those of this user alone: id or e-mail address; of one who is deleted, the id.
    user: Option<String>,
    /// `1h`, `24h`, `7d`: none that is older.
    since: Option<String>,
    /// `logins`, `refusals`, `sessions`, `accounts`, `operation`: those alone.
    show: Option<String>,
    /// Where the page begins, as the page before says.
    after: Option<String>,
}

/// Shows them, newest first.
#[utoipa::path(
    get, path = Route::ConsoleEvents.pattern(), tag = "console", operation_id = "consoleEvents",
    summary = "What happened, and why somebody was not let in",
    description = "Those of a kind are looked for in some 5000 events a page.",
    params(EventsQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To where one enters."),
        (status = 404, description = "There is no such user: the page.", body = String, content_type = "text/html"),
        PageErrors,
    ),
)]
pub(in crate::http) async fn list(
    visitor: Visitor,
    Query(query): Query<EventsQuery>,
) -> Result<HttpResponse, ApiError> {
    visitor.sees(Place::Events, async |operator| show(operator, query).await).await
}

async fn show(operator: &Operator<'_>, query: EventsQuery) -> Shown {
    let user: String = query.user.unwrap_or_default().trim().chars().take(LONGEST).collect();
    let since = query.since.and_then(|text| Since::ALL.into_iter().find(|since| since.as_str() == text));
    let (since, kind) = (since.unwrap_or(Since::Ever), query.show.as_deref().and_then(kind_of));
    let (now, later) = (operator.visitor().management.clock.now(), query.after.is_some());
    let found = async {
        let wanted = Wanted { user: who(operator, &user).await?, kind };
        let since = since.span().map(|span| now.millis().saturating_sub(span));
        list_events(operator, &wanted, since, query.after, LISTED).await
    };
    let (items, next, said) = match found.await {
        Ok((items, next)) => (items, next, Said::default()),
        Err(Failed::Told(problem @ (Problem::NoSuchUser | Problem::NoSuchPlace))) => {
            (Vec::new(), None, Said::wrong(problem))
        }
        Err(failed) => return Err(failed),
    };
    let shell = operator.shell(Place::Events);
    let shown = kind.map(EventKind::as_str).unwrap_or_default();
    let chosen = [("user", user.as_str()), ("since", since.as_str()), ("show", shown)];
    // Further pages are of what is past.
    let live = (!later && !said.is_problem()).then(|| {
        let from = now.millis().to_string();
        let chosen = [("user", user.as_str()), ("show", shown), ("from", from.as_str())];
        with_query(Route::ConsoleLiveEvents.pattern().trim_start_matches('/'), &chosen)
    });
    let rows: Vec<_> = items.iter().map(|event| EventRow::of(event, shell.texts)).collect();
    let further = Further::new(Place::Events, &chosen, later, next);
    Ok(EventsPage { shell: &shell, user: &user, since, kind, rows: &rows, live, further, said }.respond()?)
}

/// Which events are wanted, of all times.
pub(super) struct Wanted {
    pub user: Option<UserId>,
    pub kind: Option<EventKind>,
}

/// The kind of this name; none: all.
pub(super) fn kind_of(name: &str) -> Option<EventKind> {
    EventKind::ALL.into_iter().find(|kind| kind.as_str() == name)
}

/// Whom a text means: nobody in particular if it is empty. Somebody who is deleted is known by id.
pub(super) async fn who(operator: &Operator<'_>, text: &str) -> Result<Option<UserId>, Failed> {
    match UserSelector::parse(text) {
        _ if text.is_empty() => Ok(None),
        Some(UserSelector::Id(id)) => Ok(Some(id)),
        Some(who) => match operator.execute(Request::Show(who)).await? {
            Answer::Account(account) => Ok(Some(account.id)),
            _ => Err(surprised()),
        },
        None => Err(Failed::Told(Problem::NoSuchUser)),
    }
}

/// A part of the events, newest first, and where the list goes on. `since`: in milliseconds since the epoch.
pub(super) async fn list_events(
    operator: &Operator<'_>,
    wanted: &Wanted,
    since: Option<u64>,
    after: Option<String>,
    limit: usize,
) -> Result<(Vec<EventView>, Option<String>), Failed> {
    let (user, kind) = (wanted.user.map(UserSelector::Id), wanted.kind);
    let query = EventQuery { user, since, kind, newest_first: true, after, limit, proof: false };
    match operator.execute(Request::Events(query)).await? {
        Answer::Events { items, next } => Ok((items, next)),
        _ => Err(surprised()),
    }
}

named! {
    /// How old the oldest is.
    pub(super) enum Since {
        /// As old as is kept.
        Ever = "",
        /// An hour.
        Hour = "1h",
        /// A day.
        Day = "24h",
        /// A week.
        Week = "7d",
    }
}

impl Since {
    /// In milliseconds.
    const fn span(self) -> Option<u64> {
        const HOUR: u64 = 3_600_000;
        match self {
            Self::Ever => None,
            Self::Hour => Some(HOUR),
            Self::Day => Some(24 * HOUR),
            Self::Week => Some(7 * 24 * HOUR),
        }
    }
}

/// Events, and a form that chooses some.
#[derive(Template)]
#[template(path = "events.html")]
pub(super) struct EventsPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// Whose, as it was typed in.
    pub user: &'a str,
    /// How old the oldest is.
    pub since: Since,
    /// Of which kind.
    pub kind: Option<EventKind>,
    /// What was found, newest first.
    pub rows: &'a [EventRow],
    /// Where those come from that happen from now on, from the root; none on a page that shows no newest.
    pub live: Option<String>,
    /// How the list goes on.
    pub further: Further,
    /// Why it cannot be shown.
    pub said: Said,
}

impl EventsPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub(super) fn respond(&self) -> Result<HttpResponse, ApiError> {
        let (frame, status) = (self.shell.frame, self.said.status());
        if self.live.is_some() {
            shell::respond_with_script(self, frame, status)
        } else {
            shell::respond(self, frame, status)
        }
    }

    /// What can be chosen: value, name, and whether it is.
    fn since_choices(&self) -> [(&'static str, &'static str, bool); Since::ALL.len()] {
        let texts = &self.shell.texts.events;
        Since::ALL.map(|since| {
            let name = match since {
                Since::Ever => texts.ever,
                Since::Hour => texts.hour,
                Since::Day => texts.day,
                Since::Week => texts.week,
            };
            (since.as_str(), name, since == self.since)
        })
    }

    /// As [`Self::since_choices`].
    fn kind_choices(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let texts = &self.shell.texts.events;
        let kinds = EventKind::ALL.map(|kind| {
            let name = match kind {
                EventKind::Logins => texts.logins,
                EventKind::Refusals => texts.refusals,
                EventKind::Sessions => texts.of_sessions,
                EventKind::Accounts => texts.accounts,
                EventKind::Operation => texts.operation,
            };
            (kind.as_str(), name, self.kind == Some(kind))
        });
        std::iter::once(("", texts.all, self.kind.is_none())).chain(kinds)
    }
}
