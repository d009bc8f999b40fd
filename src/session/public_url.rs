//! Where this server is found by people and programs.

use std::net::SocketAddr;

use url::Url;

use crate::domain::{RedirectUrl, TokenValue};

/// The URL that everything of this server lies under: `server.public_url`, else the address it listens on.
#[derive(Clone, Debug)]
pub struct PublicUrl {
    url: Url,
    /// Whether it is `server.public_url`: the one address that browsers know.
    is_public: bool,
}

/// The page that says that a login is done.
pub const DONE_PAGE: &str = "/directory/api/static/onauthenticationdone.html";
/// Where people come back to when they are proven.
const WAY_BACK: &str = "/directory/api/directorysession/onauthenticated";

impl PublicUrl {
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
        let is_public = parsed.is_some();
        let url = parsed.or_else(own).unwrap_or_else(|| unreachable!("an address is a host"));
        Self { url, is_public }
    }

    /// Without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Whether browsers reach it by TLS: then cookies are for TLS only.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host and port that `server.public_url` names, where it is set.
    #[must_use]
    pub fn public_host(&self) -> Option<String> {
        let host = self.url.host_str().filter(|_| self.is_public)?;
        Some(self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    }

    /// What lies at `path`, which begins with a slash.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.as_str())
    }

    /// The way to what lies at `path`, for a browser that is here already: it stays at the address that it came to, where
    /// its cookies are.
    #[must_use]
    pub fn path_to(&self, path: &str) -> String {
        format!("{}{path}", self.url.path().trim_end_matches('/'))
    }

    /// Where the identity provider sends people back to.
    #[must_use]
    pub fn callback_url(&self) -> String {
        self.at(WAY_BACK)
    }

    /// Where our own login page sends people back to.
    pub(crate) fn callback_path(&self) -> String {
        self.path_to(WAY_BACK)
    }

    /// The way to a page about one login under way.
    pub(crate) fn page(&self, name: &str, state: &TokenValue) -> String {
        self.path_to(&format!("/directory/api/{name}?state={}", state.reveal()))
    }

    /// Whether this is the page that says that a login is done, of this server as a browser knows it that asked `host`
    /// (RFC 9110, 7.2).
    ///
    /// Without `server.public_url` nobody else can tell what that address is. The name of a host cannot be made up for
    /// somebody else's browser: it is the one that the browser itself is connected by. Whoever has a name of theirs lead to
    /// this server, and later elsewhere, gets the bearers of people who give their password at that name, and these could
    /// have been asked for it there without this server; single sign-on of another name does not count there.
    pub(crate) fn is_done_page(&self, url: &RedirectUrl, host: &str) -> bool {
        let target = url.target();
        let at_host =
            || url.host().eq_ignore_ascii_case(host) && target.as_str() == format!("http://{}{DONE_PAGE}", url.host());
        target.as_str() == self.at(DONE_PAGE) || !self.is_public && at_host()
    }
}
