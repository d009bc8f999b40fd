//! The CORS policy (Fetch standard, 3.2), which covers every route and every error.

use std::sync::Arc;

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, VARY,
};
use arc_swap::ArcSwap;

use crate::settings::{Origins, ServerSettings};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE");
const REQUEST_HEADERS: &str = "Authorization, Content-Type, If-None-Match, Cache-Control, x-requested-with, \
    x-infinite-bearer, x-infinite-no-auth, traceparent, tracestate, baggage";
const EXPOSED: HeaderValue = HeaderValue::from_static("x-request-id, Retry-After, WWW-Authenticate");
/// How long a browser may remember a preflight, in seconds: two hours, the most that Chromium allows.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Which pages of other origins may call, and with what. The settings may change while requests come. Cheap to clone:
/// every clone is the same policy.
#[derive(Clone)]
pub struct Policy(Arc<ArcSwap<Rules>>);

struct Rules {
    origins: Origins,
    credentials: bool,
    request_headers: HeaderValue,
}

impl Policy {
    /// The policy of these settings.
    pub fn new(settings: &ServerSettings) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(Rules::of(settings))))
    }

    /// That no page of another origin may call anything.
    pub fn nobody() -> Self {
        let request_headers = HeaderValue::from_static(REQUEST_HEADERS);
        let rules = Rules { origins: Origins::Exact(Vec::new()), credentials: false, request_headers };
        Self(Arc::new(ArcSwap::from_pointee(rules)))
    }

    /// Follows other settings from now on.
    pub fn replace(&self, settings: &ServerSettings) {
        self.0.store(Arc::new(Rules::of(settings)));
    }

    /// Adds the headers that a browser needs to give the response to a page of `origin`. `cookies`: whether the route
    /// uses the person's cookies; then a page that sends them cannot read the response, even from a trusted origin.
    pub fn allow(&self, origin: Option<&HeaderValue>, preflight: bool, cookies: bool, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = origin else { return };
        let rules = self.0.load();
        let allowed = match &rules.origins {
            Origins::Any => HeaderValue::from_static("*"),
            Origins::Exact(list) if list.iter().any(|exact| exact.as_bytes() == origin.as_bytes()) => origin.clone(),
            Origins::Exact(_) => return,
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        // Browsers refuse credentials together with `*`, and so do the settings.
        if rules.credentials && !cookies && matches!(rules.origins, Origins::Exact(_)) {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if preflight {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, rules.request_headers.clone());
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        } else {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

impl Rules {
    fn of(settings: &ServerSettings) -> Self {
        let more = settings.allowed_headers.iter().map(String::as_str);
        let request_headers: Vec<_> = std::iter::once(REQUEST_HEADERS).chain(more).collect();
        // The settings were checked: these are header names.
        let request_headers = HeaderValue::from_str(&request_headers.join(", "));
        Self {
            origins: settings.allowed_origins.clone(),
            credentials: settings.allow_credentials,
            request_headers: request_headers.unwrap_or_else(|_| HeaderValue::from_static(REQUEST_HEADERS)),
        }
    }
}
