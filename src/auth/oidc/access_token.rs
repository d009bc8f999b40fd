//! Verifies access tokens that the provider issued for the services behind us (RFC 9068).

use serde_json::Value;

use super::discovery::Provider;
use super::jwt::{self, Unproven};
use super::{Claims, for_log};
use crate::domain::Timestamp;

/// What a token must match.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    /// The audiences of which it must have one.
    pub(super) audiences: &'a [String],
    /// Whether a token counts whose type does not say that it is an access token.
    pub(super) untyped: bool,
    pub(super) now: Timestamp,
}

/// The claims of a good token, as they were sent.
pub(super) fn verify(token: &str, provider: &Provider, expected: &Expected<'_>) -> Result<Claims, Unproven> {
    let claims = jwt::signed(token, provider, |kind| match kind {
        Some(kind) => jwt::is_type(kind, "at+jwt") || expected.untyped && jwt::is_type(kind, "jwt"),
        None => expected.untyped,
    })?;
    judge(&claims, expected).map_err(|why| Unproven::Wrong(for_log(&why)))?;
    Ok(claims)
}

fn judge(claims: &Claims, expected: &Expected<'_>) -> Result<(), String> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err("it is of another issuer (iss)".to_owned());
    }
    let is_ours = |audience: &Value| expected.audiences.iter().any(|ours| *audience == **ours);
    if !jwt::audiences(claims).iter().any(is_ours) {
        return Err("its audience is none of openid.check_audiences (aud)".to_owned());
    }
    // An ID token has a nonce or the digest of what was issued with it, a logout token has events. Neither is for us to
    // take for an access token, whatever its type says.
    if let Some(name) = ["nonce", "at_hash", "c_hash", "events"].into_iter().find(|name| claims.contains_key(*name)) {
        return Err(format!("it is no access token ({name})"));
    }
    jwt::in_time(claims, expected.now)
}
