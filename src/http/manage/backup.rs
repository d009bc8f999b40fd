//! `/manage/v1/backup`: everything in the store as one file.

use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt as _;

use super::operator::Manager;
use crate::backup::chunks;
use crate::domain::Scope;
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// Takes a backup.
#[utoipa::path(
    get, path = Route::ManagedBackup.pattern(), tag = "management", operation_id = "takeBackup",
    security(("Management" = [])),
    summary = "Take a backup of the store",
    description = "Everything but events and API tokens, as `bimgate store restore` takes it; the server goes on serving. The \
        file ends with its checksum: without it the store failed, or the connection ended early. Passwords are in it as hashes \
        and tokens as digests, so keep it where nobody else reads it.",
    responses((
        status = 200, description = "The file.", body = String, content_type = "application/octet-stream",
    ), ManagementErrors),
)]
pub async fn take(manager: Manager, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    manager.must(Scope::Everything)?;
    // Whoever asks for the head alone has no backup begun.
    if request.method() == Method::HEAD {
        return Ok(HttpResponse::Ok().content_type(ContentType::octet_stream()).finish());
    }
    let store = &manager.management.store;
    let now = store.time().await.map_err(ServiceError::from)?;
    let chunks = chunks(&**store, now).map(|chunk| chunk.map(Bytes::from));
    Ok(HttpResponse::Ok().content_type(ContentType::octet_stream()).streaming(chunks))
}
