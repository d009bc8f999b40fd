//! `/manage/v1/users/{who}/links`: one-time links by which people set their passwords.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Payload};
use serde::Serialize;
use utoipa::ToSchema;

use super::body;
use super::operator::Manager;
use super::users::{account, who};
use crate::account::LINK_PAGE;
use crate::admin::bodies::NewLink;
use crate::admin::{AccountView, AdminError, Request, UserSelector, digest_of};
use crate::domain::LinkSecret;
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;
use crate::http::{HttpSettings, Route};

/// A one-time link to make.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone: `admin::bodies::NewLink` is read")]
pub struct LinkWanted {
    /// `invitation`: it counts for a week; `reset`: for 30 minutes.
    #[schema(pattern = "^(invitation|reset)$")]
    purpose: String,
}

/// A one-time link that was made.
#[derive(Serialize, ToSchema)]
pub struct LinkShown {
    /// The link, told this once.
    link: String,
    /// For how many seconds it counts.
    seconds: u64,
}

/// Makes a link.
#[utoipa::path(
    post, path = Route::ManagedLinks.pattern(), tag = "management", operation_id = "makeLink",
    security(("Management" = [])),
    summary = "Make a link by which a user sets a password",
    description = "Whoever opens it first sets the password. It is told this once, and not mailed.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    request_body(content = LinkWanted),
    responses((status = 201, description = "The link.", body = LinkShown), ManagementErrors),
)]
pub async fn make(
    manager: Manager,
    named: Path<String>,
    payload: Payload,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let NewLink { purpose } = body::read(body::MAX_BYTES, payload).await?;
    let user = match who(&named)? {
        UserSelector::Id(user) => user,
        email @ UserSelector::Email(_) => account(manager.execute(Request::Show(email)).await?)?.id,
    };
    let secret = LinkSecret::draw(user).map_err(ServiceError::from)?;
    manager.execute(Request::AddLink { user, purpose, digest: secret.digest().0 }).await?;
    let link = settings.base.at(&format!("{LINK_PAGE}?link={}", secret.reveal()));
    Ok(HttpResponse::Created().json(LinkShown { link, seconds: purpose.lifetime().as_secs() }))
}

/// Adds a link that the client has made.
#[utoipa::path(
    put, path = Route::ManagedLink.pattern(), tag = "management", operation_id = "addLink",
    security(("Management" = [])),
    summary = "Add a link whose secret the client has made",
    description = "The server never knows the secret.",
    params(
        ("who" = uuid::Uuid, Path, description = "The user's id."),
        ("digest" = String, Path, description = "The digest of the link's secret: 32 hexadecimal digits."),
    ),
    request_body(content = LinkWanted),
    responses((status = 200, description = "The user.", body = AccountView), ManagementErrors),
)]
pub async fn add(manager: Manager, path: Path<(String, String)>, payload: Payload) -> Result<HttpResponse, ApiError> {
    let (named, digest) = path.into_inner();
    let NewLink { purpose } = body::read(body::MAX_BYTES, payload).await?;
    let UserSelector::Id(user) = who(&named)? else { return Err(AdminError::NoSuchUser.into()) };
    let malformed = || ApiError::BadRequest("The digest must be 32 hexadecimal digits.".into());
    let digest = digest_of(&digest).ok_or_else(malformed)?.0;
    manager.answer(Request::AddLink { user, purpose, digest }).await
}
