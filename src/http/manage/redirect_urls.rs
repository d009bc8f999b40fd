//! `/manage/v1/redirect-urls`: where browsers may be sent after a login.

use actix_web::HttpResponse;
use actix_web::web::Payload;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::operator::Manager;
use super::{PageQuery, body};
use crate::admin::Request;
use crate::admin::bodies::{NewRedirect, RedirectChange};
use crate::domain::RedirectTarget;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::ManagementErrors;

/// A part of the registered redirect URLs, in alphabetical order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct RedirectList {
    items: Vec<String>,
    /// Where the next part begins; `null` at the end.
    next: Option<String>,
}

/// A redirect URL to register.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone: `admin::bodies::NewRedirect` is read")]
pub struct RedirectWanted {
    /// The URL, http or https; a query does not count.
    #[schema(example = "https://app.example.org/done")]
    url: String,
}

/// Which redirect URL to remove.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UrlQuery {
    /// The URL.
    url: String,
}

/// Lists redirect URLs.
#[utoipa::path(
    get, path = Route::ManagedRedirects.pattern(), tag = "management", operation_id = "listRedirectUrls",
    security(("Management" = [])),
    summary = "List the registered redirect URLs",
    description = "Those of the settings are not among them.",
    params(PageQuery),
    responses((status = 200, description = "A part of them.", body = RedirectList), ManagementErrors),
)]
pub async fn list(manager: Manager, page: Result<Query<PageQuery>, ApiError>) -> Result<HttpResponse, ApiError> {
    let Query(page) = page?;
    let limit = page.limit();
    manager.answer(Request::Redirects { after: page.after, limit }).await
}

/// Registers a redirect URL.
#[utoipa::path(
    post, path = Route::ManagedRedirects.pattern(), tag = "management", operation_id = "addRedirectUrl",
    security(("Management" = [])),
    summary = "Register a redirect URL",
    description = "Once more changes nothing.",
    request_body(content = RedirectWanted),
    responses((status = 200, description = "The URL as it is compared.", body = RedirectChange), ManagementErrors),
)]
pub async fn add(manager: Manager, payload: Payload) -> Result<HttpResponse, ApiError> {
    let NewRedirect { url } = body::read(body::MAX_BYTES, payload).await?;
    manager.answer(Request::AddRedirect(url)).await
}

/// Removes a redirect URL.
#[utoipa::path(
    delete, path = Route::ManagedRedirects.pattern(), tag = "management", operation_id = "removeRedirectUrl",
    security(("Management" = [])),
    summary = "Remove a registered redirect URL",
    description = "Once more changes nothing.",
    params(UrlQuery),
    responses((status = 200, description = "The URL as it is compared.", body = RedirectChange), ManagementErrors),
)]
pub async fn remove(manager: Manager, query: Result<Query<UrlQuery>, ApiError>) -> Result<HttpResponse, ApiError> {
    let Query(UrlQuery { url }) = query?;
    let url = RedirectTarget::parse(&url).map_err(|error| ApiError::BadRequest(format!("The URL {error}.").into()))?;
    manager.answer(Request::RemoveRedirect(url)).await
}
