//! The administrator, by Basic authentication.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;

use super::Services;
use super::address::client_address;
use super::basic::Credentials;
use super::error::ApiError;
use crate::domain::Network;

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

/// Where a request comes from, to count what fails.
pub(super) fn network(request: &HttpRequest, services: &Services) -> Network {
    let address = client_address(request, &services.trusted_proxies);
    Network::of(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
}
