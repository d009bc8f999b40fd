//! Events by HTTP, signed as Standard Webhooks 1.0.0 has it: <https://www.standardwebhooks.com>.

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;
use uuid::Uuid;

use super::SinkError;
use crate::admin::EventView;
use crate::auth::{http_client, of_reqwest, retry_after};
use crate::domain::Timestamp;
use crate::settings::WebhookSettings;
use crate::tls::connector;

/// A receiver of events.
pub struct Webhook {
    client: Client,
    url: Url,
    key: Key,
}

impl Webhook {
    /// The receiver that the settings name, if they name one. Does not connect.
    ///
    /// # Errors
    /// [`SinkError::Settings`].
    pub fn new(settings: &WebhookSettings) -> Result<Option<Self>, SinkError> {
        let Some(url) = &settings.url else { return Ok(None) };
        let wrong = |what: &dyn std::fmt::Display| SinkError::Settings(format!("events.webhook: {what}"));
        let url = Url::parse(url).map_err(|error| wrong(&error))?;
        let key = settings.key().ok_or_else(|| wrong(&"secret is no secret of a webhook"))?;
        let client = http_client(url.scheme() == "https", settings.ca_file.as_deref(), settings.timeout);
        Ok(Some(Self { client: client.map_err(|error| wrong(&error))?, url, key: Key::new(HMAC_SHA256, &key) }))
    }

    /// Its host.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Sends events as one list. `id` is the same each time that they are sent, `at` is when that is.
    pub(super) async fn send(&self, id: Uuid, at: Timestamp, events: &[EventView]) -> Result<(), SinkError> {
        let body = serde_json::to_vec(events).map_err(|error| SinkError::Unreachable(error.to_string()))?;
        let at = (at.millis() / 1000).to_string();
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id.to_string())
            .header("webhook-signature", self.signature(&id.to_string(), &at, &body))
            .header("webhook-timestamp", at)
            .body(body);
        let answer = request.send().await.map_err(|error| SinkError::Unreachable(of_reqwest(error)))?;
        // What else it says is not read.
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        Err(SinkError::Status { status: status.as_u16(), retry_after: retry_after(answer.headers()) })
    }

    fn signature(&self, id: &str, at: &str, body: &[u8]) -> String {
        let mut context = Context::with_key(&self.key);
        for part in [id.as_bytes(), b".", at.as_bytes(), b".", body] {
            context.update(part);
        }
        format!("v1,{}", STANDARD.encode(context.sign()))
    }

    /// Whether the receiver that the settings name can be reached, and is the one that it should be. Sends it nothing.
    ///
    /// # Errors
    /// [`SinkError`].
    pub async fn probe(settings: &WebhookSettings) -> Result<(), SinkError> {
        let Some(webhook) = Self::new(settings)? else { return Ok(()) };
        let unreachable = |error: &dyn std::fmt::Display| SinkError::Unreachable(error.to_string());
        let host = webhook.host().trim_matches(['[', ']']).to_owned();
        let connected = async {
            let port = webhook.url.port_or_known_default().unwrap_or_default();
            let line = TcpStream::connect((&*host, port)).await.map_err(|error| unreachable(&error))?;
            if webhook.url.scheme() == "https" {
                let name = host.clone().try_into().map_err(|error| unreachable(&error))?;
                let tls = connector(settings.ca_file.as_deref()).map_err(|error| unreachable(&error))?;
                tls.connect(name, line).await.map_err(|error| unreachable(&error))?;
            }
            Ok(())
        };
        timeout(settings.timeout, connected).await.unwrap_or_else(|late| Err(unreachable(&late)))
    }
}
