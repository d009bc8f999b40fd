//! `/manage/v1/users/{who}/links`: one-time links by which people set their passwords.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Payload};
use utoipa::ToSchema;

use super::body;
use super::operator::Manager;
use super::users::{account, who};
use crate::account::LINK_PAGE;
use crate::admin::bodies::{LinkAsked, LinkMade, NewLink};
use crate::admin::{AccountView, AdminError, Request, UserSelector, digest_of};
use crate::domain::{Email, LinkSecret};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;
use crate::http::{HttpSettings, Route};
use crate::mail::{Letter, MailError};

/// A one-time link to make.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone: `admin::bodies::LinkAsked` is read")]
pub struct LinkToMake {
    /// `invitation`: it counts for a week; `reset`: for 30 minutes.
    #[schema(pattern = "^(invitation|reset)$")]
    purpose: String,
    /// Whether to mail it to the user besides, where the server sends mail. Absent: it is not mailed.
    mail: Option<bool>,
}

/// A one-time link to add.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone: `admin::bodies::NewLink` is read")]
pub struct LinkWanted {
    /// `invitation`: it counts for a week; `reset`: for 30 minutes.
    #[schema(pattern = "^(invitation|reset)$")]
    purpose: String,
}

/// Makes a link.
#[utoipa::path(
    post, path = Route::ManagedLinks.pattern(), tag = "management", operation_id = "makeLink",
    security(("Management" = [])),
    summary = "Make a link by which a user sets a password",
    description = "Whoever opens it first sets the password. It is told this once. With `mail` the answer comes when the \
        mail server has taken it, or has not within `mail.timeout`: `mailed` and `problem` say which.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    request_body(content = LinkToMake),
    responses((status = 201, description = "The link.", body = LinkMade), ManagementErrors),
)]
pub async fn make(
    manager: Manager,
    named: Path<String>,
    payload: Payload,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let LinkAsked { purpose, mail } = body::read(body::MAX_BYTES, payload).await?;
    let user = match who(&named)? {
        UserSelector::Id(user) => user,
        email @ UserSelector::Email(_) => account(manager.execute(Request::Show(email)).await?)?.id,
    };
    let secret = LinkSecret::draw(user).map_err(ServiceError::from)?;
    // The address that the person has as the link is made.
    let to = account(manager.execute(Request::AddLink { user, purpose, digest: secret.digest().0 }).await?)?.email;
    let link = settings.base.at(&format!("{LINK_PAGE}?link={}", secret.reveal()));
    let (mailed, problem) = match manager.management.mailer.as_deref().filter(|_| mail) {
        None => (false, None),
        Some(post) => {
            let letter = Letter::of_link(purpose, settings.base.as_str(), &link);
            let sent = match Email::new(&to) {
                Some(to) => post.send(&to, &letter).await,
                None => Err(MailError::Address),
            };
            if let Err(error) = &sent {
                tracing::warn!(%user, %error, "a one-time link could not be mailed");
            }
            (sent.is_ok(), sent.err().map(|error| error.to_string()))
        }
    };
    let seconds = purpose.lifetime().as_secs();
    Ok(HttpResponse::Created().json(LinkMade { link, seconds, mailed, problem }))
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
