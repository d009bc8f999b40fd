//! `/manage/v1/licenses`: licences that native clients have borrowed.

use actix_web::HttpResponse;
use utoipa::ToSchema;

use super::operator::Manager;
use crate::admin::{BorrowView, Request};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// The licences that are out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct LicenseList {
    /// By when they come back, at most 1000.
    items: Vec<BorrowView>,
    /// How many there are in all.
    out: usize,
}

/// Lists licences.
#[utoipa::path(
    get, path = Route::ManagedLicenses.pattern(), tag = "management", operation_id = "listBorrowedLicenses",
    security(("Management" = [])),
    summary = "List the licences that are out",
    responses((status = 200, description = "Those that come back first.", body = LicenseList), ManagementErrors),
)]
pub async fn list(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::Licenses).await
}
