//! `[server]`

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use super::engine::Checks;

/// Every preflight response lists them.
const MAX_HEADERS: usize = 64;

/// Listening, addresses, CORS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Where clients connect.
    #[serde(deserialize_with = "super::engine::read::address")]
    pub listen: SocketAddr,
    /// Where health and metrics are served instead of on `listen`; empty: on `listen`.
    #[serde(deserialize_with = "super::engine::read::optional_address")]
    pub private_listen: Option<SocketAddr>,
    /// The URL by which clients know this server, without a slash at its end. Empty: derived from the listen address or
    /// the request's host.
    #[serde(deserialize_with = "super::engine::read::base_url")]
    pub public_url: Option<String>,
    /// Proxies whose `Forwarded` and `X-Forwarded-For` are believed.
    #[serde(deserialize_with = "super::engine::read::networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Browser origins that may call.
    pub allowed_origins: Origins,
    /// Request headers that their pages may send, besides those of the two APIs.
    pub allowed_headers: Vec<String>,
    /// Whether pages of these origins may call in credentials mode, which sends cookies.
    pub allow_credentials: bool,
    /// Worker threads; 0: one a core.
    pub workers: usize,
    /// Connections at once, all workers together.
    pub max_connections: usize,
    /// Connections from one network; `trusted_proxies` may have more.
    pub max_connections_per_network: usize,
    /// How long a client may take to send a request's head.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub client_timeout: Duration,
    /// How long a connection without a request stays open.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub idle_timeout: Duration,
    /// How long running requests may take to finish when the server stops.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub shutdown_timeout: Duration,
}

/// Which browser origins may call.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Vec<String>")]
pub enum Origins {
    /// All.
    Any,
    /// These, compared byte by byte.
    Exact(Vec<String>),
}

impl From<Vec<String>> for Origins {
    fn from(list: Vec<String>) -> Self {
        if list.iter().any(|origin| origin == "*") { Self::Any } else { Self::Exact(list) }
    }
}

impl ServerSettings {
    /// How many native clients may wait for their logins, all workers together: three quarters of the connections, to
    /// leave room for the browsers of these logins.
    #[must_use]
    pub const fn max_waiting(&self) -> usize {
        self.max_connections.saturating_mul(3).div_ceil(4)
    }

    /// A warning about settings that are allowed but hardly intended: a sentence.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        (self.listen.ip().is_unspecified() && self.public_url.is_none()).then_some(
            "server.listen is every address of this machine and server.public_url is empty: then all servers without one \
             are the same issuer of bearers, cookies are not kept to TLS, and no identity provider can be asked; set \
             server.public_url to the URL that people type in",
        )
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        let collide = self.private_listen.is_some_and(|private| collide(self.listen, private));
        checks.agree(
            !collide,
            "server.private_listen",
            "server.listen",
            "must not take the port of server.listen at the same address; leave it empty to have it all on one",
        );
        if let Some(url) = &self.public_url
            && !is_base_url(url)
        {
            checks.wrong(
                "server.public_url",
                "must be an http or https URL in its plainest spelling, as \"https://login.example.org\" or with a \
                 path; no user, query, fragment or dot segments",
            );
        }
        if let Origins::Exact(origins) = &self.allowed_origins {
            if let Some(pattern) = origins.iter().find(|origin| origin.contains('*')) {
                checks.wrong(
                    "server.allowed_origins",
                    format_args!(
                        "holds {pattern:?}, but no origin may have a wildcard in it: name each host, or \"*\""
                    ),
                );
            } else {
                let good = origins.iter().all(|origin| is_origin(origin));
                checks.must(
                    good,
                    "server.allowed_origins",
                    "must hold \"*\", or origins as browsers send them: scheme://host[:port] in lower case, without a \
                     path, a slash at the end, or the scheme's usual port",
                );
            }
        }
        let good = self.allowed_headers.len() <= MAX_HEADERS && self.allowed_headers.iter().all(|name| is_name(name));
        checks.must(
            good,
            "server.allowed_headers",
            format_args!("must hold at most {MAX_HEADERS} names of headers, as \"x-correlation-id\""),
        );
        checks.agree(
            !(self.allow_credentials && matches!(self.allowed_origins, Origins::Any)),
            "server.allow_credentials",
            "server.allowed_origins",
            "must be false while server.allowed_origins is \"*\": browsers refuse both together; list the origins",
        );
        checks.range("server.workers", self.workers, 0..=1024);
        checks.range("server.max_connections", self.max_connections, 1..=1_000_000);
        checks.range("server.max_connections_per_network", self.max_connections_per_network, 1..=1_000_000);
        checks.seconds("server.client_timeout", self.client_timeout, 1..=3600);
        checks.seconds("server.idle_timeout", self.idle_timeout, 1..=86_400);
        checks.seconds("server.shutdown_timeout", self.shutdown_timeout, 0..=3600);
    }
}

/// Whether it is a header name of the letters that names in use have (RFC 9110, 5.1 and 16.3.1).
fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=128).contains(&text.len()) && text.bytes().all(letter)
}

/// Whether only one of these addresses can be listened on: `0.0.0.0` takes a port for all of IPv4, `[::]` for all of
/// IPv6 and, on most systems, of IPv4 too.
pub(super) fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let covers = |one: SocketAddr, other: SocketAddr| one.ip().is_unspecified() && (one.is_ipv6() || other.is_ipv4());
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || covers(one, other) || covers(other, one))
}

/// Whether parsing leaves the URL unchanged (case, `..`, `\`, tabs, a default port).
pub(super) fn is_base_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let plain = url.as_str().strip_suffix('/').unwrap_or(url.as_str()) == text;
        let tricky = url.path().contains(['%', '\\']) || url.path().contains("//");
        matches!(url.scheme(), "http" | "https") && plain && is_bare(&url) && !tricky
    })
}

/// An origin as browsers send it (RFC 6454, section 6.2), including apps in a web view (`capacitor://localhost`).
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| match url.origin() {
        origin if origin.is_tuple() => origin.ascii_serialization() == text,
        _ => url.as_str() == text && url.has_host() && url.path().is_empty() && is_bare(&url),
    })
}

fn is_bare(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none()
}
