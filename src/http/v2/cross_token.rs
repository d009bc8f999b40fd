//! `/v2/cross-token`: a one-time token that carries this login to another app.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::TOKEN_TYPE;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Client, PerRequest, RequestLog, V2Credential};
use crate::http::openapi::errors::MintErrors;
use crate::token::TokenService;

/// A fresh cross token.
#[derive(Debug, Serialize, ToSchema)]
pub struct CrossTokenResponse {
    /// The cross token: 32 lower-case hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{32}$", example = "b392cee4d0044ef681fa911772668cf9")]
    cross_token: String,
    /// Its whole seconds that remain, less one.
    #[schema(example = 299)]
    expires_in: u64,
    /// Always `BimPlus`.
    #[schema(pattern = "^BimPlus$", example = "BimPlus")]
    token_type: &'static str,
}

/// Mints a cross token. A body is ignored.
#[utoipa::path(
    post, path = Route::CrossToken.pattern(), tag = "v2", operation_id = "mintCrossToken",
    security(("BimPlus" = []), ("Bearer" = []), ("Infinite_Directory_Session" = [])),
    summary = "Mint a cross token",
    description = "A one-time token that carries this login to another app. So many of a session may be outstanding, \
        by default 32, oldest out first. Also taken from the bearer of a directory session, so that somebody without a \
        local password reaches a v2 access token *(ours)*; where both headers are there, `Authorization` counts. A body \
        is ignored.",
    responses((status = 200, description = "A fresh cross token.", body = CrossTokenResponse), MintErrors),
)]
pub async fn mint(
    V2Credential(credential): V2Credential,
    client: Client,
    tokens: PerRequest<TokenService>,
    log: RequestLog,
) -> Result<HttpResponse, ApiError> {
    let minted = tokens.mint_cross(credential, client.network()).await?;
    log.user(minted.user);
    let (cross_token, expires_in) = (minted.value.reveal(), minted.expires_in);
    Ok(HttpResponse::Ok().json(CrossTokenResponse { cross_token, expires_in, token_type: TOKEN_TYPE }))
}
