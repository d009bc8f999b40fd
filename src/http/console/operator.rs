//! Who is there: a browser that has entered by an API token, or as a person, and may be there at this moment.

use std::sync::Arc;

use actix_web::http::header::{COOKIE, HOST, HeaderMap, HeaderValue, LOCATION, ORIGIN, SET_COOKIE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Console;
use super::said::{Problem, Said, Why};
use super::sessions::{EnteredBy, LIFETIME};
use super::shell::{May, Place, Shell, TroublePage, with_query};
use super::texts::ConsoleTexts;
use crate::admin::{self, Answer, Request, execute};
use crate::domain::{Account, ApiToken, Scope, Scopes, TokenDigest, TokenValue, UserId};
use crate::error::ServiceError;
use crate::http::Metrics;
use crate::http::error::ApiError;
use crate::http::extract::{RequestLog, browser, from_head, shared};
use crate::http::manage::Management;
use crate::http::pages::Frame;
use crate::login::Form;
use crate::store::Store;

/// A cookie of a browser, which is named otherwise where the browser came by https.
struct Cookie {
    plain: &'static str,
    secure: &'static str,
    same_site: &'static str,
}

/// By which a browser is in.
const ENTERED: Cookie = Cookie { plain: "console", secure: "__Host-console", same_site: "Strict" };
/// By which it comes back from a login, from another site perhaps.
const VERIFIER: Cookie = Cookie { plain: "console_login", secure: "__Host-console_login", same_site: "Lax" };
/// How long that is kept, in seconds: longer than a login takes.
const VERIFIER_KEPT: u64 = 3600;
/// Where somebody enters, from the root.
pub(super) const ENTER: &str = "console/enter";

/// Somebody in front of a browser, who may have entered.
pub(in crate::http) struct Visitor {
    request: HttpRequest,
    pub(super) frame: Frame,
    pub(super) management: Data<Management>,
    pub(super) console: Data<Console>,
    pub(super) metrics: Data<Metrics>,
    /// All calls of this request together take no longer than one may.
    pub(super) store: Arc<dyn Store>,
}

/// Somebody who has entered.
pub(super) struct Operator<'a> {
    visitor: &'a Visitor,
    by: admin::Operator,
    name: Box<str>,
    scopes: Scopes,
    csrf: String,
}

/// Why there is no page.
pub(super) enum Failed {
    /// It is told on a page of the console.
    Told(Problem),
    /// It is told as everywhere.
    Error(ApiError),
}

/// A page, or why there is none.
pub(super) type Shown = Result<HttpResponse, Failed>;

impl Visitor {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let (management, console) = (shared::<Management>(request)?, shared::<Console>(request)?);
        let (frame, metrics) = (Frame::of(request), shared::<Metrics>(request)?);
        let store = management.store.for_request();
        Ok(Self { request: request.clone(), frame, management, console, metrics, store })
    }

    /// Shows a page to whoever has entered; anybody else enters first.
    pub(super) async fn sees(
        &self,
        place: Place,
        page: impl AsyncFnOnce(&Operator<'_>) -> Shown,
    ) -> Result<HttpResponse, ApiError> {
        self.is_served(place, None, page).await
    }

    /// Does what a form with this hidden field asks for, of whoever has entered.
    pub(super) async fn sends(
        &self,
        csrf: &str,
        place: Place,
        act: impl AsyncFnOnce(&Operator<'_>) -> Shown,
    ) -> Result<HttpResponse, ApiError> {
        self.is_served(place, Some(csrf), act).await
    }

    async fn is_served(
        &self,
        place: Place,
        csrf: Option<&str>,
        answer: impl AsyncFnOnce(&Operator<'_>) -> Shown,
    ) -> Result<HttpResponse, ApiError> {
        let Some(operator) = self.operator().await? else {
            return Ok(self.goes_to_enter(self.cookie().map(|_| Why::Ended)));
        };
        let proven = csrf.is_none_or(|sent| self.proves(Form::Console, sent));
        let shown = match (proven, operator.must(Scope::Read)) {
            (false, _) => Err(Failed::Told(Problem::Forged)),
            (true, Err(refused)) => Err(refused),
            (true, Ok(())) => answer(&operator).await,
        };
        match shown {
            Ok(response) => Ok(response),
            Err(Failed::Error(error)) => Err(error),
            Err(Failed::Told(problem)) => {
                self.log(&format!("{problem:?}"));
                TroublePage { shell: &operator.shell(place), said: Said::wrong(problem) }.respond()
            }
        }
    }

    /// Who has entered in this browser, if they may still be there.
    async fn operator(&self) -> Result<Option<Operator<'_>>, ApiError> {
        let Some(cookie) = self.cookie() else { return Ok(None) };
        let Some(by) = self.console.sessions.find(&cookie) else { return Ok(None) };
        let found = match by {
            EnteredBy::Token(digest) => self
                .token(digest)
                .await?
                .map(|ApiToken { name, scopes, .. }| (admin::Operator::Token(name.clone()), name, scopes)),
            EnteredBy::Person { user, sign_on } => self.person(user, sign_on).await?.map(|account| {
                (admin::Operator::Person(user), account.email.as_str().into(), Scopes::of(&[Scope::Everything]))
            }),
        };
        let Some((by, name, scopes)) = found else {
            self.console.sessions.leave(&cookie);
            return Ok(None);
        };
        Ok(Some(Operator { visitor: self, by, name, scopes, csrf: Form::Console.proof(&cookie, "") }))
    }

    /// Whether whoever has entered in this browser is still in, asked of the store anew. Does not count as asking for
    /// something.
    pub(super) async fn is_still_in(&self) -> bool {
        let Some(by) = self.cookie().and_then(|cookie| self.console.sessions.peek(&cookie)) else { return false };
        let (store, now) = (self.management.store.for_request(), self.management.clock.now());
        match by {
            EnteredBy::Token(digest) => {
                let tokens = store.api_tokens().await;
                tokens.is_ok_and(|tokens| tokens.token(digest).is_some_and(|token| !token.has_ended(now)))
            }
            EnteredBy::Person { user, sign_on } => {
                let account = store.account(user).await;
                account.is_ok_and(|account| account.is_some_and(|account| account.is_operator_in(sign_on, now)))
            }
        }
    }

    /// The person, if they may be in the console at this moment by the browser with this cookie of single sign-on,
    /// digested.
    pub(super) async fn person(&self, user: UserId, sign_on: TokenDigest) -> Result<Option<Account>, ApiError> {
        let account = self.store.account(user).await.map_err(ServiceError::from)?;
        Ok(account.filter(|account| account.is_operator_in(sign_on, self.management.clock.now())))
    }

    /// The API token of this digest, if it counts at this moment.
    pub(super) async fn token(&self, digest: TokenDigest) -> Result<Option<ApiToken>, ApiError> {
        let Management { clock, uses, .. } = &**self.management;
        let (tokens, now) = (self.store.api_tokens().await.map_err(ServiceError::from)?, clock.now());
        let token = tokens.token(digest).filter(|token| !token.has_ended(now));
        if token.is_some_and(|token| token.is_use_due(now)) {
            // Where others wait already, the next request tells it.
            let _ = uses.try_send(digest);
        }
        Ok(token.cloned())
    }

    /// The cookie by which this browser is in. Of several with one name, none is ours.
    pub(super) fn cookie(&self) -> Option<TokenValue> {
        self.read(&ENTERED)
    }

    /// The cookie of a login that was begun here.
    pub(super) fn verifier(&self) -> Option<TokenValue> {
        self.read(&VERIFIER)
    }

    fn read(&self, cookie: &Cookie) -> Option<TokenValue> {
        let headers = self.request.headers();
        let sent = [cookie.secure, cookie.plain].into_iter().find_map(|name| browser::cookie(headers, name.as_bytes()));
        TokenValue::parse(sent?)
    }

    /// Whether this server has shown a form to this browser: by its hidden field, and by what the browser says.
    pub(super) fn proves(&self, form: Form, sent: &str) -> bool {
        is_from_here(self.request.headers()) && self.cookie().is_some_and(|cookie| form.is_proven(&cookie, "", sent))
    }

    /// Has the browser keep a cookie. For https alone, where the page that sends a form came by that.
    pub(super) fn keep(&self, cookie: &TokenValue, response: &mut HttpResponse) {
        put(&ENTERED, self.came_by_https(), Some(cookie), LIFETIME.as_secs(), response);
    }

    /// The same where a person comes back from a login, which is to `manage.public_url`.
    pub(super) fn keep_of_person(&self, cookie: &TokenValue, response: &mut HttpResponse) {
        put(&ENTERED, self.is_at_https(), Some(cookie), LIFETIME.as_secs(), response);
    }

    /// Has it forget its cookie.
    pub(super) fn forget(&self, response: &mut HttpResponse) {
        put(&ENTERED, self.came_by_https(), None, 0, response);
    }

    /// Has it keep the cookie of a login that begins, or forget it.
    pub(super) fn keep_verifier(&self, verifier: Option<&TokenValue>, response: &mut HttpResponse) {
        put(&VERIFIER, self.is_at_https(), verifier, VERIFIER_KEPT, response);
    }

    fn is_at_https(&self) -> bool {
        self.console.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    fn came_by_https(&self) -> bool {
        let headers = self.request.headers();
        let said = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
        said || headers.get_all(COOKIE).any(|cookies| is_in(cookies, ENTERED.secure))
    }

    /// Leads to where one enters.
    pub(super) fn goes_to_enter(&self, why: Option<Why>) -> HttpResponse {
        let why = why.map(|why| ("why", why.as_str()));
        self.goes_to(&with_query(ENTER, why.as_slice()))
    }

    /// Leads to a path from the root.
    pub(super) fn goes_to(&self, path: &str) -> HttpResponse {
        HttpResponse::SeeOther().insert_header((LOCATION, format!("{}{path}", self.frame.root))).finish()
    }

    /// Has the log line of the request say why.
    pub(super) fn log(&self, cause: &str) {
        RequestLog::of(&self.request).note(|notes| notes.cause = Some(cause.to_owned()));
    }

    pub(super) const fn texts(&self) -> &'static ConsoleTexts {
        ConsoleTexts::of(self.frame.language)
    }
}

from_head!(try Visitor);

impl Operator<'_> {
    /// What stands around a page for them.
    pub(super) fn shell(&self, place: Place) -> Shell<'_> {
        let may = May {
            users: self.scopes.allow(Scope::Users),
            sessions: self.scopes.allow(Scope::Sessions),
            everything: self.scopes.allow(Scope::Everything),
        };
        let Visitor { frame, .. } = self.visitor;
        Shell { frame, texts: self.visitor.texts(), operator: &self.name, csrf: &self.csrf, may, place }
    }

    /// Refuses who may not.
    pub(super) fn must(&self, scope: Scope) -> Result<(), Failed> {
        if self.scopes.allow(scope) { Ok(()) } else { Err(Failed::Told(Problem::NotAllowed)) }
    }

    /// Has a request executed, as theirs, if they may.
    pub(super) async fn execute(&self, request: Request) -> Result<Answer, Failed> {
        self.must(request.scope())?;
        let Visitor { management, store, .. } = self.visitor;
        let Management { clock, keys, .. } = &***management;
        execute(&**store, &**clock, keys, &self.by, self.scopes, request).await.map_err(|error| {
            self.visitor.log(&error.to_string());
            Failed::Told(Problem::of(&error))
        })
    }

    /// How the log names them.
    pub(super) const fn by(&self) -> &admin::Operator {
        &self.by
    }

    pub(super) const fn visitor(&self) -> &Visitor {
        self.visitor
    }
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Told(problem)
    }
}

/// An answer that no request of this kind gets.
pub(super) fn surprised() -> Failed {
    Failed::Error(ApiError::Unknown("a request of the console was answered with something else".to_owned()))
}

/// Whether a form is from a page of this server, as far as the browser says (Fetch Metadata Request Headers, 2.3; RFC
/// 6454, 7). A proxy may have changed the host, so that is compared only where the browser says nothing better.
fn is_from_here(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    match (said("sec-fetch-site"), said(ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, b"same-origin" | b"none"),
        (None, Some(origin)) => {
            let host = origin.split(|byte| *byte == b'/').nth(2);
            host.is_some() && host == said(HOST.as_str())
        }
        (None, None) => true,
    }
}

/// Has the browser keep a value for so many seconds, or forget it.
fn put(cookie: &Cookie, https: bool, value: Option<&TokenValue>, seconds: u64, response: &mut HttpResponse) {
    let (name, secure) = if https { (cookie.secure, "; Secure") } else { (cookie.plain, "") };
    let (value, seconds) = value.map_or((String::new(), 0), |value| (value.reveal(), seconds));
    let same_site = cookie.same_site;
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

fn is_in(cookies: &HeaderValue, name: &str) -> bool {
    let mut pairs = cookies.as_bytes().split(|byte| *byte == b';');
    pairs.any(|pair| pair.trim_ascii_start().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn from(headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_from_here(&map)
    }

    #[test]
    fn a_form_of_another_page_is_known_by_what_the_browser_says() {
        assert!(from(&[]), "programs say nothing");
        assert!(from(&[("sec-fetch-site", "same-origin"), ("origin", "https://x.example"), ("host", "inside:8081")]));
        assert!(from(&[("origin", "http://10.0.0.1:8081"), ("host", "10.0.0.1:8081")]));
        for site in ["cross-site", "same-site", "", "Same-Origin"] {
            assert!(
                !from(&[("sec-fetch-site", site), ("origin", "http://a.example"), ("host", "a.example")]),
                "{site}"
            );
        }
        for origin in ["null", "", "https://evil.example", "http://a.example:81", "a.example", "http://a.example.evil"]
        {
            assert!(!from(&[("origin", origin), ("host", "a.example")]), "{origin}");
        }
        assert!(!from(&[("origin", "null")]));
    }
}
