//! `/applications`: what this user may use.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{PerRequest, RequestLog, SessionCredential};
use crate::http::openapi::errors::SessionErrors;
use crate::session::SessionService;

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
#[utoipa::path(
    method(get, post), path = Route::Applications.pattern(), tag = "directory",
    operation_id = "applications",
    security(("Infinite_Directory_Session" = []), ("Bearer" = []), ("BimPlus" = [])),
    summary = "List the user's applications",
    description = "The applications of the configuration that are for everyone or for a team of the user, in the order in \
        which they stand there. Parameters and bodies are ignored.",
    responses((status = 200, description = "The applications.", body = Vec<ApplicationInfo>), SessionErrors),
)]
pub async fn list(
    SessionCredential(credential): SessionCredential,
    sessions: PerRequest<SessionService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    let live = sessions.live(credential).await?;
    let account = &live.held.account;
    log.user(account.id);
    let applications = sessions.applications(account);
    let applications = applications.iter().map(|application| ApplicationInfo {
        id: &application.id,
        name: &application.name,
        url: &application.url,
        description: &application.description,
    });
    Ok(super::respond(&applications.collect::<Vec<_>>()))
}
