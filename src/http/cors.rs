//! The CORS policy (Fetch standard, 3.2), which covers every route and every error.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, VARY,
};

use crate::settings::Origins;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, If-None-Match, Cache-Control, x-requested-with, x-infinite-bearer, x-infinite-no-auth",
);
const EXPOSED: HeaderValue = HeaderValue::from_static("x-request-id, Retry-After, WWW-Authenticate");
/// How long a browser may remember a preflight, in seconds: two hours, the most that Chromium takes.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Adds what a browser needs to hand the response to a page of `origin`. No credentials mode: no call that a page makes reads a
/// cookie.
pub fn allow(policy: &Origins, origin: Option<&HeaderValue>, preflight: bool, headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    let allowed = match policy {
        Origins::Any => HeaderValue::from_static("*"),
        Origins::Exact(list) if list.iter().any(|exact| exact.as_bytes() == origin.as_bytes()) => origin.clone(),
        Origins::Exact(_) => return,
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if preflight {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    } else {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
