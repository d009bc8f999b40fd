//! `/manage/v1/tokens`: tokens of this API.

use actix_web::HttpResponse;
use actix_web::web::{Path, Payload};
use utoipa::ToSchema;

use super::body;
use super::operator::Manager;
use crate::admin::bodies::TokenBody;
use crate::admin::{AdminError, Entry, NewToken, Request, TokenView};
use crate::domain::ApiToken;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// The API tokens, oldest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct ApiTokenList {
    items: Vec<TokenView>,
}

/// An API token to add, whose value the client has made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone: `admin::bodies::TokenBody` is read")]
pub struct ApiTokenMade {
    /// Of `read`, `users`, `sessions`, `everything`; at least one.
    scopes: Vec<String>,
    /// After how many days it ends; absent: when it is removed.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u32>,
    /// The first 16 bytes of the SHA-256 of its 16 bytes, in hexadecimal digits.
    #[schema(pattern = "^[0-9a-fA-F]{32}$")]
    digest: String,
}

/// Lists API tokens.
#[utoipa::path(
    get, path = Route::ManagedTokens.pattern(), tag = "management", operation_id = "listApiTokens",
    security(("Management" = [])),
    summary = "List the tokens of this API",
    responses((status = 200, description = "Without their values.", body = ApiTokenList), ManagementErrors),
)]
pub async fn list(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::Tokens).await
}

/// Adds an API token.
#[utoipa::path(
    put, path = Route::ManagedToken.pattern(), tag = "management", operation_id = "addApiToken",
    security(("Management" = [])),
    summary = "Add a token of this API whose value the client has made",
    description = "The server never knows the value before it is used: `bgat-` and 32 hexadecimal digits of 128 random \
        bits. Once more with the same changes nothing.",
    params(("name" = String, Path, description = "What it is called; unique.")),
    request_body(content = ApiTokenMade),
    responses((status = 200, description = "The token.", body = TokenView), ManagementErrors),
)]
pub async fn add(manager: Manager, named: Path<String>, payload: Payload) -> Result<HttpResponse, ApiError> {
    let TokenBody { scopes, days, digest } = body::read(body::MAX_BYTES, payload).await?;
    let name =
        Entry::parse(&named).ok_or(ApiError::BadRequest("The name is too long, or has control characters.".into()))?;
    if days.is_some_and(|days| !(1..=ApiToken::MAX_DAYS).contains(&days)) {
        let sentence = format!("The member days must be 1 to {}.", ApiToken::MAX_DAYS);
        return Err(ApiError::BadRequest(sentence.into()));
    }
    manager.answer(Request::AddToken(NewToken { name, digest, scopes, days })).await
}

/// Removes an API token.
#[utoipa::path(
    delete, path = Route::ManagedToken.pattern(), tag = "management", operation_id = "removeApiToken",
    security(("Management" = [])),
    summary = "Remove a token of this API",
    params(("name" = String, Path, description = "What it is called.")),
    responses((status = 204, description = "It is refused from now on."), ManagementErrors),
)]
pub async fn remove(manager: Manager, named: Path<String>) -> Result<HttpResponse, ApiError> {
    let name = Entry::parse(&named).ok_or(AdminError::NoSuchToken)?;
    manager.execute(Request::RemoveToken(name)).await?;
    Ok(HttpResponse::NoContent().finish())
}
