//! `[directory]`

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::applications::{self, ApplicationSettings};
use super::engine::Checks;
use crate::domain::{PendingLimits, RedirectTarget, RedirectUrl};

/// Directory sessions: how long they live, and where browsers may be sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectorySettings {
    /// How long a person may take to log in.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub time_to_authenticate: Duration,
    /// How long a session lives without a heartbeat.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub time_to_heartbeat: Duration,
    /// How long a session lives at most.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub session_lifetime: Duration,
    /// How long a bearer lives at most.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub bearer_lifetime: Duration,
    /// How long a client may be idle; clients enforce it themselves.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub client_max_idle: Duration,
    /// How long a browser stays signed on after the person proved who they are.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub single_sign_on: Duration,
    /// Pending logins, in all.
    pub max_pending: usize,
    /// Pending logins from one network.
    pub max_pending_per_network: usize,
    /// How many of the waiting native clients may come from one network, in percent.
    pub waiting_share_per_network: usize,
    /// Redirect URLs that are allowed without being registered.
    pub redirect_urls: Vec<String>,
    /// The applications that users may see, each for everyone or for some teams.
    pub applications: Vec<ApplicationSettings>,
    /// The comment in the response of `getversion`.
    pub version_comment: String,
    /// The version of the API in the response of `getversion`.
    pub version_number: String,
    /// The version of the back end in the response of `getversion`.
    pub version_backend: String,
    /// The version of client features in the response of `getversion`.
    pub version_client_feature: String,
    /// The URL of the script of the vendor's web clients.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub web_api_url: Option<String>,
    /// Whether a native client may name any port of a loopback address as its redirect URL (RFC 8252, 7.3).
    pub loopback_redirects: bool,
}

impl DirectorySettings {
    /// How many logins may be pending.
    #[must_use]
    pub const fn pending_limits(&self) -> PendingLimits {
        PendingLimits { total: self.max_pending, per_network: self.max_pending_per_network }
    }

    /// How many of `total` waiting native clients may come from one network; at least one.
    #[must_use]
    pub fn waiting_per_network(&self, total: usize) -> usize {
        (total.saturating_mul(self.waiting_share_per_network) / 100).max(1)
    }

    /// The targets that redirect URLs are compared with.
    pub fn redirect_targets(&self) -> impl Iterator<Item = RedirectTarget> {
        self.redirect_urls.iter().filter_map(|url| RedirectUrl::parse(url).ok()).map(|url| url.target())
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.seconds("directory.time_to_authenticate", self.time_to_authenticate, 10..=3600);
        checks.seconds("directory.time_to_heartbeat", self.time_to_heartbeat, 1..=86_400);
        checks.seconds("directory.session_lifetime", self.session_lifetime, 1..=2_592_000);
        checks.seconds("directory.bearer_lifetime", self.bearer_lifetime, 1..=86_400);
        checks.seconds("directory.client_max_idle", self.client_max_idle, 1..=2_592_000);
        checks.seconds("directory.single_sign_on", self.single_sign_on, 0..=2_592_000);
        checks.agree(
            self.time_to_heartbeat <= self.session_lifetime,
            "directory.time_to_heartbeat",
            "directory.session_lifetime",
            format_args!("must not be longer than directory.session_lifetime, {}", self.session_lifetime.as_secs()),
        );
        checks.agree(
            self.time_to_heartbeat <= self.bearer_lifetime,
            "directory.bearer_lifetime",
            "directory.time_to_heartbeat",
            "must not be shorter than directory.time_to_heartbeat: clients come back with the bearer that they have",
        );
        checks.range("directory.max_pending", self.max_pending, 1..=1_000_000);
        checks.range("directory.max_pending_per_network", self.max_pending_per_network, 1..=1_000_000);
        checks.range("directory.waiting_share_per_network", self.waiting_share_per_network, 1..=100);
        applications::check(&self.applications, checks);
        if let Some(url) = &self.web_api_url {
            // It becomes a header: a URL in ASCII that no parser reads differently.
            let good = Url::parse(url)
                .is_ok_and(|parsed| parsed.as_str() == url && matches!(parsed.scheme(), "http" | "https"));
            checks.must(good, "directory.web_api_url", "must be an http or https URL in its plainest spelling");
        }
        for url in &self.redirect_urls {
            if let Err(error) = RedirectUrl::parse(url) {
                checks.wrong("directory.redirect_urls", format_args!("holds {url:?}, which {error}"));
            }
        }
    }
}
