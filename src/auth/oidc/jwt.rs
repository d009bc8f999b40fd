//! What all JWTs of the provider have in common: form, signature and time (RFC 7519).

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
pub(super) const LEEWAY: Duration = Duration::from_secs(60);
/// The latest instant that is accepted, in seconds since the epoch: the year 5138. A larger number is not in seconds.
const END_OF_TIME: f64 = 1e11;

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unproven {
    /// The key is unknown: the provider may have new ones.
    #[error("is signed with a key that the provider does not publish")]
    UnknownKey,
    #[error("is no proof: {0}")]
    Wrong(String),
}

/// The claims of a token of such a type (`typ`) that the provider has signed.
pub(super) fn signed(
    token: &str,
    provider: &Provider,
    is_meant: impl FnOnce(Option<&str>) -> bool,
) -> Result<Claims, Unproven> {
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
    if !is_meant(text("typ")) {
        return Err(wrong("it is a token of another type (typ)"));
    }
    match provider.keys.verify(text("kid"), algorithm, input, signature) {
        Signature::Good => part(payload).ok_or_else(|| wrong("it holds no claims")),
        Signature::Wrong => Err(wrong("its signature is wrong")),
        Signature::OfUnknownKey => Err(Unproven::UnknownKey),
    }
}

/// Whether a token without a type, or with this one, may be any JWT.
pub(super) fn is_plain(kind: &str) -> bool {
    is_type(kind, "jwt")
}

/// Whether a type is this media type, with or without its prefix (RFC 7515, section 4.1.9).
pub(super) fn is_type(kind: &str, wanted: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind.strip_prefix("application/").unwrap_or(&kind) == wanted
}

/// For whom a token is.
pub(super) fn audiences(claims: &Claims) -> &[Value] {
    match claims.get("aud") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// The instant that a claim tells, if it is one.
pub(super) fn instant(claims: &Claims, name: &str) -> Option<Timestamp> {
    let seconds = claims.get(name).and_then(Value::as_f64).filter(|seconds| *seconds < END_OF_TIME)?;
    Duration::try_from_secs_f64(seconds).ok().map(|since| Timestamp::default().plus(since))
}

/// Whether our clock is within the time of a token, give or take [`LEEWAY`].
pub(super) fn in_time(claims: &Claims, now: Timestamp) -> Result<(), String> {
    let now = Duration::from_millis(now.millis()).as_secs_f64();
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

/// A part of a token, as it was sent.
fn part(part: &str) -> Option<Claims> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
