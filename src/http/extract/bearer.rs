//! What names a session in a request's headers: an access token or a bearer.

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName};

use super::from_head;
use crate::bearer::Bearers;
use crate::domain::{Denied, TokenValue};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::session::Credential;

/// The header of the directory API.
const INFINITE_BEARER: HeaderName = HeaderName::from_static("x-infinite-bearer");

/// Which header counts where a request has both (`docs/api/v2-authorize.md`, "What is read").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precedence {
    /// `Authorization`: under `/v2`.
    Authorization,
    /// `x-infinite-bearer`: under `/directory`.
    InfiniteBearer,
}

/// The presented access token: after the scheme `BimPlus` or `Bearer`, in any case, and any run of spaces. `None` if
/// there is no such header, or what it holds cannot be a token.
pub struct PresentedToken(pub Option<TokenValue>);

impl PresentedToken {
    fn of(request: &HttpRequest) -> Self {
        Self(token(request.headers()))
    }
}

from_head!(PresentedToken);

/// What a check is about: an access token as [`PresentedToken`] takes it, or in its place perhaps a JWT of the identity
/// provider.
pub struct CheckedToken(pub Option<Credential>);

impl CheckedToken {
    fn of(request: &HttpRequest) -> Self {
        let authorization = request.headers().get(AUTHORIZATION);
        Self(authorization.and_then(|value| token_or_bearer(after_scheme(value.as_bytes())?)))
    }
}

from_head!(CheckedToken);

/// What names the session of a request under `/v2`, if anything does.
pub struct V2Credential(pub Option<Credential>);

impl V2Credential {
    fn of(request: &HttpRequest) -> Self {
        Self(credential(request.headers(), Precedence::Authorization))
    }
}

from_head!(V2Credential);

/// What names the session of a request under `/directory`. A request without is refused.
pub struct SessionCredential(pub Credential);

impl SessionCredential {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let credential = credential(request.headers(), Precedence::InfiniteBearer);
        let missing = || ServiceError::NoSession(Denied::NoToken).into();
        credential.map(Self).ok_or_else(missing)
    }
}

from_head!(try SessionCredential);

/// What the header of the directory API holds, without the space around it.
pub fn infinite_bearer(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(INFINITE_BEARER).map(|value| value.as_bytes().trim_ascii())
}

fn token(headers: &HeaderMap) -> Option<TokenValue> {
    TokenValue::parse(after_scheme(headers.get(AUTHORIZATION)?.as_bytes())?)
}

/// What names the session of a request: `x-infinite-bearer: <bearer>`, `Authorization: Bearer <bearer>`, or an access
/// token as [`PresentedToken`] takes it. `None` if neither header holds what can be one; an empty `x-infinite-bearer`
/// equals none.
fn credential(headers: &HeaderMap, precedence: Precedence) -> Option<Credential> {
    let infinite = infinite_bearer(headers).filter(|value| !value.is_empty());
    let authorization = headers.get(AUTHORIZATION);
    match (infinite, authorization, precedence) {
        (Some(value), None, _) | (Some(value), _, Precedence::InfiniteBearer) => bearer(value),
        (_, Some(value), _) => token_or_bearer(after_scheme(value.as_bytes())?),
        (None, None, _) => None,
    }
}

/// What follows the scheme `BimPlus` or `Bearer`, in any case, and any run of spaces.
pub fn after_scheme(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let (scheme, rest) = value.split_at(value.iter().position(|&byte| byte == b' ')?);
    let known = scheme.eq_ignore_ascii_case(b"BimPlus") || scheme.eq_ignore_ascii_case(b"Bearer");
    known.then(|| rest.trim_ascii_start())
}

/// An access token, or what may be a bearer.
pub fn token_or_bearer(value: &[u8]) -> Option<Credential> {
    TokenValue::parse(value).map(Credential::AccessToken).or_else(|| bearer(value))
}

/// The letters of a JWT (RFC 7515, 3.1), and no more of them than one has.
fn bearer(value: &[u8]) -> Option<Credential> {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let plausible = value.len() <= Bearers::MAX_BYTES && value.contains(&b'.') && value.iter().all(letter);
    let text = str::from_utf8(value).ok().filter(|_| plausible)?;
    Some(Credential::Bearer(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "9c1874a62c974dcfa75e0132c423a088";

    fn headers(authorization: Option<&str>, infinite: Option<&str>) -> HeaderMap {
        let given = [(AUTHORIZATION, authorization), (INFINITE_BEARER, infinite)];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(value?).ok()?)));
        given.collect()
    }

    fn text(credential: Option<Credential>) -> String {
        match credential {
            Some(Credential::Bearer(bearer)) => bearer,
            Some(Credential::AccessToken(token)) => token.reveal(),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn schemes_in_any_case_and_any_run_of_spaces() {
        for header in [
            format!("BimPlus {TOKEN}"),
            format!("bimplus    {TOKEN}"),
            format!("BEARER {TOKEN}"),
            format!(" Bearer  {TOKEN}  "),
        ] {
            assert!(token(&headers(Some(&header), None)).is_some(), "{header}");
        }
        for header in ["", "BimPlus", "BimPlus ", TOKEN, &format!("Basic {TOKEN}"), &format!("BimPlus{TOKEN}")] {
            assert!(token(&headers(Some(header), None)).is_none(), "{header}");
        }
    }

    #[test]
    fn the_header_that_belongs_to_the_api_counts() {
        use Precedence::{Authorization, InfiniteBearer};
        let access = format!("BimPlus {TOKEN}");
        for (authorization, infinite, precedence, expected) in [
            (Some("Bearer a.b.c"), None, Authorization, "a.b.c"),
            (Some("Bearer a.b.c"), None, InfiniteBearer, "a.b.c"),
            (None, Some("d.e.f"), Authorization, "d.e.f"),
            (None, Some(" d.e.f "), InfiniteBearer, "d.e.f"),
            (Some("Bearer a.b.c"), Some("d.e.f"), Authorization, "a.b.c"),
            (Some("Bearer a.b.c"), Some("d.e.f"), InfiniteBearer, "d.e.f"),
            (Some("Bearer a.b.c"), Some(""), InfiniteBearer, "a.b.c"),
            (Some(&access), Some("d.e.f"), Authorization, TOKEN),
            (Some(&access), None, InfiniteBearer, TOKEN),
            (Some("BimPlus "), Some("d.e.f"), Authorization, "none"),
            (Some(&access), Some("?"), InfiniteBearer, "none"),
            (None, Some(TOKEN), InfiniteBearer, "none"),
            (None, Some("a.b c"), InfiniteBearer, "none"),
            (None, None, InfiniteBearer, "none"),
        ] {
            let headers = headers(authorization, infinite);
            let found = text(credential(&headers, precedence));
            assert_eq!(found, expected, "{authorization:?} {infinite:?} {precedence:?}");
        }
    }

    #[test]
    fn what_is_longer_than_a_bearer_is_none() {
        let long = format!("a.{}", "b".repeat(Bearers::MAX_BYTES));
        assert!(credential(&headers(None, Some(&long)), Precedence::InfiniteBearer).is_none());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(header in proptest::collection::vec(any::<u8>(), 0..128), infinite: bool) {
            let name = if infinite { INFINITE_BEARER } else { AUTHORIZATION };
            let Ok(value) = HeaderValue::from_bytes(&header) else { return Ok(()) };
            let headers: HeaderMap = [(name, value)].into_iter().collect();
            let _ = (token(&headers), credential(&headers, Precedence::InfiniteBearer));
        }
    }
}
