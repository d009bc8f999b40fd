//! `/v2/cross-authorize`: swap a cross token for an access token.

use actix_web::HttpResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::login::{self, Echo, Sent};
use crate::domain::{ForeignId, TokenValue};
use crate::http::error::ApiError;
use crate::http::extract::{Json, LoginAttempt, PerRequest, json::Object};
use crate::http::openapi::errors::LoginErrors;
use crate::http::{LoginMethod, Route};
use crate::token::TokenService;

/// Swap a cross token for an access token.
#[derive(Deserialize, ToSchema)]
pub struct SwapRequest {
    /// The application, at most 128 bytes; echoed as sent.
    #[schema(value_type = Option<String>, max_length = 128)]
    application_id: Option<ForeignId>,
    /// The client that logs in, at most 128 bytes; echoed as sent. Without one the server makes a random UUID.
    #[schema(value_type = Option<String>, max_length = 128)]
    client_id: Option<ForeignId>,
    /// The cross token. It is spent by the swap; a request that is refused as malformed does not spend it.
    #[schema(value_type = String, min_length = 1, example = "b392cee4d0044ef681fa911772668cf9")]
    cross_token: Zeroizing<String>,
    /// The team that the new token is for, at most 128 bytes; echoed as sent.
    #[schema(value_type = Option<String>, max_length = 128)]
    team_id: Option<ForeignId>,
    /// The project that the new token is for, at most 128 bytes; echoed as sent.
    #[schema(value_type = Option<String>, max_length = 128)]
    project_id: Option<ForeignId>,
}

impl TryFrom<&Object> for SwapRequest {
    type Error = ApiError;

    fn try_from(body: &Object) -> Result<Self, ApiError> {
        body.read()
    }
}

/// Swaps a cross token. The `Authorization` header is ignored altogether.
#[utoipa::path(
    post, path = Route::CrossAuthorize.pattern(), tag = "v2", operation_id = "swapCrossToken",
    summary = "Log in with a cross token",
    description = "Swaps a cross token for an access token. The cross token is spent: of any number of simultaneous \
        swaps, on any number of servers, exactly one wins. The `Authorization` header is ignored.",
    request_body(content = SwapRequest, description = "At most 16 KiB.",
        example = json!({"cross_token": "b392cee4d0044ef681fa911772668cf9"})),
    responses(
        (status = 200, description = "Logged in.", body = login::LoginResponse, example = json!({
            "access_token": "43796fab76d54d2c9cb9120fd7d79c9e", "expires_in": 2_591_999,
            "client_id": "9fd0bb9d-570b-4719-bfae-93e2f879c19a", "token_type": "BimPlus"
        })),
        LoginErrors,
    ),
)]
pub async fn swap(
    Json(request): Json<SwapRequest>,
    attempt: LoginAttempt,
    tokens: PerRequest<TokenService>,
) -> Result<HttpResponse, ApiError> {
    let SwapRequest { cross_token, client_id, team_id, project_id, application_id } = request;
    let echo = Echo { application: application_id, team: team_id, project: project_id };
    let sent = Sent::by(client_id.as_ref());
    let context = echo.context(&attempt.client, client_id);
    let result = tokens.swap(TokenValue::parse(cross_token.as_bytes()), context).await;
    login::respond(&attempt, LoginMethod::Cross, result, &echo, sent)
}
