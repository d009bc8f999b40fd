//! Calls of other services over HTTP: bounded in time, size and number, and never redirected.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Request, RequestBuilder, Response, StatusCode};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use url::Url;

use crate::domain::TokenValue;
use crate::telemetry::{OpenSpan, SpanKind, TraceContext, begin_below};

/// The longest answer; a large provider's keys are some 20 KiB.
const MAX_BYTES: usize = 256 * 1024;
/// The most calls at once, so that a slow service does not fill the memory.
const MAX_CALLS: usize = 128;

/// Calls one service.
#[derive(Clone)]
pub(super) struct Calls {
    client: Client,
    free: Arc<Semaphore>,
}

/// A call without a usable answer. Shows nothing that was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("{0}")]
    Failed(#[from] reqwest::Error),
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the answer is HTTP status {status}")]
    Status {
        status: StatusCode,
        /// When to come back, if the service says.
        retry_after: Option<Duration>,
    },
    #[error("the answer is no JSON object")]
    Nonsense,
    #[error("too many calls at once")]
    Busy,
}

impl CallError {
    /// What kind of failure it is, as spans name it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Failed(error) if error.is_timeout() => "timeout",
            Self::Failed(error) if error.is_connect() => "connection",
            _ => "answer",
        }
    }

    /// The cause, for the log.
    pub(super) fn into_cause(self) -> String {
        match self {
            Self::Failed(error) => of_reqwest(error),
            other => other.to_string(),
        }
    }
}

impl Calls {
    /// Calls by TLS alone if `encrypted`. Trusts the authorities of the PEM file `ca_file` if there is one, else those
    /// of the system. One call takes at most `timeout`, from the first packet to the last.
    pub(super) fn new(encrypted: bool, ca_file: Option<&str>, timeout: Duration) -> Result<Self, String> {
        let client = http_client(encrypted, ca_file, timeout)?;
        Ok(Self { client, free: Arc::new(Semaphore::new(MAX_CALLS)) })
    }

    /// A GET whose answer is an object.
    pub(super) fn get(&self, url: &Url) -> RequestBuilder {
        self.client.get(url.clone()).header(ACCEPT, "application/json")
    }

    /// A POST of a form whose answer is an object.
    pub(super) fn post(&self, url: &Url, form: String) -> RequestBuilder {
        let request = self.client.post(url.clone()).header(ACCEPT, "application/json");
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
    }

    /// A POST of JSON whose answer is an object.
    pub(super) fn post_json(&self, url: &Url, json: Vec<u8>) -> RequestBuilder {
        let request = self.client.post(url.clone()).header(ACCEPT, "application/json");
        request.header(CONTENT_TYPE, "application/json").body(json)
    }

    /// A call by which an access token is presented.
    pub(super) fn with_token(&self, method: Method, url: &Url, token: &TokenValue) -> Option<RequestBuilder> {
        let mut value = HeaderValue::from_str(&format!("BimPlus {}", token.reveal())).ok()?;
        value.set_sensitive(true);
        Some(self.client.request(method, url.clone()).header(ACCEPT, "application/json").header(AUTHORIZATION, value))
    }

    /// The answer with any status: objects also say what a client did wrong.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Said, CallError> {
        let _place = self.free.try_acquire().map_err(|_| CallError::Busy)?;
        let mut request = request.build()?;
        let span = span_of(&request);
        if let Some(trace) = span.as_ref().and_then(TraceContext::below).or_else(TraceContext::current) {
            for (name, value) in trace.headers() {
                request
                    .headers_mut()
                    .extend(HeaderValue::from_str(value).map(|value| (HeaderName::from_static(name), value)));
            }
        }
        let (status, said) = self.exchange(request).await;
        if let Some(mut span) = span {
            if let Some(status) = status {
                span.set("http.response.status_code", status.as_u16());
            }
            let is_error = |status: &StatusCode| status.is_client_error() || status.is_server_error();
            let error = status.filter(is_error).map(|status| status.as_str().to_owned().into());
            span.end(error.or_else(|| said.as_ref().err().map(|error| error.kind().into())));
        }
        said
    }

    /// Sends a request. Returns the status too, if there is an answer.
    async fn exchange(&self, request: Request) -> (Option<StatusCode>, Result<Said, CallError>) {
        let answer = match self.client.execute(request).await {
            Ok(answer) => answer,
            Err(error) => return (None, Err(error.into())),
        };
        (Some(answer.status()), read(answer).await)
    }

    /// The object of a call that succeeded.
    pub(super) async fn object(&self, request: RequestBuilder) -> Result<Map<String, Value>, CallError> {
        let said = self.send(request).await?;
        if said.status != StatusCode::OK {
            return Err(CallError::Status { status: said.status, retry_after: None });
        }
        said.object.ok_or(CallError::Nonsense)
    }
}

/// Reads an answer.
async fn read(mut answer: Response) -> Result<Said, CallError> {
    let status = answer.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(CallError::Status { status, retry_after: retry_after(answer.headers()) });
    }
    // A page for people is no answer.
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_page = kind.trim_start().to_ascii_lowercase().starts_with("text/html");
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(CallError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let object = serde_json::from_slice(&body).ok().filter(|_| !is_page);
    Ok(Said { status, object })
}

/// The span of a call, if the request that it is made for is recorded.
fn span_of(request: &Request) -> Option<OpenSpan> {
    let method = request.method().as_str();
    let mut span = begin_below(SpanKind::Client, method.to_owned(), Instant::now())?;
    span.set("http.request.method", method.to_owned());
    let mut url = request.url().clone();
    if let Some(host) = url.host_str() {
        span.set("server.address", host.to_owned());
    }
    if let Some(port) = url.port_or_known_default() {
        span.set("server.port", port);
    }
    // What a query says may be private.
    url.set_query(None);
    span.set("url.full", String::from(url));
    Some(span)
}

/// An answer.
pub(super) struct Said {
    pub(super) status: StatusCode,
    /// The body, if it is an object.
    pub(super) object: Option<Map<String, Value>>,
}

/// What calls by HTTP, as [`Calls::new`] has it.
pub(crate) fn http_client(encrypted: bool, ca_file: Option<&str>, timeout: Duration) -> Result<Client, String> {
    crate::tls::use_aws_lc();
    let mut builder = Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout)
        .redirect(Policy::none())
        // What was found over TLS must not be called without it.
        .https_only(encrypted)
        .user_agent(concat!("bimgate/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = ca_file {
        let wrong = |error: &dyn std::fmt::Display| format!("{path}: {error}");
        let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem).map_err(|error| wrong(&error))?);
    } else if !encrypted {
        // A loopback address needs neither the system's certificates nor its proxy.
        builder = builder.tls_certs_only([]).no_proxy();
    }
    builder.build().map_err(of_reqwest)
}

/// When to come back, if the answer says; a date is not read.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The causes of an error, without the URL: it has no secret, but its query may be private.
pub(crate) fn of_reqwest(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut causes = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    causes.join(": ")
}
