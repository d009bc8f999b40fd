//! `/v2/auth-forgot`: send a link to set a password.

use actix_web::HttpResponse;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::account::AccountService;
use crate::domain::Email;
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{LoginAttempt, PerRequest, body, json::Object};
use crate::http::openapi::errors::ForgotErrors;

/// Whose password is forgotten. The vendor's SDK sends what its caller gives it, and says no more of it: the address may also
/// be the whole body, as a JSON string or as it is.
#[derive(Deserialize, ToSchema)]
pub struct ForgotRequest {
    /// The e-mail address, at most 320 bytes.
    #[schema(value_type = Option<String>, max_length = 320, example = "test@bimplus.net")]
    user_id: Option<String>,
    /// The same, where `user_id` is absent.
    #[schema(value_type = Option<String>, max_length = 320)]
    email: Option<String>,
}

/// The address of a body.
pub struct ForgottenAddress(Email);

impl ForgottenAddress {
    fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let text = str::from_utf8(body).map_err(|_| ApiError::BadRequest("The body is not UTF-8.".into()))?.trim();
        let address = if text.starts_with('{') {
            let ForgotRequest { user_id, email } = Object::parse(body)?.read()?;
            user_id.or(email)
        } else {
            Some(serde_json::from_str(text).unwrap_or_else(|_| text.to_owned()))
        };
        let address = address.as_deref().and_then(Email::new);
        address.map(Self).ok_or(ApiError::BadRequest(
            "The field user_id (the e-mail address, at most 320 bytes) is mandatory.".into(),
        ))
    }
}

impl FromRequest for ForgottenAddress {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move { Self::parse(&body::read(payload).await?) })
    }
}

/// Sends it.
#[utoipa::path(
    post, path = Route::AuthForgot.pattern(), tag = "v2", operation_id = "forgotPassword",
    summary = "Have a link sent to set a password",
    description = "Sends a link that sets the password to the person of the address. The answer is the same, in content and \
        time, whether the address is known or not; the mail is sent after it. Throttled by address and by network. The \
        `Authorization` header is ignored. 404 while the server sends no mail.",
    request_body(content = ForgotRequest, description = "At most 16 KiB. Also the address alone."),
    responses((status = 200, description = "If the address is known, a mail is on its way. No body."), ForgotErrors),
)]
pub async fn ask(
    attempt: LoginAttempt,
    accounts: PerRequest<AccountService>,
    address: Result<ForgottenAddress, ApiError>,
) -> Result<HttpResponse, ApiError> {
    if !accounts.sends_links() {
        return Err(ServiceError::NoMail.into());
    }
    let ForgottenAddress(email) = address?;
    attempt.log.note(|notes| notes.client = attempt.client.logged_address());
    accounts.forgot(email, attempt.client.network()).await?;
    Ok(HttpResponse::Ok().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_in_every_way_that_callers_of_the_sdk_may_choose() {
        for body in [
            r#"{"user_id": "A@example.org"}"#,
            r#"{"email": "a@example.org", "user_id": null,}"#,
            r#"{"user_id": "a@example.org", "email": "b@example.org"}"#,
            r#" "a@example.org" "#,
            " a@example.org\n",
        ] {
            let address = ForgottenAddress::parse(body.as_bytes()).map(|address| address.0);
            assert_eq!(address.ok(), Email::new("a@example.org"), "{body}");
        }
        for body in ["", "{}", "{", r#"{"user_id": 5}"#, r#""""#] {
            assert!(ForgottenAddress::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(ForgottenAddress::parse(b"\xff@example.org").is_err());
    }
}
