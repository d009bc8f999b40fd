//! `/directory/api/getwebapi`: where the vendor's script for web clients is. It is not ours to serve.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;

use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::Missing;
use crate::session::SessionService;

/// Leads to the script.
///
/// # Errors
/// [`ApiError::Missing`] while none is configured.
#[utoipa::path(
    get, path = Route::GetWebApi.pattern(), tag = "directory", operation_id = "getWebApi",
    summary = "Find the vendor's script",
    description = "Leads to the script of the vendor's web clients, wherever the configuration says it is *(ours, from the \
        vendor's manual)*.",
    params(("version" = Option<String>, Query, description = "Accepted and ignored.")),
    responses((status = 307, description = "`Location` is the script's URL."), Missing),
)]
pub async fn find(sessions: Data<SessionService>) -> Result<HttpResponse, ApiError> {
    let script = sessions.settings().web_api_url.as_deref().ok_or(ApiError::Missing)?;
    Ok(HttpResponse::TemporaryRedirect().insert_header((LOCATION, script)).finish())
}
