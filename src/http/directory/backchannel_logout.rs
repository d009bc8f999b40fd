//! `/directory/api/backchannel-logout`: the identity provider says that a session has ended there.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Payload};
use url::form_urlencoded;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::http::error::ApiError;
use crate::http::extract::{Client, PerRequest, RequestLog, body};
use crate::http::openapi::errors::LogoutErrors;
use crate::http::{HttpSettings, Route};
use crate::login::LoginService;

/// What the provider sends.
#[derive(ToSchema)]
pub struct LogoutRequest {
    /// The logout token: a JWT that the provider has signed.
    #[schema(value_type = String, example = "eyJhbGciOiJSUzI1NiIs…")]
    pub logout_token: Zeroizing<String>,
}

/// Ends what was opened in a session that has ended at the identity provider.
#[utoipa::path(
    post, path = Route::BackChannelLogout.pattern(), tag = "directory", operation_id = "backChannelLogout",
    summary = "End what has ended at the identity provider",
    description = "For the identity provider alone: OpenID Connect Back-Channel Logout 1.0 *(ours)*. The logout token \
        names the person (`sub`), the session there (`sid`), or both. With `sid` what was opened in that session ends, \
        without it all directory sessions and sign-ons of the person; with `openid.logout_ends_v2` every session and token of the person. What the person \
        has opened since stays. Sent twice, or about somebody unknown, it is 200 too. 404 without a provider.",
    request_body(content = LogoutRequest, content_type = "application/x-www-form-urlencoded",
        description = "At most 16 KiB."),
    responses((status = 200, description = "It has ended."), LogoutErrors),
)]
pub async fn end(
    payload: Payload,
    client: Client,
    settings: Data<HttpSettings>,
    logins: PerRequest<LoginService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    settings.provider_document.as_ref().ok_or(ApiError::Missing)?;
    let LogoutRequest { logout_token } = LogoutRequest::read(&body::read(payload.into_inner()).await?)?;
    if let Some(user) = logins.logged_out_at_provider(&logout_token, client.network()).await? {
        log.user(user);
    }
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish())
}

impl LogoutRequest {
    fn read(form: &[u8]) -> Result<Self, ApiError> {
        let token = form_urlencoded::parse(form).find(|(name, value)| name == "logout_token" && !value.is_empty());
        let (_, token) = token.ok_or(ApiError::BadRequest("The form field logout_token is mandatory.".into()))?;
        Ok(Self { logout_token: Zeroizing::new(token.into_owned()) })
    }
}
