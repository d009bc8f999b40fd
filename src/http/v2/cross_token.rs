//! `/v2/cross-token`: a one-time token that carries this login to another app.

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::TOKEN_TYPE;
use crate::http::edge::Caller;
use crate::http::error::ApiError;
use crate::http::{Services, bearer};

/// A fresh cross token.
#[derive(Debug, Serialize)]
pub struct CrossTokenResponse {
    cross_token: String,
    expires_in: u64,
    token_type: &'static str,
}

/// Mints a cross token. A body is ignored.
///
/// # Errors
/// [`ApiError::InvalidToken`], [`ApiError::Store`].
pub async fn mint(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    let minted = services.tokens.mint_cross(bearer::presented(request.headers())).await?;
    request.extensions_mut().insert(Caller(minted.user));
    let (cross_token, expires_in) = (minted.value.reveal(), minted.expires_in);
    Ok(HttpResponse::Ok().json(CrossTokenResponse { cross_token, expires_in, token_type: TOKEN_TYPE }))
}
