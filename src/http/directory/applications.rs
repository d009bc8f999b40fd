//! `/applications`: what this user may use.

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::session;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::middleware::Caller;
use crate::http::openapi::errors::SessionErrors;

/// An application.
#[derive(Serialize, ToSchema)]
pub struct ApplicationInfo<'a> {
    /// Its id.
    #[schema(example = "viewer")]
    id: &'a str,
    /// Its name.
    #[schema(example = "Viewer")]
    name: &'a str,
    /// Where it is.
    #[schema(example = "https://viewer.example.org/")]
    url: &'a str,
    /// What it is for; may be empty.
    #[schema(example = "Look at models")]
    description: &'a str,
}

/// Lists the applications of the session's user.
///
/// # Errors
/// [`ApiError::Session`], [`ApiError::Store`].
#[utoipa::path(
    method(get, post), path = "/directory/api/directorysession/applications", tag = "directory",
    operation_id = "applications",
    security(("Infinite_Directory_Session" = []), ("Bearer" = []), ("BimPlus" = [])),
    summary = "List the user's applications",
    description = "The applications of the configuration that are for everyone or for a team of the user, in the order in \
        which they stand there. Parameters and bodies are ignored.",
    responses((status = 200, description = "The applications.", body = Vec<ApplicationInfo>), SessionErrors),
)]
pub async fn list(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let live = services.directory.live(session::handle(&request)?).await?;
    let account = &live.held.account;
    request.extensions_mut().insert(Caller(account.id));
    let applications = services.directory.applications(account).map(|application| ApplicationInfo {
        id: &application.id,
        name: &application.name,
        url: &application.url,
        description: &application.description,
    });
    Ok(super::tell(&applications.collect::<Vec<_>>()))
}
