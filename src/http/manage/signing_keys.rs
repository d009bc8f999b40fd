//! `/manage/v1/signing-keys`: the keys that sign bearers.

use actix_web::HttpResponse;
use utoipa::ToSchema;

use super::operator::Manager;
use crate::admin::{KeyView, Request};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// The signing keys, oldest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct KeyList {
    items: Vec<KeyView>,
}

/// Lists keys.
#[utoipa::path(
    get, path = Route::ManagedKeys.pattern(), tag = "management", operation_id = "listSigningKeys",
    security(("Management" = [])),
    summary = "List the signing keys",
    responses((status = 200, description = "Without their private halves.", body = KeyList), ManagementErrors),
)]
pub async fn list(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::Keys).await
}

/// Makes the next key.
#[utoipa::path(
    post, path = Route::ManagedKeys.pattern(), tag = "management", operation_id = "rotateSigningKeys",
    security(("Management" = [])),
    summary = "Make the next signing key",
    description = "It is published at once and signs a minute later. Keys that retire are removed.",
    responses((status = 200, description = "The key.", body = KeyView), ManagementErrors),
)]
pub async fn rotate(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::RotateKey).await
}

/// Removes every key and makes a new one.
#[utoipa::path(
    delete, path = Route::ManagedKeys.pattern(), tag = "management", operation_id = "resetSigningKeys",
    security(("Management" = [])),
    summary = "Remove every signing key and make a new one",
    description = "Ends every bearer.",
    responses((status = 200, description = "The new key.", body = KeyView), ManagementErrors),
)]
pub async fn reset(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::ResetKeys).await
}
