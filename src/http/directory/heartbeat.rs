//! `/heartbeat`: the session goes on.

use actix_web::{HttpRequest, HttpResponse};

use super::session::{self, SessionResponse};
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::openapi::errors::HeartbeatErrors;

/// Keeps the session alive, and renews its bearers.
///
/// # Errors
/// [`ApiError::Session`], [`ApiError::Store`].
#[utoipa::path(
    method(get, post), path = "/directory/api/directorysession/heartbeat", tag = "directory", operation_id = "heartbeat",
    security(("Infinite_Directory_Session" = []), ("Bearer" = []), ("BimPlus" = [])),
    summary = "Keep the session alive",
    description = "Moves `heartbeat_before` forward, never past `session_eol`, and issues new bearers; the old ones stay \
        valid until they expire. A session whose `heartbeat_before` passes is closed within a second. The session of a v2 \
        access token needs no heartbeat: its `heartbeat_before` equals its `session_eol`, which is told as the token's \
        own end where that is earlier *(ours)*. Parameters and bodies are ignored.",
    responses((status = 200, description = "The session.", body = SessionResponse), HeartbeatErrors),
)]
pub async fn beat(request: HttpRequest, services: AppState) -> Result<HttpResponse, ApiError> {
    let renewed = services.directory.heartbeat(session::handle(&request)?).await?;
    Ok(session::answer(&request, &services, &renewed))
}
