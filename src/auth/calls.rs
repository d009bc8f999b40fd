//! Calls of other services over HTTP: bounded in time, size and number, and never redirected.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder, StatusCode};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use url::Url;

use crate::domain::TokenValue;
use crate::telemetry::TraceContext;

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
        let mut request = request.build()?;
        if let Some(trace) = TraceContext::current() {
            for (name, value) in trace.headers() {
                request
                    .headers_mut()
                    .extend(HeaderValue::from_str(value).map(|value| (HeaderName::from_static(name), value)));
            }
        }
        let _place = self.free.try_acquire().map_err(|_| CallError::Busy)?;
        let mut answer = self.client.execute(request).await?;
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

    /// The object of a call that succeeded.
    pub(super) async fn object(&self, request: RequestBuilder) -> Result<Map<String, Value>, CallError> {
        let said = self.send(request).await?;
        if said.status != StatusCode::OK {
            return Err(CallError::Status { status: said.status, retry_after: None });
        }
        said.object.ok_or(CallError::Nonsense)
    }
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

/// When to come back; a date is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
