//! `/directory/api/introspect`: third-party back ends that prefer to ask about a token (RFC 7662).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::auth::{GuessedToken, Identity};
use crate::bearer::Bearers;
use crate::domain::{SessionId, UserId};
use crate::http::error::ApiError;
use crate::http::extract::{Client, Credentials, PerRequest, admitted, body, shared};
use crate::http::openapi::errors::IntrospectionErrors;
use crate::http::v2::TOKEN_TYPE;
use crate::http::{HttpSettings, Route};
use crate::token::{Introspected, TokenService};

/// What is asked.
#[derive(ToSchema)]
pub struct IntrospectionRequest {
    /// The bearer or the v2 access token that somebody presented.
    #[schema(value_type = String, example = "9c1874a62c974dcfa75e0132c423a088")]
    pub token: Zeroizing<String>,
    /// Ignored: tokens are told apart by their form.
    #[expect(dead_code, reason = "described, and read into it, and ignored")]
    pub token_type_hint: Option<String>,
}

/// What is known of a token. Of one that does not count, for whatever reason, `active` alone, which is false then.
///
/// There is no `username`: it would have to be the e-mail address, which a back end that only checks tokens need not know.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct IntrospectionResponse<'a> {
    /// Whether the token counts now: signature, issuer and time, and its session is open.
    #[schema(example = true)]
    active: bool,
    /// The user's UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = Uuid)]
    sub: Option<UserId>,
    /// The directory session's id; a bearer's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = Uuid)]
    sid: Option<SessionId>,
    /// The client id that the client itself sent when it logged in, if that was a UUID; an access token's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// Whom the token is for: `directory` (this server) or `http` (third parties); of a token of the identity provider one
    /// of `openid.check_audiences`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "http")]
    aud: Option<&'a str>,
    /// Who issued it: this server, or the identity provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "https://login.example.org")]
    iss: Option<&'a str>,
    /// When it ends, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exp: Option<u64>,
    /// When it was issued, in seconds since the epoch; a bearer's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iat: Option<u64>,
    /// `Bearer` or `BimPlus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Bearer")]
    token_type: Option<&'static str>,
    /// The session's `claims` and `appclaims`, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "access:frontend")]
    scope: Option<String>,
}

/// Tells about a token, to back ends that the settings name.
#[utoipa::path(
    post, path = Route::Introspect.pattern(), tag = "directory", operation_id = "introspect",
    security(("Basic" = [])),
    summary = "Tell a back end about a token",
    description = "OAuth 2.0 token introspection (RFC 7662) *(ours)*, for bearers and v2 access tokens alike. The asking \
        back end authenticates by Basic as one of `introspection.clients`.",
    request_body(content = IntrospectionRequest, content_type = "application/x-www-form-urlencoded",
        description = "At most 16 KiB."),
    responses((status = 200, description = "What is known of it.", body = IntrospectionResponse), IntrospectionErrors),
)]
pub async fn introspect(
    _: BackEnd,
    client: Client,
    payload: Payload,
    tokens: PerRequest<TokenService>,
    bearers: Data<Bearers>,
) -> Result<HttpResponse, ApiError> {
    let IntrospectionRequest { token, .. } = IntrospectionRequest::read(&body::read(payload.into_inner()).await?)?;
    let found = tokens.introspect(token.trim(), client.network()).await?;
    let answer = found.as_ref().map(|found| describe(found, bearers.issuer())).unwrap_or_default();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}

impl IntrospectionRequest {
    fn read(form: &[u8]) -> Result<Self, ApiError> {
        let field =
            |wanted: &str| form_urlencoded::parse(form).find(|(name, value)| name == wanted && !value.is_empty());
        let (_, token) = field("token").ok_or(ApiError::BadRequest("The form field token is mandatory.".into()))?;
        let token_type_hint = field("token_type_hint").map(|(_, hint)| hint.into_owned());
        Ok(Self { token: Zeroizing::new(token.into_owned()), token_type_hint })
    }
}

/// A back end that may ask: nobody else's request comes to a handler that takes one. The secrets are too long to be guessed,
/// so what is wrong is counted, and what is right costs nothing.
pub struct BackEnd;

impl BackEnd {
    async fn admit(request: HttpRequest) -> Result<Self, ApiError> {
        let refused = ApiError::NotAuthenticated(
            "Only back ends may ask about tokens, by Basic with an id and a secret of introspection.clients.",
        );
        let Some(given) = Credentials::of(request.headers()) else { return Err(refused) };
        if given.are_any(shared::<HttpSettings>(&request)?.introspection.load().credentials()) {
            return Ok(Self);
        }
        let network = Client::of(&request)?.network();
        PerRequest::<Identity>::of(&request)?.count_unknown(GuessedToken::Introspection, network).await?;
        Err(refused)
    }
}

admitted!(BackEnd);

fn describe<'a>(found: &'a Introspected, issuer: &'a str) -> IntrospectionResponse<'a> {
    let common = IntrospectionResponse {
        active: true,
        aud: Some(found.audience()),
        iss: Some(issuer),
        scope: Some(found.scope()),
        ..IntrospectionResponse::default()
    };
    match found {
        Introspected::AccessToken(token) => IntrospectionResponse {
            sub: Some(token.user),
            client_id: Some(token.audience()).filter(|id| !id.is_nil()),
            exp: Some(token.expires.seconds()),
            token_type: Some(TOKEN_TYPE),
            ..common
        },
        Introspected::Bearer(presented, _) => IntrospectionResponse {
            sub: Some(presented.user),
            sid: Some(presented.session),
            exp: Some(presented.expires.seconds()),
            iat: Some(presented.issued.seconds()),
            token_type: Some("Bearer"),
            ..common
        },
        Introspected::OfProvider(checked) => IntrospectionResponse {
            sub: Some(checked.user),
            iss: Some(&checked.token.issuer),
            exp: Some(checked.token.expires.seconds()),
            iat: Some(checked.token.issued.seconds()),
            token_type: Some("Bearer"),
            ..common
        },
    }
}
