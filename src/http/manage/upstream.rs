//! `/manage/v1/arrivals` and `/manage/v1/upstream`: the old service, and who comes over from it.

use actix_web::HttpResponse;
use utoipa::ToSchema;

use super::PageQuery;
use super::operator::Manager;
use crate::admin::bodies::Until;
use crate::admin::{ArrivalView, Request};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::ManagementErrors;

/// Of a part of the accounts, those who come over.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct ArrivalList {
    items: Vec<ArrivalView>,
    /// Where the next part begins; `null` at the end.
    next: Option<String>,
}

/// Lists who comes over.
#[utoipa::path(
    get, path = Route::ManagedArrivals.pattern(), tag = "management", operation_id = "listArrivals",
    security(("Management" = [])),
    summary = "List who comes over from the old service",
    description = "`limit` counts the accounts that are looked at.",
    params(PageQuery),
    responses((status = 200, description = "A part of them.", body = ArrivalList), ManagementErrors),
)]
pub async fn arrivals(manager: Manager, page: Result<Query<PageQuery>, ApiError>) -> Result<HttpResponse, ApiError> {
    let Query(page) = page?;
    let limit = page.limit();
    manager.answer(Request::Arrivals { after: page.after, limit }).await
}

/// Tells until when the old service is asked.
#[utoipa::path(
    get, path = Route::ManagedUpstream.pattern(), tag = "management", operation_id = "showUpstream",
    security(("Management" = [])),
    summary = "Tell until when the old service is asked",
    description = "Where the settings do not say.",
    responses((status = 200, description = "The end.", body = Until), ManagementErrors),
)]
pub async fn until(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::UpstreamUntil).await
}
