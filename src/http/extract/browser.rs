//! The cookies of a browser: which one it is, for as long as a login takes; the logins that it keeps, sealed; and whether it
//! is signed on.

use std::time::Duration;

use actix_web::http::header::{COOKIE, HOST, HeaderMap, HeaderValue, SET_COOKIE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{from_head, shared};
use crate::auth::AdministratorBrowser;
use crate::domain::{LinkSecret, TokenDigest, TokenValue};
use crate::error::ServiceError;
use crate::http::HttpSettings;
use crate::http::error::ApiError;
use crate::login::{BeginsIn, Cookies, KeptLogin, SIGN_OUT_PAGE};
use crate::session::PublicUrl;

/// Tells browsers apart while people log in. The rest of the name is made from the value: two tabs that a new browser opens
/// at once are each given a cookie, and the second must not take the place of the first.
const BROWSER: &str = "directory_browser_";
/// How many of these count. A browser has more than one only of tabs opened at once, before it had any.
const MAX_BROWSER: usize = 8;
/// A login that the browser keeps. The rest of the name is made from its state; the value is when it was begun, and the
/// sealed login, its second part in a second cookie.
const LOGIN: &str = "directory_login_";
const SECOND: &str = "_2";
/// How much of a sealed login one cookie holds, in bytes: browsers keep 4,096 a cookie, its name included.
const PART: usize = 3_600;
/// How many logins a browser keeps, and how long they may be together, in bytes: a proxy takes 8,192 bytes of all cookies
/// of a request.
const MAX_LOGINS: usize = 8;
const MAX_LOGINS_BYTES: usize = 6_900;
/// What each of its cookies takes besides the sealed login, at most, in bytes.
const NAME_AND_TIME: usize = 60;
/// How much of the host that a browser asked is logged, in characters.
const MAX_LOGGED_HOST: usize = 100;
/// The cookie for single sign-on (`docs/api/directory-session.md`, "A login through a browser").
const SIGN_ON: &str = "directory_sso";
/// Tells the administrator's browser from those of people who guess.
const ADMINISTRATOR: &str = "directory_administrator";
/// Holds the secret of a one-time link, while a person sets a password by it.
const LINK: &str = "directory_link";
/// How long, at most.
const LINK_KEPT: Duration = Duration::from_secs(30 * 60);
/// Holds the provider's ID token, sealed; sent to the page for signing out alone, for it is long.
const ID_TOKEN: &str = "directory_id_token";
/// The language that the person has chosen: no secret.
const LANGUAGE: &str = "directory_language";
/// How long: a year.
const LANGUAGE_KEPT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The longest that is read, in bytes.
const MAX_ID_TOKEN: usize = 4_096;

/// The browser that a request comes from.
pub struct Browser {
    request: HttpRequest,
    settings: Data<HttpSettings>,
    /// The cookies that tell it from others.
    known: Vec<TokenValue>,
    /// One for when it has none, not sent yet.
    fresh: TokenValue,
    /// The logins that it keeps.
    logins: Vec<LoginCookie>,
    /// The cookie of single sign-on.
    pub signed_on: Option<TokenValue>,
}

/// A login as cookies have it.
#[derive(Debug)]
struct LoginCookie {
    /// The first cookie's name, without its prefix.
    name: String,
    begun: u64,
    sealed: Vec<u8>,
}

impl LoginCookie {
    fn name(state: TokenDigest) -> String {
        let [a, b, c, d, ..] = state.0;
        format!("{LOGIN}{a:02x}{b:02x}{c:02x}{d:02x}")
    }

    /// The logins that a request brings along. Of several cookies with one name, one is not ours: none counts.
    fn all(headers: &HeaderMap, base: &PublicUrl) -> Vec<Self> {
        let prefix = full_name(LOGIN, base);
        let names = pairs(headers).filter_map(|(name, _)| std::str::from_utf8(name).ok());
        let first = names.filter(|name| name.starts_with(&prefix) && !name.ends_with(SECOND)).take(2 * MAX_LOGINS);
        let read = first.filter_map(|name| {
            let (begun, part) = Self::part(cookie(headers, name.as_bytes())?)?;
            let second = cookie(headers, format!("{name}{SECOND}").as_bytes()).and_then(Self::part);
            let rest = second.filter(|(other, _)| *other == begun).map_or(&[][..], |(_, part)| part);
            let name = format!("{LOGIN}{}", name.strip_prefix(&prefix)?);
            Some(Self { name, begun, sealed: [part, rest].concat() })
        });
        read.collect()
    }

    fn part(value: &[u8]) -> Option<(u64, &[u8])> {
        let at = value.iter().position(|byte| *byte == b'.')?;
        Some((std::str::from_utf8(&value[..at]).ok()?.parse().ok()?, &value[at + 1..]))
    }

    /// How much of a request they take, about.
    fn bytes(&self) -> usize {
        self.sealed.len() + (1 + self.sealed.len() / PART) * NAME_AND_TIME
    }

    fn forget(&self, base: &PublicUrl, headers: &mut HeaderMap) {
        set(base, &self.name, "", Duration::ZERO, headers);
        if self.sealed.len() > PART {
            set(base, &format!("{}{SECOND}", self.name), "", Duration::ZERO, headers);
        }
    }
}

impl Browser {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let settings = shared::<HttpSettings>(request)?;
        let (headers, base) = (request.headers(), &settings.base);
        let read = |name: &[u8]| cookie(headers, name).and_then(TokenValue::parse);
        let prefix = full_name(BROWSER, base);
        let names = pairs(headers).map(|(name, _)| name).filter(|name| name.starts_with(prefix.as_bytes()));
        Ok(Self {
            known: names.take(MAX_BROWSER).filter_map(read).collect(),
            fresh: TokenValue::generate().map_err(ServiceError::from)?,
            logins: LoginCookie::all(headers, base),
            signed_on: read(full_name(SIGN_ON, base).as_bytes()),
            request: request.clone(),
            settings,
        })
    }

    /// What a login that begins now is bound to.
    pub fn id(&self) -> &TokenValue {
        self.known.first().unwrap_or(&self.fresh)
    }

    /// What a login that was begun before may be bound to; nothing if this browser was not here before.
    pub fn known(&self) -> &[TokenValue] {
        &self.known
    }

    /// What it brings along of the login with this state.
    pub fn cookies(&self, state: &TokenValue) -> Cookies<'_> {
        let name = LoginCookie::name(state.digest());
        let login = self.logins.iter().find(|login| login.name == name).map(|login| login.sealed.as_slice());
        Cookies { browser: &self.known, login }
    }

    /// Where a login that begins now is kept.
    pub fn begins(&self) -> BeginsIn<'_> {
        BeginsIn { browser: self.id(), room: self.room() }
    }

    /// How many bytes of logins it may keep besides those that it has.
    pub fn room(&self) -> usize {
        if self.logins.len() >= MAX_LOGINS {
            return 0;
        }
        let taken = self.logins.iter().map(LoginCookie::bytes).sum::<usize>() + 2 * NAME_AND_TIME;
        MAX_LOGINS_BYTES.saturating_sub(taken)
    }

    /// The sealed ID token that it has kept.
    pub fn id_token(&self) -> Option<&str> {
        let sealed = cookie(self.request.headers(), id_token_name(&self.settings.base).as_bytes())?;
        str::from_utf8(sealed).ok().filter(|sealed| (1..=MAX_ID_TOKEN).contains(&sealed.len()))
    }

    /// The one-time link that it has opened.
    pub fn link(&self) -> Option<LinkSecret> {
        let name = full_name(LINK, &self.settings.base);
        LinkSecret::parse(str::from_utf8(cookie(self.request.headers(), name.as_bytes())?).ok()?)
    }

    /// Has it keep the link that it has opened, or forget it.
    pub fn keep_link(&self, link: Option<&LinkSecret>, response: &mut HttpResponse) {
        let (value, lifetime) = link.map_or((String::new(), Duration::ZERO), |link| (link.reveal(), LINK_KEPT));
        self.set(LINK, &value, lifetime, response);
    }

    /// The host that it asked (RFC 9110, 7.2).
    pub fn host(&self) -> &str {
        self.request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
    }

    /// Whether it says (Fetch Metadata Request Headers, 2) that this is no window but what a page loads, or another site's
    /// frame, in which the cookies of a login are kept from this server anyway. Any page could otherwise use up the logins
    /// that a network may have under way, through anybody who looks at it. Programs that are no browsers do not say.
    pub fn is_unseen(&self) -> bool {
        let said = |name: &str| self.request.headers().get(name).map(HeaderValue::as_bytes);
        let is_frame = said("sec-fetch-dest").is_some_and(|destination| destination != b"document");
        said("sec-fetch-mode").is_some_and(|mode| mode != b"navigate")
            || is_frame && said("sec-fetch-site") == Some(b"cross-site")
    }

    /// Refuses what is [unseen](Self::is_unseen).
    ///
    /// # Errors
    /// [`ApiError::BadRequest`].
    pub fn must_be_seen(&self) -> Result<(), ApiError> {
        if !self.is_unseen() {
            return Ok(());
        }
        let sentence =
            "A login begins in a window that the person sees: open this address in one. A page cannot load it.";
        Err(ApiError::BadRequest(sentence.into()))
    }

    /// The way to what lies at `path`, for this browser.
    pub fn path_to(&self, path: &str) -> String {
        self.settings.base.path_to(path)
    }

    /// What it has asked.
    pub(in crate::http) const fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// Has it keep a login, and forget the oldest of too many.
    pub fn keep(&self, login: &KeptLogin, response: &mut HttpResponse) {
        let (base, lifetime, headers) = (&self.settings.base, self.settings.browser_lifetime, response.headers_mut());
        let KeptLogin { state, begun, sealed } = login;
        let name = LoginCookie::name(*state);
        let (first, second) = sealed.split_at(sealed.len().min(PART));
        set(base, &name, &format!("{begun}.{first}"), lifetime, headers);
        if !second.is_empty() {
            set(base, &format!("{name}{SECOND}"), &format!("{begun}.{second}"), lifetime, headers);
        }
        let mut others: Vec<_> = self.logins.iter().filter(|other| other.name != name).collect();
        others.sort_by_key(|other| std::cmp::Reverse(other.begun));
        let mut bytes = sealed.len() + 2 * NAME_AND_TIME;
        for (index, other) in others.into_iter().enumerate() {
            bytes += other.bytes();
            if index + 1 >= MAX_LOGINS || bytes > MAX_LOGINS_BYTES {
                other.forget(base, headers);
            }
        }
    }

    /// Has it keep what it is known by for as long as a login may take, counted anew.
    pub fn remember(&self, response: &mut HttpResponse) {
        let fresh = self.known.is_empty().then_some(&self.fresh);
        for id in self.known.iter().chain(fresh) {
            let [a, b, c, d, ..] = id.digest().0;
            let name = format!("{BROWSER}{a:02x}{b:02x}{c:02x}{d:02x}");
            self.set(&name, &id.reveal(), self.settings.browser_lifetime, response);
        }
    }

    /// Has it stay signed on.
    pub fn sign_on(&self, value: &TokenValue, lifetime: Duration, response: &mut HttpResponse) {
        self.set(SIGN_ON, &value.reveal(), lifetime, response);
    }

    /// Has it forget that it was signed on, and the provider's ID token.
    pub fn sign_off(&self, response: &mut HttpResponse) {
        self.set(SIGN_ON, "", Duration::ZERO, response);
        if self.id_token().is_some() {
            self.keep_id_token("", Duration::ZERO, response);
        }
    }

    /// Has it keep the provider's ID token, sealed, for signing out.
    pub fn keep_id_token(&self, sealed: &str, lifetime: Duration, response: &mut HttpResponse) {
        let base = &self.settings.base;
        put(base, &id_token_name(base), sealed, &base.path_to(SIGN_OUT_PAGE), lifetime, response.headers_mut());
    }

    fn set(&self, name: &str, value: &str, lifetime: Duration, response: &mut HttpResponse) {
        set(&self.settings.base, name, value, lifetime, response.headers_mut());
    }
}

from_head!(try Browser);

/// The cookie by which a browser shows that the administrator has used it.
pub fn administrator<'a>(headers: &'a HeaderMap, base: &PublicUrl) -> Option<&'a str> {
    str::from_utf8(cookie(headers, full_name(ADMINISTRATOR, base).as_bytes())?).ok()
}

/// Has the browser keep that the administrator has used it.
pub fn administrator_was_here(base: &PublicUrl, value: &str, headers: &mut HeaderMap) {
    set(base, ADMINISTRATOR, value, AdministratorBrowser::LIFETIME, headers);
}

/// The tag of the language that the person has chosen in this browser.
pub fn language<'a>(headers: &'a HeaderMap, base: &PublicUrl) -> Option<&'a str> {
    str::from_utf8(cookie(headers, full_name(LANGUAGE, base).as_bytes())?).ok()
}

/// Has the browser keep the language that the person has chosen.
pub fn keep_language(base: &PublicUrl, tag: &str, headers: &mut HeaderMap) {
    set(base, LANGUAGE, tag, LANGUAGE_KEPT, headers);
}

/// Why a browser may have sent no cookie, as far as its request tells: for the log, which says it to the operator.
pub fn why_no_cookie(headers: &HeaderMap, base: &PublicUrl) -> String {
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

/// `__Host-` is only for the path `/`.
fn id_token_name(base: &PublicUrl) -> String {
    if base.is_secure() { format!("__Secure-{ID_TOKEN}") } else { ID_TOKEN.to_owned() }
}

/// With the prefix `__Host-` where there is TLS: then no other host and no plain connection can set it (RFC 6265bis,
/// 4.1.3.2).
fn full_name(name: &str, base: &PublicUrl) -> String {
    if base.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
}

fn set(base: &PublicUrl, name: &str, value: &str, lifetime: Duration, headers: &mut HeaderMap) {
    put(base, &full_name(name, base), value, "/", lifetime, headers);
}

fn put(base: &PublicUrl, name: &str, value: &str, path: &str, lifetime: Duration, headers: &mut HeaderMap) {
    let secure = if base.is_secure() { "; Secure" } else { "" };
    // Lax and not Strict: the browser comes back from the identity provider, another site.
    let cookie = format!("{name}={value}; Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}", lifetime.as_secs());
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        headers.append(SET_COOKIE, cookie);
    }
}

/// The cookie of this name. None if there are several: one of them is not ours.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &[u8]) -> Option<&'a [u8]> {
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
