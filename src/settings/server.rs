//! `[server]`

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

/// Listening, addresses, CORS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where health and metrics are served instead of on `listen`; empty: on `listen`.
    #[serde(deserialize_with = "super::read::optional")]
    pub private_listen: Option<SocketAddr>,
    /// The URL clients know this server by; empty: as the request says.
    #[serde(deserialize_with = "super::read::optional")]
    pub public_url: Option<String>,
    /// Proxies whose `Forwarded` and `X-Forwarded-For` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Browser origins that may call.
    pub allowed_origins: Origins,
    /// Worker threads; 0: one a core.
    pub workers: usize,
    /// Connections at once, all workers together.
    pub max_connections: usize,
    /// How long a client may take to send a request's head.
    #[serde(deserialize_with = "super::read::seconds")]
    pub client_timeout: Duration,
    /// How long a connection is kept open with no request on it.
    #[serde(deserialize_with = "super::read::seconds")]
    pub idle_timeout: Duration,
    /// How long running requests may take to finish when the server stops.
    #[serde(deserialize_with = "super::read::seconds")]
    pub shutdown_timeout: Duration,
}

/// Which browser origins may call.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Vec<String>")]
pub enum Origins {
    /// All.
    Any,
    /// These, to the letter.
    Exact(Vec<String>),
}

impl From<Vec<String>> for Origins {
    fn from(list: Vec<String>) -> Self {
        if list.iter().any(|origin| origin == "*") { Self::Any } else { Self::Exact(list) }
    }
}
