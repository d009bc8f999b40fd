//! The trace that a request belongs to, if its caller says so.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderValue};

use crate::telemetry::TraceContext;

/// What a request's headers say of a trace. Two of them say nothing.
pub(super) fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    let mut parents = headers.get_all("traceparent");
    let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
    // A list may come in several headers.
    let states: Vec<_> = headers.get_all("tracestate").map(HeaderValue::as_bytes).collect();
    let state = (!states.is_empty()).then(|| states.join(&b','));
    TraceContext::read(parent.as_bytes(), state.as_deref())
}

/// Does `work` for the trace of a request whose middleware has not looked for one: that of a check.
pub(super) async fn traced<T>(request: &HttpRequest, work: impl Future<Output = T>) -> T {
    match trace_of(request.headers()) {
        Some(trace) => trace.scope(work).await,
        None => work.await,
    }
}
