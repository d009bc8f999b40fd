//! `/v2/.well-known/openid-configuration`: where the identity provider describes itself.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;

use crate::http::error::ApiError;
use crate::http::openapi::errors::Missing;
use crate::http::{HttpSettings, Route};

/// Leads to the identity provider's discovery document.
///
/// # Errors
/// [`ApiError::Missing`] without a provider.
#[utoipa::path(
    get, path = Route::OpenIdConfiguration.pattern(), tag = "v2", operation_id = "openIdConfiguration",
    summary = "Find the identity provider",
    description = "Leads to the discovery document of the identity provider that this server asks *(ours)*.",
    responses((status = 307, description = "`Location` is the document's URL."), Missing),
)]
pub async fn find(settings: Data<HttpSettings>) -> Result<HttpResponse, ApiError> {
    let document = settings.provider_document.as_deref().ok_or(ApiError::Missing)?;
    Ok(HttpResponse::TemporaryRedirect().insert_header((LOCATION, document)).finish())
}
