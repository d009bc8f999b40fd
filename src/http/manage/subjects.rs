//! `/manage/v1/subjects` and `/manage/v1/users/{who}/subject`: who users are at an identity provider.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;

use super::operator::Manager;
use super::users::change_of;
use crate::admin::bodies::Unlinked;
use crate::admin::{AccountView, Change, Request};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::ManagementErrors;

/// Whom to unlink.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IssuerQuery {
    /// The issuer, to the letter.
    issuer: String,
    /// `next` of the part before.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    after: Option<String>,
}

/// Unlinks a user.
#[utoipa::path(
    delete, path = Route::ManagedSubject.pattern(), tag = "management", operation_id = "unlinkUser",
    security(("Management" = [])),
    summary = "Forget who a user is at the identity provider",
    description = "At the next login by the provider the user is linked by a verified e-mail address.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 200, description = "The user.", body = AccountView), ManagementErrors),
)]
pub async fn unlink(manager: Manager, named: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    change_of(&manager, &named, &request, Change::Unlink).await
}

/// Unlinks users of an issuer.
#[utoipa::path(
    delete, path = Route::ManagedSubjects.pattern(), tag = "management", operation_id = "unlinkUsers",
    security(("Management" = [])),
    summary = "Forget who users are at an identity provider",
    description = "Of a part of the accounts; go on with `next` until there is none.",
    params(IssuerQuery),
    responses((status = 200, description = "How many were unlinked.", body = Unlinked), ManagementErrors),
)]
pub async fn unlink_all(
    manager: Manager,
    query: Result<Query<IssuerQuery>, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let Query(IssuerQuery { issuer, after }) = query?;
    manager.answer(Request::Unlink { issuer, after }).await
}
