//! `/heartbeat`: the session goes on.

use actix_web::HttpResponse;

use super::session::{self, SessionResponse};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{PerRequest, RequestLog, SessionCredential};
use crate::http::openapi::errors::HeartbeatErrors;
use crate::session::SessionService;

/// Keeps the session alive, and renews its bearers.
#[utoipa::path(
    method(get, post), path = Route::Heartbeat.pattern(), tag = "directory", operation_id = "heartbeat",
    security(("Infinite_Directory_Session" = []), ("Bearer" = []), ("BimPlus" = [])),
    summary = "Keep the session alive",
    description = "Moves `heartbeat_before` forward, never past `session_eol`, and issues new bearers; the old ones stay \
        valid until they expire. A session whose `heartbeat_before` passes is closed within a second. The session of a v2 \
        access token needs no heartbeat: its `heartbeat_before` equals its `session_eol`, which is told as the token's \
        own end where that is earlier *(ours)*. Parameters and bodies are ignored.",
    responses((status = 200, description = "The session.", body = SessionResponse), HeartbeatErrors),
)]
pub async fn beat(
    SessionCredential(credential): SessionCredential,
    sessions: PerRequest<SessionService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    let renewed = sessions.heartbeat(credential).await?;
    Ok(session::respond(&sessions, &log, &renewed))
}
