//! `/.well-known/jwks.json`, also below `/directory/api`: the public keys that verify bearers (RFC 7517).

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag};
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::bearer::Bearers;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::KnownCopies;
use crate::http::openapi::errors::Unavailable;

/// How long a copy may be used: well below the time that a key is published before it signs.
const MAX_AGE: &str = "public, max-age=300";

/// The public keys.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "describes; the keys are rendered where they are read")]
pub struct Jwks {
    /// Those that sign, will sign, or have signed what still counts.
    keys: Vec<Jwk>,
}

/// A public key.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "describes; the keys are rendered where they are read")]
struct Jwk {
    /// Always `RS256`.
    #[schema(example = "RS256")]
    alg: String,
    /// The exponent.
    #[schema(example = "AQAB")]
    e: String,
    /// The key's id, as the header of a bearer names it.
    kid: String,
    /// Always `RSA`.
    #[schema(example = "RSA")]
    kty: String,
    /// The modulus.
    n: String,
    /// Always `sig`.
    #[schema(example = "sig")]
    r#use: String,
}

/// The public keys.
///
/// # Errors
/// [`ServiceError::NoKeys`](crate::error::ServiceError) while they have never been read.
#[utoipa::path(
    get, path = Route::Jwks.pattern(), tag = "directory", operation_id = "publicKeys",
    summary = "The keys that verify bearers",
    description = "A JWK set (RFC 7517). A new key is published ten minutes before it signs, an old one as long as its \
        bearers live: a copy is good for five minutes, and a bearer whose `kid` is not in it is worth one more look.",
    responses(
        (status = 200, description = "The keys.", body = Jwks, content_type = "application/json"),
        (status = 304, description = "As `If-None-Match` names it."),
        Unavailable,
    ),
)]
pub async fn keys(copies: KnownCopies, bearers: Data<Bearers>) -> Result<HttpResponse, ApiError> {
    let published = bearers.published()?;
    let known = copies.include(&published.tag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, EntityTag::new_strong(published.tag))).insert_header((CACHE_CONTROL, MAX_AGE));
    if known {
        return Ok(response.finish());
    }
    Ok(response.insert_header((CONTENT_TYPE, "application/json")).body(published.json))
}

/// The same, where clients of the directory look for it.
///
/// # Errors
/// As [`keys`].
#[utoipa::path(
    get, path = Route::DirectoryJwks.pattern(), tag = "directory", operation_id = "publicKeysOfDirectory",
    summary = "The keys that verify bearers",
    description = "The same as `/.well-known/jwks.json`.",
    responses(
        (status = 200, description = "The keys.", body = Jwks, content_type = "application/json"),
        (status = 304, description = "As `If-None-Match` names it."),
        Unavailable,
    ),
)]
pub async fn keys_of_directory(copies: KnownCopies, bearers: Data<Bearers>) -> Result<HttpResponse, ApiError> {
    keys(copies, bearers).await
}
