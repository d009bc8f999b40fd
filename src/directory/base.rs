//! Where this server is found by people and programs.

use std::net::SocketAddr;

use url::Url;

use crate::domain::TokenValue;

/// The URL that everything of this server lies under: `server.public_url`, else the address it listens on.
#[derive(Clone, Debug)]
pub struct Base(Url);

/// The page that says that a login is done.
pub const DONE_PAGE: &str = "/directory/api/static/onauthenticationdone.html";

impl Base {
    /// The base of a server that listens on `address`.
    #[must_use]
    pub fn new(public_url: Option<&str>, address: SocketAddr) -> Self {
        let parsed = public_url.and_then(|url| Url::parse(url).ok());
        let own = || {
            let mut url = Url::parse("http://localhost").ok()?;
            url.set_ip_host(address.ip()).ok()?;
            url.set_port(Some(address.port())).ok()?;
            Some(url)
        };
        // Settings with a public URL that is none were refused, and an IP address can always be a host.
        Self(parsed.or_else(own).unwrap_or_else(|| unreachable!("an address is a host")))
    }

    /// Without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether browsers reach it by TLS: then cookies are for TLS only.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// What lies at `path`, which begins with a slash.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.as_str())
    }

    /// Where the identity provider sends people back to.
    #[must_use]
    pub fn way_back(&self) -> String {
        self.at("/directory/api/directorysession/onauthenticated")
    }

    /// A page about one login under way.
    pub(super) fn page(&self, name: &str, state: &TokenValue) -> String {
        format!("{}/directory/api/{name}?state={}", self.as_str(), state.reveal())
    }
}
