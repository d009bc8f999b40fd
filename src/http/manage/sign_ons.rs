//! `/manage/v1/users/{who}/sign-ons` and `…/forced-consent`: the browsers in which a user stays signed on.

use actix_web::HttpResponse;
use actix_web::web::Path;
use utoipa::ToSchema;

use super::operator::Manager;
use super::users::who;
use crate::admin::bodies::Ended;
use crate::admin::{Request, SignOnView};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// Where a user is signed on, the latest proof first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct SignOnList {
    items: Vec<SignOnView>,
}

/// Lists browsers.
#[utoipa::path(
    get, path = Route::ManagedSignOns.pattern(), tag = "management", operation_id = "listSignOns",
    security(("Management" = [])),
    summary = "List the browsers in which a user stays signed on",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 200, description = "The browsers.", body = SignOnList), ManagementErrors),
)]
pub async fn list(manager: Manager, named: Path<String>) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::SignOns(who(&named)?)).await
}

/// Ends single sign-on of a user.
#[utoipa::path(
    delete, path = Route::ManagedSignOns.pattern(), tag = "management", operation_id = "endSignOns",
    security(("Management" = [])),
    summary = "End single sign-on in every browser of a user",
    description = "Sessions stay open.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 200, description = "In how many browsers it has ended.", body = Ended), ManagementErrors),
)]
pub async fn end(manager: Manager, named: Path<String>) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::SignOff(who(&named)?)).await
}

/// Waives that a user be asked again.
#[utoipa::path(
    delete, path = Route::ManagedForcedConsent.pattern(), tag = "management", operation_id = "waiveForcedConsent",
    security(("Management" = [])),
    summary = "Let a user log in without being asked again",
    description = "Though a session was closed with `forceuserconsentonnextlogin=true`. Ends single sign-on; \
        sessions stay open.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses(
        (status = 200, description = "In how many browsers single sign-on has ended.", body = Ended), ManagementErrors,
    ),
)]
pub async fn waive(manager: Manager, named: Path<String>) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::Waive(who(&named)?)).await
}
