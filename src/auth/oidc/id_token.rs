//! Verifies ID tokens (OpenID Connect Core 1.0, section 3.1.3.7).

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::Value;

use super::discovery::Provider;
use super::keys::Signature;
use super::{Claims, for_log};
use crate::domain::Timestamp;

/// How far the provider's clock may differ from ours.
const LEEWAY: Duration = Duration::from_secs(60);
/// The latest instant that is accepted, in seconds since the epoch: the year 5138. A larger number is not in seconds.
const END_OF_TIME: f64 = 1e11;

/// What a token must match.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// Further audiences that a token for us may have.
    pub(super) trusted_audiences: &'a [String],
    pub(super) nonce: &'a str,
    pub(super) now: Timestamp,
}

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unproven {
    /// The key is unknown: the provider may have new ones.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    #[error("the ID token is no proof: {0}")]
    Wrong(String),
}

/// The claims of a good token, as they were sent.
pub(super) fn verify(token: &str, provider: &Provider, expected: &Expected<'_>) -> Result<Claims, Unproven> {
    let claims = signed(token, provider)?;
    judge(&claims, expected).map_err(|why| Unproven::Wrong(for_log(&why)))?;
    Ok(claims)
}

/// The claims of a token that the provider has signed.
fn signed(token: &str, provider: &Provider) -> Result<Claims, Unproven> {
    let wrong = |what: &str| Unproven::Wrong(what.to_owned());
    let (input, signature) = token.rsplit_once('.').ok_or_else(|| wrong("it is no JWT"))?;
    let (header, payload) = input.split_once('.').ok_or_else(|| wrong("it is no JWT"))?;
    let header = part(header).ok_or_else(|| wrong("it is no JWT"))?;
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let named = text("alg").unwrap_or_default();
    let algorithm = named.parse::<Algorithm>().ok().filter(|algorithm| provider.algorithms.contains(algorithm));
    let Some(algorithm) = algorithm else {
        let what = format!("its alg is {named:?}, which the provider does not announce, or which proves nothing here");
        return Err(Unproven::Wrong(for_log(&what)));
    };
    if header.contains_key("crit") {
        return Err(wrong("its header demands what is not known here (crit)"));
    }
    // An access token that the same provider issued to us is no ID token (RFC 8725, section 3.11).
    let is_jwt = |kind: &str| ["JWT", "application/jwt"].iter().any(|jwt| jwt.eq_ignore_ascii_case(kind));
    if text("typ").is_some_and(|kind| !is_jwt(kind)) {
        return Err(wrong("it is a token of another type (typ)"));
    }
    match provider.keys.verify(text("kid"), algorithm, input, signature) {
        Signature::Good => part(payload).ok_or_else(|| wrong("it holds no claims")),
        Signature::Wrong => Err(wrong("its signature is wrong")),
        Signature::OfUnknownKey => Err(Unproven::UnknownKey),
    }
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
    let now = Duration::from_millis(expected.now.millis()).as_secs_f64();
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    let Some(end) = number("exp").filter(|end| *end < END_OF_TIME) else {
        return Err("it does not say by a number of seconds when it ends (exp)".to_owned());
    };
    if end + LEEWAY.as_secs_f64() <= now {
        return Err("it has expired (exp)".to_owned());
    }
    let latest = now + LEEWAY.as_secs_f64();
    match ["iat", "nbf", "auth_time"].into_iter().find(|name| number(name).is_some_and(|at| at > latest)) {
        Some(name) => Err(format!("{name} is in the future")),
        None => Ok(()),
    }
}

/// Whether the token is for us, and for others only if we trust them.
fn for_us(claims: &Claims, expected: &Expected<'_>) -> Result<(), String> {
    let is_us = |party: &Value| *party == *expected.client_id;
    let is_trusted = |party: &Value| expected.trusted_audiences.iter().any(|trusted| *party == **trusted);
    let audience = match claims.get("aud") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
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

/// A part of a token, as it was sent.
fn part(part: &str) -> Option<Claims> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
