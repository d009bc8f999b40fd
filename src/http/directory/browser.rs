//! The two cookies of a browser: which one it is, for as long as a login takes, and whether it is signed on.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

use crate::directory::Base;
use crate::directory::login::LoginError;
use crate::domain::TokenValue;
use crate::http::error::ApiError;

/// Tells browsers apart while people log in.
const BROWSER: &str = "directory_browser";
/// The contract's name for single sign-on.
const SIGN_ON: &str = "directory_sso";

/// The browser that a request comes from.
#[derive(Debug)]
pub struct Browser {
    /// Its cookie; a new one, not sent yet, if it had none.
    pub id: TokenValue,
    /// Whether it had that cookie.
    pub known: bool,
    /// The cookie of single sign-on.
    pub signed_on: Option<TokenValue>,
}

impl Browser {
    /// Reads the cookies of a request.
    ///
    /// # Errors
    /// [`ApiError::Login`] if the system gives no random numbers.
    pub fn of(request: &HttpRequest, base: &Base) -> Result<Self, ApiError> {
        let read = |name| cookie(request.headers(), &full_name(name, base)).and_then(TokenValue::parse);
        let (known, signed_on) = (read(BROWSER), read(SIGN_ON));
        Ok(match known {
            Some(id) => Self { id, known: true, signed_on },
            None => Self { id: TokenValue::generate().map_err(LoginError::from)?, known: false, signed_on },
        })
    }

    /// Its cookie, if it had it before.
    #[must_use]
    pub fn known(&self) -> Option<&TokenValue> {
        self.known.then_some(&self.id)
    }

    /// Has the browser keep its id for as long as a login may take, counted anew.
    pub fn remember(&self, base: &Base, lifetime: Duration, headers: &mut HeaderMap) {
        set(base, BROWSER, &self.id.reveal(), lifetime, headers);
    }
}

/// Has the browser stay signed on.
pub fn sign_on(base: &Base, value: &TokenValue, lifetime: Duration, headers: &mut HeaderMap) {
    set(base, SIGN_ON, &value.reveal(), lifetime, headers);
}

/// Has the browser forget that it was signed on.
pub fn sign_off(base: &Base, headers: &mut HeaderMap) {
    set(base, SIGN_ON, "", Duration::ZERO, headers);
}

/// With the prefix `__Host-` where there is TLS: then no other host and no plain connection can set it (RFC 6265bis,
/// 4.1.3.2).
fn full_name(name: &str, base: &Base) -> String {
    if base.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
}

fn set(base: &Base, name: &str, value: &str, lifetime: Duration, headers: &mut HeaderMap) {
    let secure = if base.is_secure() { "; Secure" } else { "" };
    let name = full_name(name, base);
    // Lax and not Strict: the browser comes back from the identity provider, another site.
    let cookie = format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", lifetime.as_secs());
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        headers.append(SET_COOKIE, cookie);
    }
}

/// The cookie of this name. None if there are several: one of them is not ours.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let pairs = headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let mut found = pairs.filter_map(|pair| {
        let pair = pair.trim_ascii();
        let at = pair.iter().position(|byte| *byte == b'=')?;
        (&pair[..at] == name.as_bytes()).then_some(&pair[at + 1..])
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(COOKIE, value);
            }
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let sent = headers(&[b"xa=1; a=2;b=3", b"c = 4; d==5"]);
        for (name, value) in [("a", Some(&b"2"[..])), ("b", Some(b"3")), ("c", None), ("d", Some(b"=5")), ("x", None)] {
            assert_eq!(cookie(&sent, name), value, "{name}");
        }
    }

    #[test]
    fn two_of_one_name_are_none() {
        assert_eq!(cookie(&headers(&[b"a=1; a=2"]), "a"), None);
        assert_eq!(cookie(&headers(&[b"a=1", b"a=1"]), "a"), None);
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(sent in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = cookie(&headers(&[&sent]), "a");
        }
    }
}
