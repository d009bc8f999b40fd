//! `/v2/authorize`: log in, tell about a token, revoke.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use serde::Serialize;
use uuid::Uuid;

use super::login::{self, Echo};
use crate::domain::{Email, ForeignId, Password, TokenValue};
use crate::http::edge::Caller;
use crate::http::error::ApiError;
use crate::http::json::Fields;
use crate::http::{LoginMethod, Services, bearer, body};
use crate::tokens::{Checked, LoginContext, PasswordLogin, Scope, SilentLogin};

const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");
const X_CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");

/// What is told about an access token.
#[derive(Debug, Serialize)]
pub struct TokenInfo<'a> {
    user_id: Uuid,
    audience: Uuid,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<&'a str>,
}

impl<'a> TokenInfo<'a> {
    fn of(checked: &'a Checked) -> Self {
        Self {
            user_id: checked.token.user.0,
            audience: checked.token.audience,
            expires_in: checked.expires_in,
            team_id: checked.token.team.as_deref(),
            project_id: checked.token.project.as_deref(),
        }
    }
}

/// Tells about the presented access token. The hot path.
///
/// # Errors
/// [`ApiError::InvalidToken`], [`ApiError::Store`].
pub async fn check(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    let checked = services.tokens.check(bearer::presented(request.headers())).await?;
    let mut response = HttpResponse::Ok().json(TokenInfo::of(&checked));
    let headers = response.headers_mut();
    headers.insert(X_USER_ID, uuid_value(checked.token.user.0));
    headers.insert(X_CLIENT_ID, uuid_value(checked.token.audience));
    Ok(response)
}

fn uuid_value(uuid: Uuid) -> HeaderValue {
    let mut text = [0; 36];
    let text = uuid.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Revokes the presented access token, or with `?scope=client|user` more.
///
/// # Errors
/// [`ApiError::InvalidToken`], [`ApiError::BadRequest`] for another scope, [`ApiError::Store`].
pub async fn revoke(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    let scope = scope(request.query_string())?;
    let checked = services.tokens.revoke(bearer::presented(request.headers()), scope).await?;
    request.extensions_mut().insert(Caller(checked.token.user));
    Ok(HttpResponse::Ok().json(TokenInfo::of(&checked)))
}

fn scope(query: &str) -> Result<Scope, ApiError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map(web::Query::into_inner);
    let pairs = pairs.map_err(|_| ApiError::BadRequest("The query string is malformed.".into()))?;
    let named = pairs.iter().rev().find(|(name, _)| name == "scope");
    match named.map(|(_, scope)| scope.as_str()) {
        None => Ok(Scope::Token),
        Some("client") => Ok(Scope::Client),
        Some("user") => Ok(Scope::User),
        Some(_) => Err(ApiError::BadRequest("The scope must be client or user.".into())),
    }
}

/// Logs in, with a password or silently. The `Authorization` header is ignored altogether.
///
/// # Errors
/// [`ApiError`].
pub async fn log_in(
    request: HttpRequest,
    services: web::Data<Services>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let fields = Fields::parse(&body::read(payload).await?)?;
    let context = login::context(&request, &services, &fields)?;
    let echo = Echo { application: context.application_id.clone(), ..Echo::default() };
    let (method, result) = match credentials(&fields, context)? {
        Credentials::Password(login) => (LoginMethod::Password, services.tokens.password_login(login).await),
        Credentials::Silent(login) => (LoginMethod::RememberMe, services.tokens.silent_login(login).await),
    };
    login::answer(&request, &services, method, result, &echo)
}

enum Credentials {
    Password(PasswordLogin),
    Silent(SilentLogin),
}

/// Which login the body asks for: one with a non-empty password, whatever else it has, or a silent one.
fn credentials(fields: &Fields, context: LoginContext) -> Result<Credentials, ApiError> {
    let refuse = |sentence: &'static str| Err(ApiError::BadRequest(sentence.into()));
    let (user_id, password) = (fields.text("user_id")?, fields.text("password")?);
    let remember_me = fields.flag("remember_me")?;
    // The published sample misspells it, so clients do.
    let token = fields.text("remember_me_token")?.or(fields.text("remeber_me_token")?);
    if let Some(password) = password {
        let Some(user_id) = user_id.filter(|text| !text.trim().is_empty()) else {
            return refuse("The field user_id (the e-mail address) is mandatory.");
        };
        let Some(email) = Email::new(user_id) else {
            return refuse("The field user_id must be at most 320 bytes long.");
        };
        let Some(password) = Password::new(password) else {
            return refuse("The field password must be at most 1024 bytes long.");
        };
        return Ok(Credentials::Password(PasswordLogin { email, password, remember_me, context }));
    }
    let Some(token) = token else {
        return refuse("Either user_id and password, or remember_me_token and client_id, are mandatory.");
    };
    if !remember_me {
        return refuse("The field remember_me must be true to log in with a remember_me_token.");
    }
    if context.client_id.as_ref().is_none_or(ForeignId::is_nil) {
        return refuse("The field client_id is mandatory to log in with a remember_me_token.");
    }
    Ok(Credentials::Silent(SilentLogin { remember_me_token: TokenValue::parse(token.as_bytes()), context }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_scopes_are_named() {
        assert!(matches!(scope(""), Ok(Scope::Token)));
        assert!(matches!(scope("_=1732"), Ok(Scope::Token)));
        assert!(matches!(scope("scope=client&_=%zz"), Ok(Scope::Client)));
        assert!(matches!(scope("scope=user"), Ok(Scope::User)));
        assert!(scope("scope=").is_err() && scope("scope=all").is_err() && scope("scope=User").is_err());
    }
}
