//! `/manage/v1/users/{who}/app-passwords`: for programs that know an e-mail address and a password alone.

use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body;
use super::operator::Manager;
use super::users::{change_of, id, who};
use crate::admin::bodies::AppPasswordBody;
use crate::admin::{AccountView, AdminError, Answer, AppPasswordView, Change, Entry, NewAppPassword, Request};
use crate::domain::{AppPassword, AppPasswordId, AppPasswordValue, TokenDigest};
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// A user's app passwords, oldest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct AppPasswordList {
    items: Vec<AppPasswordView>,
}

/// An app password to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppPasswordWanted {
    /// What it is for, such as the device.
    #[schema(value_type = String)]
    name: Entry,
    /// After how many days it ends; absent: when it is revoked.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u32>,
}

/// An app password to add, whose value the client has made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone: `admin::bodies::AppPasswordBody` is read")]
pub struct AppPasswordMade {
    name: String,
    days: Option<u32>,
    /// The first 16 bytes of the SHA-256 of its 16 bytes, in hexadecimal digits.
    #[schema(pattern = "^[0-9a-fA-F]{32}$")]
    digest: String,
}

/// An app password that was made.
#[derive(Serialize, ToSchema)]
pub struct AppPasswordShown {
    /// Its id, by which it is revoked.
    #[schema(value_type = Uuid)]
    id: AppPasswordId,
    /// Its value, told this once.
    app_password: String,
}

/// Lists app passwords.
#[utoipa::path(
    get, path = Route::ManagedAppPasswords.pattern(), tag = "management", operation_id = "listAppPasswords",
    security(("Management" = [])),
    summary = "List a user's app passwords",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 200, description = "At most 100.", body = AppPasswordList), ManagementErrors),
)]
pub async fn list(manager: Manager, named: Path<String>) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::AppPasswords(who(&named)?)).await
}

/// Makes an app password.
#[utoipa::path(
    post, path = Route::ManagedAppPasswords.pattern(), tag = "management", operation_id = "makeAppPassword",
    security(("Management" = [])),
    summary = "Make an app password",
    description = "Its value is told this once.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    request_body(content = AppPasswordWanted),
    responses((status = 201, description = "The app password.", body = AppPasswordShown), ManagementErrors),
)]
pub async fn make(
    manager: Manager,
    named: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let AppPasswordWanted { name, days } = body::read(body::MAX_BYTES, payload).await?;
    let value = AppPasswordValue::generate().map_err(ServiceError::from)?;
    let id = AppPasswordId(Uuid::new_v4());
    let new = new(&manager, id, value.digest(), name, days)?;
    change_of(&manager, &named, &request, Change::AddAppPassword(new)).await?;
    Ok(HttpResponse::Created().json(AppPasswordShown { id, app_password: value.reveal().to_string() }))
}

/// Adds an app password that the client has made.
#[utoipa::path(
    put, path = Route::ManagedAppPassword.pattern(), tag = "management", operation_id = "addAppPassword",
    security(("Management" = [])),
    summary = "Add an app password whose value the client has made",
    description = "The server never knows the value. Once more with the same id changes nothing.",
    params(
        ("who" = String, Path, description = "The user's id or e-mail address."),
        ("id" = Uuid, Path, description = "The app password's id, made at random."),
    ),
    request_body(content = AppPasswordMade),
    responses((status = 200, description = "The user.", body = AccountView), ManagementErrors),
)]
pub async fn add(
    manager: Manager,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let (named, which) = path.into_inner();
    let AppPasswordBody { name, days, digest } = body::read(body::MAX_BYTES, payload).await?;
    let which = AppPasswordId(id(&which).ok_or(ApiError::BadRequest("The app password's id must be a UUID.".into()))?);
    let new = new(&manager, which, digest, name, days)?;
    let held = manager.execute(Request::AppPasswords(who(&named)?)).await?;
    if let Answer::AppPasswords(held) = held
        && held.iter().any(|held| held.id == which)
    {
        return manager.answer(Request::Show(who(&named)?)).await;
    }
    change_of(&manager, &named, &request, Change::AddAppPassword(new)).await
}

/// Revokes an app password.
#[utoipa::path(
    delete, path = Route::ManagedAppPassword.pattern(), tag = "management", operation_id = "revokeAppPassword",
    security(("Management" = [])),
    summary = "Revoke an app password",
    description = "Ends every login by it.",
    params(
        ("who" = String, Path, description = "The user's id or e-mail address."),
        ("id" = Uuid, Path, description = "The app password's id."),
    ),
    responses((status = 200, description = "The user.", body = AccountView), ManagementErrors),
)]
pub async fn revoke(
    manager: Manager,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (named, which) = path.into_inner();
    let which = AppPasswordId(id(&which).ok_or(AdminError::NoSuchAppPassword)?);
    change_of(&manager, &named, &request, Change::RevokeAppPasswords(Some(which))).await
}

/// Revokes every app password of a user.
#[utoipa::path(
    delete, path = Route::ManagedAppPasswords.pattern(), tag = "management", operation_id = "revokeAppPasswords",
    security(("Management" = [])),
    summary = "Revoke every app password of a user",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 200, description = "The user.", body = AccountView), ManagementErrors),
)]
pub async fn revoke_all(manager: Manager, named: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    change_of(&manager, &named, &request, Change::RevokeAppPasswords(None)).await
}

fn new(
    manager: &Manager,
    id: AppPasswordId,
    digest: TokenDigest,
    name: Entry,
    days: Option<u32>,
) -> Result<NewAppPassword, ApiError> {
    let most = manager.management.app_passwords;
    if days.is_some_and(|days| !(1..=AppPassword::MAX_DAYS).contains(&days)) {
        let sentence = format!("The member days must be 1 to {}.", AppPassword::MAX_DAYS);
        return Err(ApiError::BadRequest(sentence.into()));
    }
    Ok(NewAppPassword { id, digest, name, days, most })
}
