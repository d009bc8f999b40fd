//! Whether an ID token proves anything (OpenID Connect Core 1.0, section 3.1.3.7).

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier};
use openidconnect::{ClaimsVerificationError, Nonce, SignatureVerificationError};

use super::discovery::Provider;
use super::{Claims, for_log};
use crate::domain::Timestamp;

/// How far the provider's clock may be off ours.
const LEEWAY: Duration = Duration::from_secs(60);

/// What the token must agree with.
pub(super) struct Expected<'a> {
    pub(super) nonce: &'a str,
    pub(super) now: Timestamp,
}

/// Why a token proves nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unproven {
    /// The provider may have made new keys.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    #[error("the ID token is no proof: {0}")]
    Wrong(String),
}

/// The claims of a token that holds, as they were sent.
pub(super) fn verify(token: &CoreIdToken, provider: &Provider, expected: &Expected<'_>) -> Result<Claims, Unproven> {
    let client_id = provider.client.client_id();
    let latest = instant(expected.now.plus(LEEWAY));
    let earliest = instant(Timestamp::from_millis(expected.now.millis().saturating_sub(millis(LEEWAY))));
    // Made as for a client without a secret, whether there is one or not: so nothing that is signed with a shared secret
    // is taken, whatever is announced.
    let verifier =
        CoreIdTokenVerifier::new_public_client(client_id.clone(), provider.issuer().clone(), provider.keys.clone())
            .set_allowed_algs(provider.algorithms.iter().cloned())
            .set_time_fn(|| earliest)
            .set_issue_time_verifier_fn(|issued| not_after(issued, latest, "iat"))
            .set_auth_time_verifier_fn(|proven| proven.map_or(Ok(()), |proven| not_after(proven, latest, "auth_time")));
    let claims = token.claims(&verifier, &Nonce::new(expected.nonce.to_owned())).map_err(of_verification)?;
    // The library leaves this one to its users.
    if claims.authorized_party().is_some_and(|party| party != client_id) {
        return Err(Unproven::Wrong("it was issued for another client (azp)".to_owned()));
    }
    let claims = payload(&token.to_string()).ok_or_else(|| Unproven::Wrong("it holds no claims".to_owned()))?;
    let from = claims.get("nbf").and_then(serde_json::Value::as_i64).and_then(|at| DateTime::from_timestamp(at, 0));
    from.map_or(Ok(()), |from| not_after(from, latest, "nbf")).map_err(Unproven::Wrong)?;
    Ok(claims)
}

fn not_after(claimed: DateTime<Utc>, latest: DateTime<Utc>, claim: &str) -> Result<(), String> {
    if claimed <= latest { Ok(()) } else { Err(format!("{claim} is in the future")) }
}

fn instant(at: Timestamp) -> DateTime<Utc> {
    i64::try_from(at.millis()).ok().and_then(DateTime::from_timestamp_millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// What was signed, before anybody made types of it: `"true"` is not `true`.
fn payload(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

fn of_verification(error: ClaimsVerificationError) -> Unproven {
    match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            Unproven::UnknownKey
        }
        ClaimsVerificationError::SignatureVerification(error) => Unproven::Wrong(for_log(&error.to_string())),
        other => Unproven::Wrong(for_log(&other.to_string())),
    }
}
