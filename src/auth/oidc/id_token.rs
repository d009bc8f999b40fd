//! Verifies ID tokens (OpenID Connect Core 1.0, section 3.1.3.7).

use serde_json::Value;

use super::discovery::Provider;
use super::jwt::{self, Unproven};
use super::{Claims, for_log};
use crate::domain::Timestamp;

/// What a token must match.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// Further audiences that a token for us may have.
    pub(super) trusted_audiences: &'a [String],
    pub(super) nonce: &'a str,
    pub(super) now: Timestamp,
}

/// The claims of a good token, as they were sent.
pub(super) fn verify(token: &str, provider: &Provider, expected: &Expected<'_>) -> Result<Claims, Unproven> {
    // An access token that the same provider issued to us is no ID token (RFC 8725, section 3.11).
    let claims = jwt::signed(token, provider, |kind| kind.is_none_or(jwt::is_plain))?;
    judge(&claims, expected).map_err(|why| Unproven::Wrong(for_log(&why)))?;
    Ok(claims)
}

/// Whether the claims are for us, for this login, and valid now.
fn judge(claims: &Claims, expected: &Expected<'_>) -> Result<(), String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err("it is of another issuer (iss)".to_owned());
    }
    for_us(claims, expected)?;
    if text("nonce") != Some(expected.nonce) {
        return Err("it belongs to another login (nonce)".to_owned());
    }
    jwt::in_time(claims, expected.now)
}

/// Whether the token is for us, and for others only if we trust them.
fn for_us(claims: &Claims, expected: &Expected<'_>) -> Result<(), String> {
    let is_us = |party: &Value| *party == *expected.client_id;
    let is_trusted = |party: &Value| expected.trusted_audiences.iter().any(|trusted| *party == **trusted);
    let audience = jwt::audiences(claims);
    if !audience.iter().any(is_us) {
        return Err("we are not its audience (aud)".to_owned());
    }
    let party = claims.get("azp").filter(|party| !party.is_null());
    if party.is_some_and(is_us) {
        return Ok(());
    }
    if let Some(party) = party.filter(|party| !is_trusted(party)) {
        return Err(format!("it was issued for another client (azp): {party}, not in openid.trusted_audiences"));
    }
    match audience.iter().find(|other| !is_us(other) && !is_trusted(other)) {
        Some(other) => Err(format!("its audience is also {other}, not in openid.trusted_audiences, and azp is not us")),
        None => Ok(()),
    }
}
