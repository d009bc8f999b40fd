//! `/manage/v1/import`: many accounts at once.

use actix_web::HttpResponse;
use actix_web::web::Payload;
use utoipa::ToSchema;

use super::body;
use super::operator::Manager;
use crate::admin::bodies::{Claims, NewAccounts};
use crate::admin::{Claim, NewAccount, Request, Row};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// Accounts to create.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone: `admin::bodies::NewAccounts` is read")]
pub struct Accounts {
    /// At most 1000.
    accounts: Vec<Row>,
}

/// What accounts lay claim to.
#[derive(ToSchema)]
#[schema(as = AccountClaims)]
#[expect(dead_code, reason = "described alone: `admin::bodies::Claims` is read")]
pub struct ClaimsMade {
    /// At most 1000.
    claims: Vec<Claim>,
}

/// One for each that was sent, in that order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct Statuses {
    items: Vec<Status>,
}

/// How an account stands to those there are.
#[derive(ToSchema)]
#[schema(as = ImportStatus)]
#[expect(dead_code, reason = "described alone: `admin::ImportStatus` is written")]
pub struct Status {
    /// `new`: it can be created, or was; `already_there`; `email_taken`: by `user`; `id_taken`; `subject_taken`.
    #[schema(pattern = "^(new|already_there|email_taken|id_taken|subject_taken)$")]
    status: String,
    /// Of `email_taken`: who has the address.
    #[schema(value_type = Option<uuid::Uuid>, nullable = false)]
    user: Option<uuid::Uuid>,
}

/// Checks whether accounts could be created.
#[utoipa::path(
    post, path = Route::ManagedImportCheck.pattern(), tag = "management", operation_id = "checkImport",
    security(("Management" = [])),
    summary = "Say whether accounts could be created",
    description = "Changes nothing.",
    request_body(content = ClaimsMade, description = "At most 4 MiB."),
    responses((status = 200, description = "How each stands.", body = Statuses), ManagementErrors),
)]
pub async fn check(manager: Manager, payload: Payload) -> Result<HttpResponse, ApiError> {
    let Claims::<Vec<Claim>> { claims } = body::read(body::MAX_BATCH_BYTES, payload).await?;
    manager.answer(Request::Check(claims)).await
}

/// Creates accounts.
#[utoipa::path(
    post, path = Route::ManagedImport.pattern(), tag = "management", operation_id = "importUsers",
    security(("Management" = [])),
    summary = "Create accounts, those that collide with nothing",
    description = "Once more with the same accounts changes nothing.",
    request_body(content = Accounts, description = "At most 4 MiB."),
    responses((status = 200, description = "What became of each.", body = Statuses), ManagementErrors),
)]
pub async fn create(manager: Manager, payload: Payload) -> Result<HttpResponse, ApiError> {
    let NewAccounts::<Vec<NewAccount>> { accounts } = body::read(body::MAX_BATCH_BYTES, payload).await?;
    manager.answer(Request::Create(accounts)).await
}
