//! `/v2/cross-authorize`: swap a cross token for an access token.

use actix_web::{HttpRequest, HttpResponse, web};

use super::login::{self, Echo};
use crate::domain::TokenValue;
use crate::http::error::ApiError;
use crate::http::json::Fields;
use crate::http::{LoginMethod, Services, body};
use crate::tokens::Swap;

/// Swaps a cross token. The `Authorization` header is ignored altogether.
///
/// # Errors
/// [`ApiError`].
pub async fn swap(
    request: HttpRequest,
    services: web::Data<Services>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let fields = Fields::parse(&body::read(payload).await?)?;
    let context = login::context(&request, &services, &fields)?;
    let Some(cross_token) = fields.text("cross_token")? else {
        return Err(ApiError::BadRequest("The field cross_token is mandatory.".into()));
    };
    let (team_id, project_id) = (fields.id("team_id")?, fields.id("project_id")?);
    let echo = Echo { application: context.application_id.clone(), team: team_id.clone(), project: project_id.clone() };
    let swap = Swap { cross_token: TokenValue::parse(cross_token.as_bytes()), team_id, project_id, context };
    let result = services.tokens.swap(swap).await;
    login::answer(&request, &services, LoginMethod::Cross, result, &echo)
}
