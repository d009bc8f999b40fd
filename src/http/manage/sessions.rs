//! `/manage/v1/users/{who}/sessions`: where a user is logged in.

use actix_web::HttpResponse;
use actix_web::web::Path;
use utoipa::ToSchema;

use super::operator::Manager;
use super::users::who;
use crate::admin::bodies::Closed;
use crate::admin::{Request, SessionSelector, SessionView};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// A user's open sessions, latest contact first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct SessionList {
    items: Vec<SessionView>,
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
