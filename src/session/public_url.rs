//! Where people and programs find this server.

use std::net::SocketAddr;

use url::Url;

use crate::domain::{RedirectUrl, TokenValue};

/// The URL of this server: `server.public_url`, else the address it listens on.
#[derive(Clone, Debug)]
pub struct PublicUrl {
    url: Url,
    /// Whether it is `server.public_url`, the only address that browsers know.
    is_public: bool,
}

/// The page that says that a login is done.
pub const DONE_PAGE: &str = "/directory/api/static/onauthenticationdone.html";
/// Where the browser comes back to from the identity provider.
const WAY_BACK: &str = "/directory/api/directorysession/onauthenticated";

impl PublicUrl {
    /// The URL of a server that listens on `address`.
    #[must_use]
    pub fn new(public_url: Option<&str>, address: SocketAddr) -> Self {
        let parsed = public_url.and_then(|url| Url::parse(url).ok());
        let own = || {
            let mut url = Url::parse("http://localhost").ok()?;
            url.set_ip_host(address.ip()).ok()?;
            url.set_port(Some(address.port())).ok()?;
            Some(url)
        };
        // Settings with a malformed public URL were refused, and an IP address is always a host.
        let is_public = parsed.is_some();
        let url = parsed.or_else(own).unwrap_or_else(|| unreachable!("an address is a host"));
        Self { url, is_public }
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Whether browsers reach it by TLS: then cookies are for TLS only.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host and port of `server.public_url`, if it is set.
    #[must_use]
    pub fn public_host(&self) -> Option<String> {
        let host = self.url.host_str().filter(|_| self.is_public)?;
        Some(self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    }

    /// The host, as people know the server.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// What lies at `path`, which begins with a slash.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.as_str())
    }

    /// The way to what lies at `path`, for a browser that is here already: it stays at the address that it came to,
    /// where its cookies are.
    #[must_use]
    pub fn path_to(&self, path: &str) -> String {
        format!("{}{path}", self.url.path().trim_end_matches('/'))
    }

    /// Where the identity provider sends the browser back to.
    #[must_use]
    pub fn callback_url(&self) -> String {
        self.at(WAY_BACK)
    }

    /// The way to a page about one login under way.
    pub(crate) fn page(&self, name: &str, state: &TokenValue) -> String {
        self.path_to(&format!("/directory/api/{name}?state={}", state.reveal()))
    }

    /// True if `url` is our own page that says that a login is done. `host` is the one that the browser asked (RFC
    /// 9110, 7.2).
    ///
    /// Without `server.public_url` any host counts that the browser is connected by. Nobody can make up the host of
    /// another person's browser. The risk: an attacker points a domain here and later elsewhere, and then receives
    /// bearers of people who logged in under that name. They could have asked these people for their passwords there
    /// anyway, and single sign-on of another name does not count.
    pub(crate) fn is_done_page(&self, url: &RedirectUrl, host: &str) -> bool {
        let target = url.target();
        let at_host =
            || url.host().eq_ignore_ascii_case(host) && target.as_str() == format!("http://{}{DONE_PAGE}", url.host());
        target.as_str() == self.at(DONE_PAGE) || !self.is_public && at_host()
    }
}
