//! `/manage/v1/users/{who}/second-factor`: taken from people who have lost it.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::operator::Manager;
use super::users::change_of;
use crate::admin::{AccountView, Change};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// Takes a second factor from a user.
#[utoipa::path(
    delete, path = Route::ManagedSecondFactor.pattern(), tag = "management", operation_id = "resetSecondFactor",
    security(("Management" = [])),
    summary = "Take a lost second factor from a user",
    description = "Who then logs in by the password alone. Ends every session.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 200, description = "The user.", body = AccountView), ManagementErrors),
)]
pub async fn reset(manager: Manager, named: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    change_of(&manager, &named, &request, Change::ResetFactor).await
}
