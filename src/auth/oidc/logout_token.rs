//! Verifies logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6).

use std::time::Duration;

use serde_json::Value;

use super::discovery::Provider;
use super::jwt::{self, LEEWAY, Unproven};
use super::{Claims, for_log};
use crate::domain::Timestamp;

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old one may be that does not say when it ends.
const MAX_AGE: Duration = Duration::from_secs(300);

/// What a token must match.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) now: Timestamp,
}

/// The claims of a good token, as they were sent.
pub(super) fn verify(token: &str, provider: &Provider, expected: &Expected<'_>) -> Result<Claims, Unproven> {
    let is_meant = |kind: Option<&str>| kind.is_none_or(|kind| jwt::is_plain(kind) || jwt::is_type(kind, "logout+jwt"));
    let claims = jwt::signed(token, provider, is_meant)?;
    judge(&claims, expected).map_err(|why| Unproven::Wrong(for_log(&why)))?;
    Ok(claims)
}

/// The steps of the specification behind the signature, in its order.
fn judge(claims: &Claims, expected: &Expected<'_>) -> Result<(), String> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err("it is of another issuer (iss)".to_owned());
    }
    if !jwt::audiences(claims).iter().any(|audience| *audience == *expected.client_id) {
        return Err("we are not its audience (aud)".to_owned());
    }
    let issued = jwt::instant(claims, "iat").ok_or("it does not say when it was issued (iat)")?;
    // Providers of before the final specification send no exp.
    if claims.contains_key("exp") {
        jwt::in_time(claims, expected.now)?;
    } else if issued.plus(MAX_AGE + LEEWAY) <= expected.now {
        return Err("it is too old (iat)".to_owned());
    } else if issued > expected.now.plus(LEEWAY) {
        return Err("iat is in the future".to_owned());
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("sub").is_none() && text("sid").is_none() {
        return Err("it names neither a person nor a session (sub, sid)".to_owned());
    }
    if !claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object) {
        return Err("it is no logout token (events)".to_owned());
    }
    if claims.contains_key("nonce") {
        return Err("it has a nonce, which no logout token has".to_owned());
    }
    match text("jti") {
        Some(_) => Ok(()),
        None => Err("it has no id (jti)".to_owned()),
    }
}
