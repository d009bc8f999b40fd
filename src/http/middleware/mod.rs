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
use super::extract::{LogNotes, RequestId, browser::why_no_cookie};
use super::pages::problem::ProblemPage;
use super::pages::{Frame, PrefersHtml, Problem};
use super::trace::{RequestTrace, Spans};
use super::{Metrics, Route, scim};
use crate::domain::Denied;
use crate::error::{NoLogin, ServiceError};
use crate::events::Recorder;
use crate::session::PublicUrl;
use crate::telemetry::OpenSpan;

/// The request's id, in the response, the envelope and the log.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whose token was checked.
pub const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");

/// How long a browser remembers to come by https alone (RFC 6797): a year. Not for other hosts of the domain, of which
/// this server knows nothing, and on no browser's own list, from which nobody gets off soon.
const HTTPS_FOR_A_YEAR: &str = "max-age=31536000";

/// What it works with.
pub struct Middleware {
    /// The CORS policy.
    pub cors: cors::Policy,
    /// What is counted.
    pub metrics: Metrics,
    /// What is told as events.
    pub events: Recorder,
    /// Whether browsers are to come back by https alone: where `server.public_url` is https.
    pub https_only: bool,
    /// Where browsers are to find this server.
    pub base: PublicUrl,
    /// What records the spans of requests, if anything does.
    pub spans: Option<Spans>,
}

/// One request, from its head to its response.
///
/// # Errors
/// Only for a panic: then the error renders itself as the envelope.
pub async fn handle(
    middleware: Rc<Middleware>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    route_canonically(&mut request);
    let context = RequestContext::begin(&request, middleware.spans.as_ref());
    let turn = Turn::of(request.request());
    let _answering = turn.as_ref().map(Turn::answering);
    let mut response = answer(&context, &middleware, request, next).await?;
    if turn.is_some_and(|turn| turn.is_last()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

async fn answer(
    context: &RequestContext,
    middleware: &Middleware,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if *request.method() == Method::OPTIONS {
        let mut response = request.into_response(HttpResponse::NoContent().finish());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(context.route.allow()));
        context.end(middleware, StatusCode::NO_CONTENT, &LogNotes::default(), response.headers_mut());
        return Ok(response);
    }
    // A proxy's rule that denies these must not be passed by another spelling, as `/%6detrics`.
    if context.route.is_for_operators() && request.path() != context.route.pattern() {
        return Ok(context.render(middleware, request.error_response(ApiError::Missing)));
    }
    let answered = match context.trace.as_deref() {
        // Boxed, so that the future of a request without a trace, as of every check, is no larger for it.
        Some(trace) => AssertUnwindSafe(Box::pin(trace.context.clone().scope(next.call(request)))).catch_unwind().await,
        None => AssertUnwindSafe(next.call(request)).catch_unwind().await,
    };
    match answered {
        Ok(Ok(response)) => Ok(context.render(middleware, response.map_into_boxed_body())),
        Ok(Err(error)) => Err(context.fail(middleware, &error.to_string()).into()),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(context.fail(middleware, &format!("panic: {text}")).into())
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

struct RequestContext {
    id: Uuid,
    start: Instant,
    method: Method,
    route: Route,
    never_stored: bool,
    origin: Option<HeaderValue>,
    preflight: bool,
    /// Whether what goes wrong is told as SCIM does.
    is_scim: bool,
    /// The trace that it belongs to. Where no spans are recorded, nobody looks for that of a check, which nobody logs.
    trace: Option<Box<RequestTrace>>,
    /// What stands around a page for the person who asks, where it is a person: problems are pages then.
    frame: Option<Box<Frame>>,
}

impl RequestContext {
    fn begin(request: &ServiceRequest, spans: Option<&Spans>) -> Self {
        let start = Instant::now();
        // As the router matches it: `/%762/authorize` is `/v2/authorize`, and must come out like it.
        let path = request.match_info().as_str();
        let route = Route::of(path);
        let id = Uuid::new_v4();
        let frame = Self::frame(route, path, request.request());
        let is_check = matches!(route, Route::Authorize) && matches!(*request.method(), Method::GET | Method::HEAD);
        if route.is_for_people() {
            request.extensions_mut().insert(RequestId(id));
        }
        let trace = match spans {
            Some(spans) => {
                RequestTrace::begin(spans, request.request(), route, known_method(request.method()), id, start)
            }
            None if is_check => None,
            None => RequestTrace::named(request.headers()),
        };
        Self {
            id,
            start,
            method: request.method().clone(),
            route,
            never_stored: route.is_never_stored(path),
            origin: request.headers().get(ORIGIN).cloned(),
            preflight: request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD),
            is_scim: scim::is_below(path),
            trace: trace.map(Box::new),
            frame,
        }
    }

    /// The frame of a page about a problem, if a person in a browser asks, and not a program. At an address that is no
    /// route that is who opens it by its look; below `/v2`, `/scim` and `/manage` there are programs alone, and some
    /// say that they prefer HTML.
    fn frame(route: Route, path: &str, request: &HttpRequest) -> Option<Box<Frame>> {
        let by_people = match route {
            Route::Unmatched => {
                let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
                let of_programs = ["v2", "scim", "manage"].iter().any(|root| first.eq_ignore_ascii_case(root));
                matches!(*request.method(), Method::GET | Method::HEAD) && !of_programs
            }
            route => route.is_for_people(),
        };
        (by_people && PrefersHtml::of(request).0).then(|| Box::new(Frame::of(request)))
    }

    /// Finishes a response; one that a handler's error made is given its head and envelope first.
    fn render(&self, middleware: &Middleware, mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let mut notes = LogNotes::take(response.request());
        let status = response.status();
        let Some(error) = response.response().error() else {
            self.end(middleware, status, &notes, response.headers_mut());
            return response;
        };
        let mut cause = error.to_string();
        let known = error.as_error::<ApiError>();
        if let Some(ApiError::Service(ServiceError::NoLogin(NoLogin::NoCookie))) = known {
            cause = format!("{cause}: {}", why_no_cookie(response.request().headers(), &middleware.base));
        }
        // What the framework refuses by itself (a malformed path, say) has no sentence of ours.
        let foreign = if status.is_client_error() {
            ApiError::BadRequest("The request is malformed.".into())
        } else {
            ApiError::Unknown(cause.clone())
        };
        let error = known.unwrap_or(&foreign);
        let mut answer = self.answer(error);
        if let ApiError::Service(ServiceError::LoginRefused(refused)) = error {
            notes.refused(refused);
        }
        notes.cause = Some(cause);
        notes.denied = error.denied();
        self.end(middleware, error.status(), &notes, answer.headers_mut());
        response.into_response(answer)
    }

    /// The error as this request gets it: a page for a person in a browser, else the envelope.
    fn answer(&self, error: &ApiError) -> HttpResponse {
        let mut answer = self.page(error).unwrap_or_else(|| {
            let mut answer = HttpResponse::build(error.status());
            if self.is_scim {
                answer.insert_header((CONTENT_TYPE, HeaderValue::from_static(scim::MEDIA_TYPE)));
                return answer.body(scim::error::body(error));
            }
            answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
            answer.body(error.body(self.id))
        });
        error.head(answer.headers_mut());
        answer
    }

    fn page(&self, error: &ApiError) -> Option<HttpResponse> {
        let frame = self.frame.as_deref()?;
        let detail = match error {
            ApiError::BadRequest(sentence) => Some(sentence.as_ref()),
            _ => None,
        };
        let page = ProblemPage { frame, problem: Problem::of(error), detail, again: None, request_id: Some(self.id) };
        page.respond(error.status()).ok()
    }

    /// Makes the response of a request whose handler came to no answer.
    fn fail(&self, middleware: &Middleware, cause: &str) -> LoggedError {
        let mut answer = self.answer(&ApiError::Unknown(cause.to_owned()));
        let notes = LogNotes { cause: Some(cause.to_owned()), ..LogNotes::default() };
        self.end(middleware, answer.status(), &notes, answer.headers_mut());
        let (head, body) = answer.into_parts();
        let body = body.try_into_bytes().unwrap_or_default();
        LoggedError { status: head.status(), headers: head.headers().clone(), body }
    }

    /// Adds the headers of every response, logs the request, and counts it.
    fn end(&self, middleware: &Middleware, status: StatusCode, notes: &LogNotes, headers: &mut HeaderMap) {
        let mut id = [0; 36];
        let id = self.id.hyphenated().encode_lower(&mut id);
        if let Ok(value) = HeaderValue::from_str(id) {
            headers.insert(X_REQUEST_ID, value);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if middleware.https_only {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_FOR_A_YEAR));
        }
        if self.never_stored {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let took = self.start.elapsed();
        let preflight = self.preflight && self.method == Method::OPTIONS;
        middleware.cors.allow(self.origin.as_ref(), preflight, self.route.is_for_people(), headers);
        middleware.metrics.observe_request(self.route, &self.method, status, took);
        if let Some(denied) = notes.denied {
            middleware.metrics.observe_denied(denied);
        }
        if let Some(tried) = &notes.tried {
            middleware.events.tried(tried, self.id, notes.user, notes.client.as_deref());
        } else if let Some(did) = &notes.did {
            middleware.events.did((**did).clone(), self.id, notes.user, notes.client.as_deref());
        }
        let reason = notes.denied.map(Denied::as_str);
        let user = notes.user.map(tracing::field::display);
        let trace_id = self.trace.as_deref().map(|trace| trace.context.trace_id());
        let (client, account, cause) = (notes.client.as_deref(), notes.account.as_deref(), notes.cause.as_deref());
        let (method, route, status) = (known_method(&self.method), self.route.pattern(), status.as_u16());
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(span) = self.trace.as_deref().and_then(|trace| trace.span.take()) {
            end_span(span, status, reason);
        }
        /// The line, at one level: the level of an event is a constant.
        macro_rules! log {
            ($level:ident, $user:expr) => {
                tracing::$level!(
                    method,
                    route,
                    status,
                    micros,
                    request_id = id,
                    trace_id,
                    user_id = $user,
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
            log!(error, user);
        } else if status == 503 {
            log!(warn, user);
        } else if self.is_quiet(status) {
            // A check says whose token it was in its response, and leaves no other trace.
            log!(debug, headers.get(X_USER_ID).and_then(|value| value.to_str().ok()));
        } else {
            log!(info, user);
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

/// Ends the span of a request. Of errors those of the server count: the others are the caller's.
fn end_span(mut span: OpenSpan, status: u16, reason: Option<&'static str>) {
    span.set("http.response.status_code", status);
    if let Some(reason) = reason {
        span.set("bimgate.reason", reason);
    }
    span.end((status >= 500).then(|| status.to_string().into()));
}

/// The method as a log line names it: a stranger may invent one of any length.
fn known_method(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => {
            method.as_str()
        }
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
