//! Calls to the provider: bounded in time, size and number, and never sent on elsewhere.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::http::{Response, StatusCode};
use openidconnect::{AccessToken, AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Request};
use tokio::sync::Semaphore;
use url::Url;

use super::{Claims, OpenIdError};
use crate::settings::OpenIdSettings;

/// How long one call may take, from the first packet to the last.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer; a large provider's keys are some 20 KiB.
const MAX_BYTES: usize = 256 * 1024;
/// Calls at once, so that a slow provider does not fill the memory.
const MAX_CALLS: usize = 128;

/// Calls the provider.
#[derive(Clone)]
pub(super) struct Calls {
    client: Client,
    free: Arc<Semaphore>,
}

/// A call that brought no usable answer. Tells nothing that was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("{0}")]
    Failed(#[from] reqwest::Error),
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the answer is HTTP status {0}")]
    Status(StatusCode),
    #[error("the answer is not what was asked for")]
    Nonsense,
    #[error("too many calls at once")]
    Busy,
}

impl From<CallError> for OpenIdError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Busy | CallError::Status(StatusCode::TOO_MANY_REQUESTS) => Self::Busy(error.to_string()),
            CallError::Failed(error) => Self::Unavailable(of_reqwest(error)),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl Calls {
    pub(super) fn new(settings: &OpenIdSettings) -> Result<Self, OpenIdError> {
        crate::tls::use_aws_lc();
        let encrypted = settings.issuer.as_ref().is_some_and(|issuer| issuer.starts_with("https:"));
        let mut builder = Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE)
            .redirect(Policy::none())
            // What was discovered over TLS must not lead to where there is none.
            .https_only(encrypted)
            .user_agent(concat!("bimgate/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &settings.ca_file {
            let wrong = |error: &dyn std::fmt::Display| OpenIdError::Unavailable(format!("{path}: {error}"));
            let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem).map_err(|error| wrong(&error))?);
        } else if !encrypted {
            // On a loopback address nothing of the system's is needed, neither certificates nor a proxy.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let client = builder.build().map_err(|error| OpenIdError::Unavailable(of_reqwest(error)))?;
        Ok(Self { client, free: Arc::new(Semaphore::new(MAX_CALLS)) })
    }

    async fn send(&self, request: Request) -> Result<HttpResponse, CallError> {
        let _place = self.free.try_acquire().map_err(|_| CallError::Busy)?;
        let mut answer = self.client.execute(request).await?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(CallError::Status(status));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(CallError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        std::mem::swap(response.headers_mut(), answer.headers_mut());
        Ok(response)
    }

    /// What the userinfo endpoint tells of whom the token was issued for (OpenID Connect Core 1.0, section 5.3).
    pub(super) async fn userinfo(&self, url: &Url, token: &AccessToken) -> Result<Claims, OpenIdError> {
        let request = self.client.get(url.clone()).bearer_auth(token.secret()).header("Accept", "application/json");
        let answer = self.send(request.build().map_err(CallError::from)?).await?;
        if answer.status() != StatusCode::OK {
            return Err(OpenIdError::Refused(format!("the userinfo endpoint answers HTTP status {}", answer.status())));
        }
        Ok(serde_json::from_slice(answer.body()).map_err(|_| CallError::Nonsense)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Calls {
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { self.send(request.try_into()?).await })
    }
}

/// What went wrong beneath is told by the causes; the URL is configured or discovered, and holds no secret, but is left
/// out for what may be in its query.
fn of_reqwest(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut causes = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    causes.join(": ")
}
