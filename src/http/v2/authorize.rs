//! `/v2/authorize`: log in, tell about a token, revoke.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;
use uuid::Uuid;

use super::login::{self, Echo, Sent};
use super::login_request::LoginRequest;
use crate::auth::Identity;
use crate::domain::{Denied, What};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::{
    CheckedToken, Client, Json, LoginAttempt, PerRequest, PresentedToken, RequestLog, from_head,
};
use crate::http::middleware::X_USER_ID;
use crate::http::openapi::errors::{LoginErrors, RevokeErrors, TokenErrors};
use crate::http::trace::traced;
use crate::http::{LoginMethod, Route};
use crate::session::Credential;
use crate::token::{Checked, CheckedByProvider, Scope, TokenService};

const X_CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");

/// What is told about an access token.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenInfo<'a> {
    /// The user.
    user_id: Uuid,
    /// The client id that the client itself sent when it logged in, if a UUID; else the nil UUID.
    audience: Uuid,
    /// Whole seconds that remain, less one.
    expires_in: u64,
    /// The team that the login named, if any; as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    team_id: Option<&'a str>,
    /// The project that the login named, if any; as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    project_id: Option<&'a str>,
}

impl<'a> TokenInfo<'a> {
    fn of(checked: &'a Checked) -> Self {
        Self {
            user_id: checked.token.user.0,
            audience: checked.token.audience(),
            expires_in: checked.expires_in,
            team_id: checked.token.team.as_deref(),
            project_id: checked.token.project.as_deref(),
        }
    }

    /// A token of the provider is of no client that logged in here.
    const fn of_provider(checked: &CheckedByProvider) -> Self {
        Self {
            user_id: checked.user.0,
            audience: Uuid::nil(),
            expires_in: checked.expires_in,
            team_id: None,
            project_id: None,
        }
    }
}

/// Tells about the presented access token. The hot path.
#[utoipa::path(
    get, path = Route::Authorize.pattern(), tag = "v2", operation_id = "checkToken", security(("BimPlus" = []), ("Bearer" = [])),
    summary = "Tell about a token",
    description = "Whose the presented access token is, and how long it lives. Writes nothing. Serves a reverse \
        proxy's forward-auth subrequest as it is: 200 or 401, and the two headers on 200 *(ours)*. Where the settings name \
        audiences (`openid.check_audiences`), it also takes access tokens of the identity provider *(ours)*.",
    responses(
        (status = 200, description = "The token counts.", body = TokenInfo,
            headers(
                ("x-user-id" = Uuid, description = "The user *(ours)*."),
                ("x-client-id" = Uuid, description = "The audience *(ours)*."),
            ),
            example = json!({
                "user_id": "b37b60d4-0f1b-4158-99c4-847254786517",
                "audience": "00000000-0000-0000-0000-000000000000",
                "expires_in": 2_271_650
            })),
        TokenErrors,
    ),
)]
pub async fn check(
    CheckedToken(token): CheckedToken,
    tokens: Data<TokenService>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let token = match token {
        Some(Credential::Bearer(token)) => {
            // Boxed, as below: what may call other services must not make the future of every check as large as theirs.
            let checked = traced(&request, Box::pin(tokens.check_of_provider(&token))).await?;
            return Ok(tell(&TokenInfo::of_provider(&checked)));
        }
        Some(Credential::AccessToken(token)) => Some(token),
        None => None,
    };
    let checked = match (tokens.check(token.as_ref()).await, token) {
        (Err(ServiceError::InvalidToken(Denied::UnknownToken)), Some(token)) if tokens.has_upstream() => {
            let network = Client::of(&request)?.network();
            let tokens = PerRequest::<TokenService>::of(&request)?;
            traced(&request, Box::pin(tokens.take_over(&token, network))).await?
        }
        (checked, _) => checked?,
    };
    Ok(tell(&TokenInfo::of(&checked)))
}

fn tell(info: &TokenInfo<'_>) -> HttpResponse {
    let mut response = HttpResponse::Ok().json(info);
    let headers = response.headers_mut();
    headers.insert(X_USER_ID, uuid_value(info.user_id));
    headers.insert(X_CLIENT_ID, uuid_value(info.audience));
    response
}

fn uuid_value(uuid: Uuid) -> HeaderValue {
    let mut text = [0; 36];
    let text = uuid.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Revokes the presented access token, or with `?scope=client|user` more.
///
/// # Errors
/// As [`TokenService::revoke`]; [`ApiError::BadRequest`] for another scope.
#[utoipa::path(
    delete, path = Route::Authorize.pattern(), tag = "v2", operation_id = "revokeToken",
    security(("BimPlus" = []), ("Bearer" = [])),
    summary = "Log out",
    description = "Ends the presented access token and the cross tokens it minted, from that moment and on every \
        server. A session whose last token is gone is closed. With `scope`, more ends *(ours)*.",
    params(("scope" = Option<String>, Query, pattern = "^(client|user)$",
        description = "`client`: the whole session of this client, its remember-me tokens included. `user`: every \
            session of the user. Any other value is refused with 400.")),
    responses(
        (status = 200, description = "The token's information, with `expires_in` 0.", body = TokenInfo,
            example = json!({
                "user_id": "b37b60d4-0f1b-4158-99c4-847254786517",
                "audience": "00000000-0000-0000-0000-000000000000",
                "expires_in": 0
            })),
        RevokeErrors,
    ),
)]
pub async fn revoke(
    ScopeQuery(scope): ScopeQuery,
    PresentedToken(token): PresentedToken,
    client: Client,
    tokens: PerRequest<TokenService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    let checked = tokens.revoke(token.as_ref(), scope, client.network()).await?;
    let scope = match scope {
        Scope::Token => "token",
        Scope::Client => "client",
        Scope::User => "user",
    };
    log.note(|notes| {
        notes.user = Some(checked.token.user);
        notes.did = Some(Box::new(What::Revoked { scope: scope.into() }));
    });
    Ok(HttpResponse::Ok().json(TokenInfo::of(&checked)))
}

/// How much to end.
pub struct ScopeQuery(Scope);

impl ScopeQuery {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        Self::parse(request.query_string())
    }

    /// Of several the last counts: clients add parameters of their own.
    fn parse(query: &str) -> Result<Self, ApiError> {
        let named =
            form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name.eq_ignore_ascii_case("scope")).last();
        match named.as_ref().map(|(_, scope)| &**scope) {
            None => Ok(Self(Scope::Token)),
            Some("client") => Ok(Self(Scope::Client)),
            Some("user") => Ok(Self(Scope::User)),
            Some(_) => Err(ApiError::BadRequest("The scope must be client or user.".into())),
        }
    }
}

from_head!(try ScopeQuery);

/// Logs in, with a password or silently. The `Authorization` header is ignored altogether.
#[utoipa::path(
    post, path = Route::Authorize.pattern(), tag = "v2", operation_id = "logIn",
    summary = "Log in",
    description = "With e-mail address and password or, silently, with a remember-me token. Opens the session of \
        user and client, or finds it open; no login ends another's tokens, up to a limit (by default 64 access \
        tokens of a client, oldest out first). The `Authorization` header is ignored.",
    request_body(content = LoginRequest, description = "At most 16 KiB. See above for what is read leniently.", examples(
        ("password" = (summary = "With a password", value = json!({"user_id": "test@bimplus.net", "password": "test"}))),
        ("remember" = (summary = "… and a remember-me token", value = json!({
            "user_id": "test@bimplus.net", "password": "test", "remember_me": true,
            "application_id": "0106c8baad467c08e26f026852cb7525", "client_id": "0864b512-1776-4a55-8ee5-2b19d7d9b7ea"
        }))),
        ("silent" = (summary = "Silently, with that remember-me token", value = json!({
            "remember_me": true, "remember_me_token": "b930e0179baf4f919caeab28328190a3",
            "application_id": "0106c8baad467c08e26f026852cb7525", "client_id": "0864b512-1776-4a55-8ee5-2b19d7d9b7ea"
        }))),
    )),
    responses(
        (status = 200, description = "Logged in.", body = login::LoginResponse, examples(
            ("password" = (summary = "With a password", value = json!({
                "access_token": "9c1874a62c974dcfa75e0132c423a088", "expires_in": 2_591_999,
                "client_id": "9fd0bb9d-570b-4719-bfae-93e2f879c19a", "token_type": "BimPlus"
            }))),
            ("remember" = (summary = "… and a remember-me token", value = json!({
                "access_token": "35eb2b5e94b54d5aafa6b6a7b6e8de01", "expires_in": 28_799,
                "client_id": "0864b512-1776-4a55-8ee5-2b19d7d9b7ea", "token_type": "BimPlus",
                "application_id": "0106c8baad467c08e26f026852cb7525", "remember_me": true,
                "remember_me_token": "b930e0179baf4f919caeab28328190a3", "remember_me_expires_in": 2_591_999
            }))),
            ("silent" = (summary = "Silently", value = json!({
                "access_token": "e3a212b8f70e4b85b0ed826de7f775f6", "expires_in": 28_799,
                "client_id": "0864b512-1776-4a55-8ee5-2b19d7d9b7ea", "token_type": "BimPlus",
                "application_id": "0106c8baad467c08e26f026852cb7525"
            }))),
        )),
        LoginErrors,
    ),
)]
pub async fn log_in(
    Json(request): Json<LoginRequest>,
    attempt: LoginAttempt,
    tokens: PerRequest<TokenService>,
    identity: PerRequest<Identity>,
) -> Result<HttpResponse, ApiError> {
    match request {
        LoginRequest::Password(login) => {
            let (email, password) = login.credentials()?;
            let account = identity.name_in_log(&email);
            let remember_me = login.remember_me();
            let echo = Echo { application: login.application_id, ..Echo::default() };
            let sent = Sent::by(login.client_id.as_ref());
            let context = echo.context(&attempt.client, login.client_id);
            let result = tokens.password_login(&email, password, remember_me, context).await;
            let sent = Sent { email: Some((email, account)), ..sent };
            login::respond(&attempt, LoginMethod::Password, result, &echo, sent)
        }
        LoginRequest::Silent(login) => {
            let token = login.token()?;
            let echo = Echo { application: login.application_id, ..Echo::default() };
            let sent = Sent::by(login.client_id.as_ref());
            let context = echo.context(&attempt.client, login.client_id);
            let result = tokens.silent_login(token, context).await;
            login::respond(&attempt, LoginMethod::RememberMe, result, &echo, sent)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(query: &str) -> Result<Scope, ApiError> {
        ScopeQuery::parse(query).map(|ScopeQuery(scope)| scope)
    }

    proptest! {
        #[test]
        fn an_arbitrary_query_never_panics(query in "(?s).{0,60}|[scope=&%0-9a-f]{0,30}") {
            let _ = scope(&query);
        }

        #[test]
        fn the_last_scope_counts(others in "([a-r]{1,4}=[a-z]{0,4}&){0,4}") {
            let named = format!("{others}scope=user&{others}scope=client&{others}");
            prop_assert!(matches!(scope(&named), Ok(Scope::Client)));
        }
    }

    #[test]
    fn only_two_scopes_are_named() {
        assert!(matches!(scope(""), Ok(Scope::Token)));
        assert!(matches!(scope("_=1732"), Ok(Scope::Token)));
        assert!(matches!(scope("scope=client&_=%zz"), Ok(Scope::Client)));
        assert!(matches!(scope("scope=user"), Ok(Scope::User)) && matches!(scope("Scope=client"), Ok(Scope::Client)));
        assert!(scope("scope=").is_err() && scope("scope=all").is_err() && scope("scope=User").is_err());
    }
}
