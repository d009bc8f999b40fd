//! The administrator, by Basic authentication.

use actix_web::HttpRequest;

use super::Services;
use super::basic::Credentials;
use super::contact::network;
use super::error::ApiError;

/// Lets the administrator pass, and nobody else. A wrong password costs the caller's network an attempt.
///
/// # Errors
/// [`ApiError::NotAuthenticated`], [`ApiError::TooManyAttempts`], [`ApiError::Store`].
pub async fn admit(request: &HttpRequest, services: &Services) -> Result<(), ApiError> {
    let Some((name, password)) = services.admin.credentials() else {
        return Err(ApiError::NotAuthenticated(
            "This server has no administrator. Whoever runs it can set admin.username and admin.password.",
        ));
    };
    let refused = ApiError::NotAuthenticated("This page is the administrator's. Please give their name and password.");
    let Some(given) = Credentials::of(request.headers()) else { return Err(refused) };
    let right = given.are(name, password.reveal());
    services.identity.judge_administrator(network(request, services), right).await?;
    if right { Ok(()) } else { Err(refused) }
}
