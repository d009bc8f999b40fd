//! The trace that a request belongs to, if its caller says so or its spans are recorded here.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::Route;
use super::extract::Client;
use crate::telemetry::{OpenSpan, TraceContext, Tracer, begin_request};

/// What records the spans of requests. Cheap to clone.
#[derive(Clone)]
pub struct Spans {
    /// What takes them.
    pub tracer: Tracer,
    /// How clients reach this server, "http" or "https".
    pub scheme: &'static str,
    /// The host that they reach.
    pub host: Arc<str>,
}

/// The trace of one request.
pub(super) struct RequestTrace {
    /// How it goes on from here.
    pub(super) context: TraceContext,
    /// The request's own span, until it ends; none if nobody records it.
    pub(super) span: Cell<Option<OpenSpan>>,
}

impl RequestTrace {
    /// The trace that a request's caller names. Nobody records it.
    pub(super) fn named(headers: &HeaderMap) -> Option<Self> {
        Some(Self { context: trace_of(headers)?, span: Cell::new(None) })
    }

    /// The trace of a request that is recorded, or else that its caller names. `method` is one of few.
    pub(super) fn begin(
        spans: &Spans,
        request: &HttpRequest,
        route: Route,
        method: &str,
        id: Uuid,
        began: Instant,
    ) -> Option<Self> {
        let caller = trace_of(request.headers());
        // They come every few seconds, and say nothing of anybody.
        let is_probe = matches!(route, Route::Healthz | Route::Readyz | Route::Metrics);
        let name = || format!("{method} {}", route.pattern());
        let span = if is_probe { None } else { begin_request(&spans.tracer, caller.as_ref(), id, name, began) };
        let Some(mut span) = span else {
            return Some(Self { context: caller?, span: Cell::new(None) });
        };
        let context = TraceContext::below(&span)?;
        span.set("http.request.method", method.to_owned());
        span.set("http.route", route.pattern());
        span.set("url.scheme", spans.scheme);
        span.set("server.address", spans.host.to_string());
        span.set("bimgate.request_id", id.to_string());
        if let Some(address) = Client::of(request).ok().and_then(|client| client.logged_address()) {
            span.set("client.address", address);
        }
        Some(Self { context, span: Cell::new(Some(span)) })
    }
}

/// What a request's headers say of a trace. Two of them say nothing.
fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    let mut parents = headers.get_all("traceparent");
    let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
    // A list may come in several headers.
    let states: Vec<_> = headers.get_all("tracestate").map(HeaderValue::as_bytes).collect();
    let state = (!states.is_empty()).then(|| states.join(&b','));
    TraceContext::read(parent.as_bytes(), state.as_deref())
}

/// Does `work` for the trace of a request whose middleware has not looked for one: that of a check.
pub(super) async fn traced<T>(request: &HttpRequest, work: impl Future<Output = T>) -> T {
    match TraceContext::current().is_none().then(|| trace_of(request.headers())).flatten() {
        Some(trace) => trace.scope(work).await,
        None => work.await,
    }
}
