//! `GET /console/events/live`: events as they happen, as server-sent events (HTML, 9.2).

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template as _;
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use utoipa::IntoParams;

use super::event_row::{EventRow, RowAlone};
use super::events::{Wanted, kind_of, list_events, who};
use super::live::{AT_ONCE, LATE, Round, Seat};
use super::operator::{Failed, Operator, Visitor};
use super::said::Problem;
use super::shell::Place;
use crate::admin::EventView;
use crate::http::Route;
use crate::http::connection::EndOfRequests;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::PageErrors;
use crate::http::pages::Frame;
use crate::store::EventPlace;

/// How long one lasts. The browser comes again by itself, and goes on where it was.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// After how many rounds, of a second, it is asked whether the API token still counts, and a sign of life is sent.
const LOOKED_AFTER: u32 = 5;
/// When the browser comes again after an end, in milliseconds.
const AGAIN_AFTER: u32 = 2_000;
/// What a browser has seen last, when it comes again.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Which events to tell.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct FollowQuery {
    /// Those of this user alone: id or e-mail address.
    user: Option<String>,
    /// `logins`, `refusals`, `sessions`, `accounts`, `operation`: those alone.
    show: Option<String>,
    /// Since when, in milliseconds since the epoch; from now on if absent. Not for a browser that comes again, which
    /// says `Last-Event-ID`.
    #[param(value_type = Option<u64>)]
    from: Option<String>,
}

/// Tells them.
#[utoipa::path(
    get, path = Route::ConsoleLiveEvents.pattern(), tag = "console", operation_id = "consoleLiveEvents",
    summary = "Events as they happen",
    description = "What the page of the events listens to: each message is a row of its table. Ends after a quarter of \
        an hour, with the stay of its browser, which it does not prolong, and when the server stops. Of more than 200 \
        events a second, the newest are told.",
    params(FollowQuery, ("Last-Event-ID" = Option<String>, Header, description = "The last event that the browser has.")),
    responses(
        (status = 200, description = "Events, until the end.", body = String, content_type = "text/event-stream"),
        (status = 303, description = "To where one enters."),
        (status = 404, description = "There is no such user.", body = String, content_type = "text/html"),
        (status = 429, description = "Eight pages follow already, or three of this browser.", body = String,
            content_type = "text/html"),
        PageErrors,
    ),
)]
pub(in crate::http) async fn follow(
    visitor: Visitor,
    Query(query): Query<FollowQuery>,
    end: EndOfRequests,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let last = request.headers().get(LAST_EVENT_ID).and_then(|last| last.to_str().ok()).and_then(EventPlace::parse);
    let mut begun = None;
    let response = visitor
        .sees(Place::Events, async |operator| {
            begun = Some(begin(operator, &query, last).await?);
            Ok(HttpResponse::Ok()
                .content_type("text/event-stream")
                .insert_header((CACHE_CONTROL, "no-store"))
                // Else nginx keeps what is sent until it has some kilobytes.
                .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
                .finish())
        })
        .await?;
    let Some(begun) = begun else { return Ok(response) };
    let until = visitor.management.clock.monotonic() + LIFETIME;
    let page = Frame::new(visitor.frame.language, Route::ConsoleEvents.pattern());
    let following = Following { visitor, page, end, begun, until, told: BTreeSet::new(), rounds: 0 };
    let rounds = stream::unfold(following, async |mut following| {
        let text = following.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), following))
    });
    let mut streaming = HttpResponse::build(response.status());
    for header in response.headers() {
        streaming.append_header(header);
    }
    Ok(streaming.streaming(rounds))
}

/// What somebody who follows begins with.
struct Begun {
    wanted: Wanted,
    rounds: Receiver<Round>,
    /// What they have missed, until it is told.
    missed: Option<Vec<EventView>>,
    _seat: Seat,
}

async fn begin(operator: &Operator<'_>, query: &FollowQuery, last: Option<EventPlace>) -> Result<Begun, Failed> {
    let visitor = operator.visitor();
    let user = who(operator, query.user.as_deref().unwrap_or_default().trim()).await?;
    let wanted = Wanted { user, kind: query.show.as_deref().and_then(kind_of) };
    let Some(cookie) = visitor.cookie() else { return Err(Failed::Told(Problem::NotAllowed)) };
    let place = visitor.console.live.enter(cookie.digest(), &visitor.management, operator.by());
    let (seat, rounds) = place.ok_or(Failed::Told(Problem::TooManyFollow))?;
    // After that: what happens meanwhile is told twice rather than not at all.
    let asked = query.from.as_deref().and_then(|from| from.parse().ok());
    let from = last.map(|place| place.at.millis()).or(asked).unwrap_or_else(|| visitor.management.clock.now().millis());
    let (mut missed, _) = list_events(operator, &wanted, Some(from.saturating_sub(LATE)), None, AT_ONCE).await?;
    missed.reverse();
    Ok(Begun { wanted, rounds, missed: Some(missed), _seat: seat })
}

/// Somebody who follows.
struct Following {
    visitor: Visitor,
    /// The page that they look at.
    page: Frame,
    end: EndOfRequests,
    begun: Begun,
    /// When it ends, by the clock that never jumps.
    until: Duration,
    /// Which events were told at the beginning: a round may have them as well.
    told: BTreeSet<String>,
    /// How many rounds there were.
    rounds: u32,
}

impl Following {
    /// What is sent next; nothing at the end.
    async fn next(&mut self) -> Option<String> {
        if let Some(missed) = self.begun.missed.take() {
            self.told = missed.iter().map(|event| event.cursor.clone()).collect();
            let rows: String = missed.iter().map(|event| self.message(event)).collect();
            return Some(format!("retry: {AGAIN_AFTER}\n\n{rows}"));
        }
        loop {
            let round = tokio::select! {
                biased;
                () = self.end.reached() => return None,
                // Whoever is too far behind comes again.
                round = self.begun.rounds.recv() => round.ok()?,
            };
            let Visitor { console, management, .. } = &self.visitor;
            let is_in = self.visitor.cookie().is_some_and(|cookie| console.sessions.peek(&cookie).is_some());
            if !is_in || management.clock.monotonic() >= self.until {
                return None;
            }
            let wanted = round.iter().filter(|event| self.wants(event));
            let rows: String = wanted.map(|event| self.message(event)).collect();
            self.rounds += 1;
            let looks_after = self.rounds.is_multiple_of(LOOKED_AFTER);
            if looks_after && !self.visitor.is_still_in().await {
                return None;
            }
            if !rows.is_empty() {
                return Some(rows);
            }
            if looks_after {
                return Some(":\n\n".to_owned());
            }
        }
    }

    fn wants(&self, event: &EventView) -> bool {
        let Wanted { user, kind } = self.begun.wanted;
        user.is_none_or(|user| event.user == Some(user))
            && kind.is_none_or(|kind| kind.wants(event))
            && !self.told.contains(&event.cursor)
    }

    fn message(&self, event: &EventView) -> String {
        let texts = self.visitor.texts();
        let row = &EventRow::of(event, texts);
        let row = RowAlone { row, texts: &texts.events, root: &self.page.root };
        row.render().map_or_else(|_| String::new(), |row| message(&event.cursor, &row))
    }
}

/// A message: the lines of a text. What strangers wrote may have ends of lines of its own, of any kind.
fn message(id: &str, text: &str) -> String {
    let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
    let data: String = lines.flat_map(|line| ["data: ", line, "\n"]).collect();
    format!("id: {id}\n{data}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_message_early() {
        let hostile = "<td>a\r\rid: 9\n\nevent: b\r\n\r\ndata: c</td>";
        let sent = message("1f", hostile);
        let expected = "id: 1f\ndata: <td>a\ndata: id: 9\ndata: event: b\ndata: data: c</td>\n\n";
        assert_eq!(sent, expected);
    }
}
