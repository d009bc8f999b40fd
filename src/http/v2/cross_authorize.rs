//! `/v2/cross-authorize`: swap a cross token for an access token.

use actix_web::{HttpRequest, HttpResponse, web};

use super::login::{self, Echo};
use crate::domain::TokenValue;
use crate::http::error::ApiError;
use crate::http::extract::body;
use crate::http::extract::json::Fields;
use crate::http::openapi::errors::LoginErrors;
use crate::http::openapi::requests::SwapRequest;
use crate::http::{AppState, LoginMethod};
use crate::token::Swap;

/// Swaps a cross token. The `Authorization` header is ignored altogether.
///
/// # Errors
/// [`ApiError`].
#[utoipa::path(
    post, path = "/v2/cross-authorize", tag = "v2", operation_id = "swapCrossToken",
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
pub async fn swap(request: HttpRequest, services: AppState, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let fields = Fields::parse(&body::read(payload).await?)?;
    let context = login::context(&request, &services, &fields)?;
    let Some(cross_token) = fields.text("cross_token")? else {
        return Err(ApiError::BadRequest("The field cross_token is mandatory.".into()));
    };
    let (team_id, project_id) = (fields.id("team_id")?, fields.id("project_id")?);
    let echo = Echo { application: context.application_id.clone(), team: team_id.clone(), project: project_id.clone() };
    let swap = Swap { cross_token: TokenValue::parse(cross_token.as_bytes()), team_id, project_id, context };
    let result = services.tokens.swap(swap).await;
    login::answer(&request, &services, LoginMethod::Cross, result, &echo, None)
}
