//! `/manage/v1/events`: who did what, and why it was refused.

use actix_web::HttpResponse;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::PageQuery;
use super::operator::Manager;
use super::users::who;
use crate::admin::{EventKind, EventQuery, EventView, Request};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::ManagementErrors;

/// A part of the events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct EventList {
    /// In the order that was asked for.
    items: Vec<EventView>,
    /// Where the next part begins: `after` of the next request; `null` at the end.
    next: Option<String>,
}

/// Which events to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Those of this user alone: id or e-mail address; of one who is deleted, the id.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    user: Option<String>,
    /// None that is older, in milliseconds since the epoch.
    #[serde(default, deserialize_with = "crate::http::extract::query::number")]
    #[param(value_type = Option<u64>)]
    since: Option<u64>,
    /// Those of this kind alone: `logins`, `refusals`, `sessions`, `accounts` or `operation`.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    kind: Option<String>,
    /// Whether the newest come first.
    #[serde(default, deserialize_with = "crate::http::extract::query::flag")]
    newest_first: Option<bool>,
    /// Whether each is told with its place in its chain, and what proves it.
    #[serde(default, deserialize_with = "crate::http::extract::query::flag")]
    proof: Option<bool>,
}

/// Lists events.
#[utoipa::path(
    get, path = Route::ManagedEvents.pattern(), tag = "management", operation_id = "listEvents",
    security(("Management" = [])),
    summary = "List what happened",
    description = "Logins and why they were refused, sessions, changes of accounts and credentials, acts of operators, \
        keys, licences. The oldest come first, unless `newest_first` is true. With `kind` a part looks at some 5000 events \
        at the most, and may be empty although others follow.",
    params(PageQuery, EventsQuery),
    responses((status = 200, description = "A part of them.", body = EventList), ManagementErrors),
)]
pub async fn list(
    manager: Manager,
    page: Result<Query<PageQuery>, ApiError>,
    query: Result<Query<EventsQuery>, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let (Query(page), Query(query)) = (page?, query?);
    let limit = page.limit();
    let query = EventQuery {
        user: query.user.as_deref().map(who).transpose()?,
        since: query.since,
        kind: query.kind.as_deref().map(kind).transpose()?,
        newest_first: query.newest_first.unwrap_or_default(),
        after: page.after,
        limit,
        proof: query.proof.unwrap_or_default(),
    };
    manager.answer(Request::Events(query)).await
}

fn kind(name: &str) -> Result<EventKind, ApiError> {
    let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == name);
    kind.ok_or(ApiError::BadRequest(
        "The parameter kind must be logins, refusals, sessions, accounts or operation.".into(),
    ))
}
