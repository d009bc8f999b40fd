//! The two cookies of a browser: which one it is, for as long as a login takes, and whether it is signed on.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HOST, HeaderMap, HeaderValue, SET_COOKIE};

use crate::directory::Base;
use crate::directory::login::LoginError;
use crate::domain::TokenValue;
use crate::http::error::ApiError;
use crate::identity::AdministratorBrowser;

/// Tells browsers apart while people log in. The rest of the name is made from the value: two tabs that a new browser opens
/// at once are each given a cookie, and the second must not take the place of the first.
const BROWSER: &str = "directory_browser_";
/// How many of these count. A browser has more than one only of tabs opened at once, before it had any.
const MAX_BROWSER: usize = 8;
/// How much of the host that a browser asked is logged, in characters.
const MAX_LOGGED_HOST: usize = 100;
/// The contract's name for single sign-on.
const SIGN_ON: &str = "directory_sso";
/// Tells the administrator's browser from those of people who guess.
const ADMINISTRATOR: &str = "directory_administrator";

/// The browser that a request comes from.
#[derive(Debug)]
pub struct Browser {
    /// The cookies that tell it from others.
    known: Vec<TokenValue>,
    /// One for when it has none, not sent yet.
    fresh: TokenValue,
    /// The cookie of single sign-on.
    pub signed_on: Option<TokenValue>,
}

impl Browser {
    /// Reads the cookies of a request.
    ///
    /// # Errors
    /// [`ApiError::Login`] if the system gives no random numbers.
    pub fn of(request: &HttpRequest, base: &Base) -> Result<Self, ApiError> {
        let headers = request.headers();
        let read = |name: &[u8]| cookie(headers, name).and_then(TokenValue::parse);
        let prefix = full_name(BROWSER, base);
        let names = pairs(headers).map(|(name, _)| name).filter(|name| name.starts_with(prefix.as_bytes()));
        let known = names.take(MAX_BROWSER).filter_map(read).collect();
        let signed_on = read(full_name(SIGN_ON, base).as_bytes());
        Ok(Self { known, fresh: TokenValue::generate().map_err(LoginError::from)?, signed_on })
    }

    /// What a login that begins now is bound to.
    #[must_use]
    pub fn id(&self) -> &TokenValue {
        self.known.first().unwrap_or(&self.fresh)
    }

    /// What a login that was begun before may be bound to; nothing if this browser was not here before.
    #[must_use]
    pub fn known(&self) -> &[TokenValue] {
        &self.known
    }

    /// Has the browser keep what it is known by for as long as a login may take, counted anew.
    pub fn remember(&self, base: &Base, lifetime: Duration, headers: &mut HeaderMap) {
        let fresh = self.known.is_empty().then_some(&self.fresh);
        for id in self.known.iter().chain(fresh) {
            let [a, b, c, d, ..] = id.digest().0;
            set(base, &format!("{BROWSER}{a:02x}{b:02x}{c:02x}{d:02x}"), &id.reveal(), lifetime, headers);
        }
    }
}

/// Has the browser stay signed on.
pub fn sign_on(base: &Base, value: &TokenValue, lifetime: Duration, headers: &mut HeaderMap) {
    set(base, SIGN_ON, &value.reveal(), lifetime, headers);
}

/// The cookie by which a browser shows that the administrator has used it.
#[must_use]
pub fn administrator<'a>(headers: &'a HeaderMap, base: &Base) -> Option<&'a str> {
    str::from_utf8(cookie(headers, full_name(ADMINISTRATOR, base).as_bytes())?).ok()
}

/// Has the browser keep that the administrator has used it.
pub fn administrator_was_here(base: &Base, value: &str, headers: &mut HeaderMap) {
    set(base, ADMINISTRATOR, value, AdministratorBrowser::LIFETIME, headers);
}

/// Has the browser forget that it was signed on.
pub fn sign_off(base: &Base, headers: &mut HeaderMap) {
    set(base, SIGN_ON, "", Duration::ZERO, headers);
}

/// Why a browser may have sent no cookie, as far as its request tells: for the log, which says it to the operator.
#[must_use]
pub fn why_no_cookie(headers: &HeaderMap, base: &Base) -> String {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked = said(HOST.as_str());
    // The page before this one, as the browser tells it; the scheme that the browser used, as a proxy does.
    let own_page = format!("http://{asked}");
    let came_from =
        |name| said(name).strip_prefix(own_page.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut proxied = said("forwarded").split([';', ',']).filter_map(|pair| pair.trim().split_once('='));
    let by_http = came_from("origin")
        || came_from("referer")
        || said("x-forwarded-proto").trim().eq_ignore_ascii_case("http")
        || proxied.any(|(name, value)| name.eq_ignore_ascii_case("proto") && value.eq_ignore_ascii_case("http"));
    match base.public_host() {
        Some(_) if base.is_secure() && by_http => {
            "the browser came by http, where it keeps no cookie of ours: server.public_url is https".to_owned()
        }
        Some(host) if !asked.eq_ignore_ascii_case(&host) => {
            let asked: String = asked.chars().take(MAX_LOGGED_HOST).collect();
            format!("the browser asked {}, but server.public_url names {host}", asked.escape_debug())
        }
        Some(_) if base.is_secure() => {
            "cookies are off or deleted, the login began at another address (by http instead \
            of https, say), or it took too long"
                .to_owned()
        }
        _ => "cookies are off or deleted, the login began at another address, or it took too long".to_owned(),
    }
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
fn cookie<'a>(headers: &'a HeaderMap, name: &[u8]) -> Option<&'a [u8]> {
    let mut found = pairs(headers).filter(|(known, _)| *known == name).map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Every cookie: name and value.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let sent = headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    sent.filter_map(|pair| {
        let pair = pair.trim_ascii();
        let at = pair.iter().position(|byte| *byte == b'=')?;
        Some((&pair[..at], &pair[at + 1..]))
    })
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
            assert_eq!(cookie(&sent, name.as_bytes()), value, "{name}");
        }
    }

    #[test]
    fn two_of_one_name_are_none() {
        assert_eq!(cookie(&headers(&[b"a=1; a=2"]), b"a"), None);
        assert_eq!(cookie(&headers(&[b"a=1", b"a=1"]), b"a"), None);
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(sent in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = cookie(&headers(&[&sent]), b"a");
        }
    }
}
