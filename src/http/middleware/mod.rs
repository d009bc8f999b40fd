//! What stands around every request: its id, CORS, the error envelope, panics, the log line, metrics.

pub mod cors;

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

use actix_http::ConnectionType;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, ResponseError};
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::connection::Turn;
use super::error::ApiError;
use super::extract::browser::why_no_cookie;
use super::login_line::LoginLine;
use super::pages::problem::ProblemPage;
use super::pages::{self, Frame, Problem};
use super::{Metrics, Route};
use crate::domain::{Denied, UserId};
use crate::login::{LoginError, NoLogin};
use crate::session::PublicUrl;

/// The request's id, in the response, the envelope and the log.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whose token was checked.
pub const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");

/// How long a browser remembers to come by https alone (RFC 6797): a year. Not for other hosts of the domain, of which
/// this server knows nothing, and on no browser's own list, from which nobody gets off soon.
const HTTPS_FOR_A_YEAR: &str = "max-age=31536000";

/// What the edge works with.
pub struct Middleware {
    /// The CORS policy.
    pub cors: cors::Policy,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether browsers are to come back by https alone: where `server.public_url` is https.
    pub https_only: bool,
    /// Where browsers are to find this server.
    pub base: PublicUrl,
}

/// Whose request it was, for the log line; handlers put it into the request.
#[derive(Clone, Copy)]
pub struct Caller(pub UserId);

/// The request's id, for handlers of what a browser opens.
#[derive(Clone, Copy)]
pub struct RequestId(pub Uuid);

/// Why a handler of what a browser opens answered as it did, for the log line; it puts it into the request.
#[derive(Clone)]
pub struct Cause(pub String, pub Option<Denied>);

/// One request, from its head to its response.
///
/// # Errors
/// Only for a panic: then the error renders itself as the envelope.
pub async fn around(
    edge: Rc<Middleware>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    route_canonically(&mut request);
    let visit = RequestContext::begin(&request);
    let turn = request.conn_data::<Turn>().cloned();
    let _answering = turn.as_ref().map(Turn::answering);
    let mut response = answer(&visit, &edge, request, next).await?;
    if turn.is_some_and(|turn| turn.is_last()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

async fn answer(
    visit: &RequestContext,
    edge: &Middleware,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if *request.method() == Method::OPTIONS {
        let mut response = request.into_response(HttpResponse::NoContent().finish());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(visit.route.allow()));
        visit.end(edge, StatusCode::NO_CONTENT, None, (None, Why::default()), response.headers_mut());
        return Ok(response);
    }
    // A proxy's rule that denies these must not be passed by another spelling, as `/%6detrics`.
    if visit.route.is_for_operators() && request.path() != visit.route.pattern() {
        return Ok(visit.render(edge, request.error_response(ApiError::Missing)));
    }
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => Ok(visit.render(edge, response.map_into_boxed_body())),
        Ok(Err(error)) => Err(visit.fail(edge, &error.to_string()).into()),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(visit.fail(edge, &format!("panic: {text}")).into())
        }
    }
}

/// Has the router see the path in the spelling of the routes. The request keeps the path that was sent: pages count its
/// slashes to find their files.
fn route_canonically(request: &mut ServiceRequest) {
    let Cow::Owned(path) = Route::canonical_path(request.match_info().as_str()) else { return };
    // Decoded letters that no URI has, or that end a path, belong to no route either: that path stays as it is.
    if !path.contains(['?', '#'])
        && let Ok(uri) = Uri::try_from(path)
    {
        request.match_info_mut().get_mut().update(&uri);
    }
}

/// Why a request was answered as it was.
#[derive(Default)]
struct Why<'a> {
    cause: Option<&'a str>,
    /// Which of the reasons that are counted.
    denied: Option<Denied>,
}

struct RequestContext {
    id: Uuid,
    start: Instant,
    method: Method,
    route: Route,
    never_stored: bool,
    origin: Option<HeaderValue>,
    preflight: bool,
    /// What stands around a page for the person who asks, where it is a person: problems are pages then.
    frame: Option<Frame>,
}

impl RequestContext {
    fn begin(request: &ServiceRequest) -> Self {
        // As the router matches it: `/%762/authorize` is `/v2/authorize`, and must come out like it.
        let path = request.match_info().as_str();
        let route = Route::of(path);
        let id = Uuid::new_v4();
        let frame = Self::frame(route, path, request.request());
        if route.is_for_people() {
            request.extensions_mut().insert(RequestId(id));
        }
        Self {
            id,
            start: Instant::now(),
            method: request.method().clone(),
            route,
            never_stored: Route::is_never_stored(path),
            origin: request.headers().get(ORIGIN).cloned(),
            preflight: request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD),
            frame,
        }
    }

    /// The frame of a page about a problem, if a person in a browser asks, and not a program. At an address that is no
    /// route that is who opens it by its look; below `/v2` there are programs alone, and some say that they prefer HTML.
    fn frame(route: Route, path: &str, request: &HttpRequest) -> Option<Frame> {
        let by_people = match route {
            Route::Unmatched => {
                let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
                matches!(*request.method(), Method::GET | Method::HEAD) && !first.eq_ignore_ascii_case("v2")
            }
            route => route.is_for_people(),
        };
        (by_people && pages::prefers_html(request)).then(|| Frame::of(request))
    }

    /// Finishes a response; one that a handler's error made is given its head and envelope first.
    fn render(&self, edge: &Middleware, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let caller = response.request().extensions().get::<Caller>().copied();
        let status = response.status();
        let error = response.response().error();
        let Some(error) = error else {
            let noted = self.route.is_for_people().then(|| response.request().extensions().get::<Cause>().cloned());
            let (cause, denied) = noted.flatten().map(|Cause(cause, denied)| (cause, denied)).unzip();
            let mut response = response;
            let login = self.login(response.request());
            let why = Why { cause: cause.as_deref(), denied: denied.flatten() };
            self.end(edge, status, caller, (login, why), response.headers_mut());
            return response;
        };
        let known = error.as_error::<ApiError>();
        let mut cause = error.to_string();
        if let Some(ApiError::Login(LoginError::NoLogin(NoLogin::NoCookie))) = known {
            cause = format!("{cause}: {}", why_no_cookie(response.request().headers(), &edge.base));
        }
        // What the framework refuses by itself (a malformed path, say) has no sentence of ours.
        let foreign = || match status {
            status if status.is_client_error() => ApiError::BadRequest("The request is malformed.".into()),
            _ => ApiError::Unknown(cause.clone()),
        };
        let made;
        let error = if let Some(error) = known {
            error
        } else {
            made = foreign();
            &made
        };
        let mut answer = self.answer(error);
        let login = self.login(response.request());
        let why = Why { cause: Some(&cause), denied: error.denied() };
        self.end(edge, error.kind().0, caller, (login, why), answer.headers_mut());
        response.into_response(answer)
    }

    /// What a login's handler noted; a check, the hot path, is none.
    fn login(&self, request: &HttpRequest) -> Option<LoginLine> {
        let may_be = self.method == Method::POST || self.route.is_for_people();
        may_be.then(|| request.extensions().get().cloned()).flatten()
    }

    /// The error as this request gets it: a page for a person in a browser, else the envelope.
    fn answer(&self, error: &ApiError) -> HttpResponse {
        let mut answer = self.page(error).unwrap_or_else(|| {
            let mut answer = HttpResponse::build(error.kind().0);
            answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
            answer.body(error.body(self.id))
        });
        error.head(answer.headers_mut());
        answer
    }

    fn page(&self, error: &ApiError) -> Option<HttpResponse> {
        let frame = self.frame.as_ref()?;
        let detail = match error {
            ApiError::BadRequest(sentence) => Some(sentence.as_ref()),
            _ => None,
        };
        let page = ProblemPage { frame, problem: Problem::of(error), detail, again: None, request_id: Some(self.id) };
        page.respond(error.kind().0).ok()
    }

    /// Makes the response of a request whose handler came to no answer.
    fn fail(&self, edge: &Middleware, cause: &str) -> LoggedError {
        let mut answer = self.answer(&ApiError::Unknown(cause.to_owned()));
        let why = Why { cause: Some(cause), denied: None };
        self.end(edge, answer.status(), None, (None, why), answer.headers_mut());
        let (head, body) = answer.into_parts();
        let body = body.try_into_bytes().unwrap_or_default();
        LoggedError { status: head.status(), headers: head.headers().clone(), body }
    }

    /// Adds the headers of every response, logs the request, and counts it.
    fn end(
        &self,
        edge: &Middleware,
        status: StatusCode,
        caller: Option<Caller>,
        (login, Why { cause, denied }): (Option<LoginLine>, Why<'_>),
        headers: &mut HeaderMap,
    ) {
        let mut id = [0; 36];
        let id = self.id.hyphenated().encode_lower(&mut id);
        if let Ok(value) = HeaderValue::from_str(id) {
            headers.insert(X_REQUEST_ID, value);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if edge.https_only {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_FOR_A_YEAR));
        }
        if self.never_stored {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let took = self.start.elapsed();
        let preflight = self.preflight && self.method == Method::OPTIONS;
        edge.cors.allow(self.origin.as_ref(), preflight, self.route.is_for_people(), headers);
        edge.metrics.observe_request(self.route, &self.method, status, took);
        if let Some(denied) = denied {
            edge.metrics.observe_denied(denied);
        }
        let reason = denied.map(Denied::as_str);
        let user = caller.map(|Caller(user)| tracing::field::display(user));
        let (client, account) = login.map_or((None, None), |login| (login.client, login.account));
        let (client, account) = (client.as_deref(), account.as_deref());
        let (method, route, status) = (known_method(&self.method), self.route.pattern(), status.as_u16());
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        /// The line, at one level: the level of an event is a constant.
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(
                    method,
                    route,
                    status,
                    micros,
                    request_id = id,
                    user_id = user,
                    client,
                    account,
                    cause,
                    reason,
                    "request"
                )
            };
        }
        // One line a request: louder the more it needs a person, silent for checks that went well.
        if status >= 500 && status != 503 {
            log!(error);
        } else if status == 503 {
            log!(warn);
        } else if self.is_quiet(status) {
            // A check says whose token it was in its response, and leaves no other trace.
            let user_id = headers.get(X_USER_ID).and_then(|value| value.to_str().ok());
            tracing::debug!(method, route, status, micros, request_id = id, user_id, cause, reason, "request");
        } else {
            log!(info);
        }
    }

    /// Checks, probes, and clients that go on waiting come by the thousand.
    fn is_quiet(&self, status: u16) -> bool {
        match self.route {
            Route::Authorize => matches!(self.method, Method::GET | Method::HEAD),
            Route::Healthz | Route::Readyz | Route::Metrics => true,
            Route::Wait => status == 204,
            _ => false,
        }
    }
}

/// The method as a log line names it: a stranger may invent one of any length.
fn known_method(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::DELETE | Method::OPTIONS => method.as_str(),
        _ => "OTHER",
    }
}

/// The answer to a request whose handler came to none, complete in itself.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
struct LoggedError {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl ResponseError for LoggedError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.append_header((name, value));
        }
        response.body(self.body.clone())
    }
}
