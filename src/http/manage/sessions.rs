//! `/manage/v1/sessions` and `/manage/v1/users/{who}/sessions`: where people are logged in.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::PageQuery;
use super::operator::Manager;
use super::users::who;
use crate::admin::bodies::Closed;
use crate::admin::{Request, SessionFilter, SessionKind, SessionSelector, SessionView, UserSessionView};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::ManagementErrors;

/// A user's open sessions, latest contact first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct SessionList {
    items: Vec<SessionView>,
}

/// The sessions of a part of the accounts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct UserSessionList {
    items: Vec<UserSessionView>,
    /// Where the next part begins: `after` of the next request; `null` at the end.
    next: Option<String>,
}

/// Which sessions to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionQuery {
    /// `v2` or `directory`.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    kind: Option<String>,
    /// The address of the client, to the letter.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    address: Option<String>,
    /// The application, to the letter.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    application: Option<String>,
}

impl SessionQuery {
    fn filter(self) -> Result<SessionFilter, ApiError> {
        let known = |name: String| {
            let kind = SessionKind::ALL.into_iter().find(|kind| kind.as_str() == name);
            kind.ok_or(ApiError::BadRequest("The parameter kind must be v2 or directory.".into()))
        };
        let kind = self.kind.map(known).transpose()?;
        let (address, application) = (self.address.map(Into::into), self.application.map(Into::into));
        Ok(SessionFilter { kind, address, application })
    }
}

/// Lists everybody's sessions.
#[utoipa::path(
    get, path = Route::ManagedSessions.pattern(), tag = "management", operation_id = "listAllSessions",
    security(("Management" = [])),
    summary = "List everybody's open sessions",
    description = "`limit` counts the accounts that are looked at, never more than 100.",
    params(PageQuery, SessionQuery),
    responses((status = 200, description = "A part of them.", body = UserSessionList), ManagementErrors),
)]
pub async fn list_all(
    manager: Manager,
    page: Result<Query<PageQuery>, ApiError>,
    query: Result<Query<SessionQuery>, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let (Query(page), Query(query)) = (page?, query?);
    let limit = page.limit();
    manager.answer(Request::AllSessions { after: page.after, limit, filter: query.filter()? }).await
}

/// Lists sessions.
#[utoipa::path(
    get, path = Route::ManagedUserSessions.pattern(), tag = "management", operation_id = "listSessions",
    security(("Management" = [])),
    summary = "List a user's open sessions",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 200, description = "The sessions.", body = SessionList), ManagementErrors),
)]
pub async fn list(manager: Manager, named: Path<String>) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::Sessions(who(&named)?)).await
}

/// Closes every session of a user.
#[utoipa::path(
    delete, path = Route::ManagedUserSessions.pattern(), tag = "management", operation_id = "closeSessions",
    security(("Management" = [])),
    summary = "Close every session of a user",
    description = "And every login under way, and single sign-on in every browser.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 200, description = "How many were closed.", body = Closed), ManagementErrors),
)]
pub async fn close_all(manager: Manager, named: Path<String>) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::Close(who(&named)?, SessionSelector::All)).await
}

/// Closes a session of a user.
#[utoipa::path(
    delete, path = Route::ManagedUserSession.pattern(), tag = "management", operation_id = "closeSession",
    security(("Management" = [])),
    summary = "Close a session of a user",
    params(
        ("who" = String, Path, description = "The user's id or e-mail address."),
        ("session" = String, Path, description = "The session's id, or the client's."),
    ),
    responses((status = 200, description = "It is closed.", body = Closed), ManagementErrors),
)]
pub async fn close(manager: Manager, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (named, session) = path.into_inner();
    manager.answer(Request::Close(who(&named)?, SessionSelector::One(session))).await
}
