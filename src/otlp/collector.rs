//! A collector that takes traces by OTLP over HTTP, in protobuf.

use std::time::Duration;

use prost::Message as _;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, StatusCode};
use url::Url;

use super::message::{Request, Response};
use crate::auth::{http_client, of_reqwest, retry_after};
use crate::settings::TracingSettings;

/// How much of an answer is read; what it says besides a number is for people.
const MAX_BYTES: usize = 64 * 1024;

/// The collector that the settings name.
pub struct Collector {
    client: Client,
    url: Url,
    headers: HeaderMap,
}

/// Why a collector cannot be used, or did not take something. Quotes nothing that was sent.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// The settings do not do.
    #[error("tracing: {0}")]
    Settings(String),
    /// It cannot be reached, is not the one it should be, or hung up.
    #[error("{0}")]
    Unreachable(String),
    /// It answered with a status that is no success.
    #[error("it answers with the HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
        /// When to come back, if it says.
        retry_after: Option<Duration>,
    },
}

impl CollectorError {
    /// Whether the same may be taken later (OTLP 1.x, "Failures" of OTLP/HTTP).
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Settings(_) => false,
            Self::Unreachable(_) => true,
            Self::Status { status, .. } => matches!(status, 429 | 502 | 503 | 504),
        }
    }

    /// When to come back, if it says.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        if let Self::Status { retry_after, .. } = self { *retry_after } else { None }
    }
}

impl Collector {
    /// The collector that the settings name, if they name one. Does not connect.
    ///
    /// # Errors
    /// [`CollectorError::Settings`].
    pub fn new(settings: &TracingSettings) -> Result<Option<Self>, CollectorError> {
        let Some(url) = settings.collector() else { return Ok(None) };
        let client = http_client(url.scheme() == "https", settings.ca_file.as_deref(), settings.timeout);
        let client = client.map_err(CollectorError::Settings)?;
        Ok(Some(Self { client, url, headers: settings.header_pairs().collect() }))
    }

    /// Its host.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Sends a request, within the deadline of the settings. Returns how many of its spans the collector refused.
    pub(super) async fn send(&self, request: Vec<u8>) -> Result<u64, CollectorError> {
        let unreachable = |error| CollectorError::Unreachable(of_reqwest(error));
        let request = self.client.post(self.url.clone()).headers(self.headers.clone()).body(request);
        let request = request.header(CONTENT_TYPE, "application/x-protobuf");
        let mut answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        if status != StatusCode::OK {
            let retry_after = retry_after(answer.headers());
            return Err(CollectorError::Status { status: status.as_u16(), retry_after });
        }
        let mut body = Vec::new();
        while body.len() < MAX_BYTES
            && let Some(piece) = answer.chunk().await.map_err(unreachable)?
        {
            body.extend_from_slice(&piece);
        }
        // An answer that is none says as much as one that is empty: it was taken.
        let said = Response::decode(&*body).unwrap_or_default();
        Ok(said.partial_success.map_or(0, |said| u64::try_from(said.rejected_spans).unwrap_or(0)))
    }

    /// Whether it takes what this server would send, headers included. Sends no span.
    ///
    /// # Errors
    /// [`CollectorError`].
    pub async fn probe(&self) -> Result<(), CollectorError> {
        self.send(Request::default().encode_to_vec()).await.map(drop)
    }
}
