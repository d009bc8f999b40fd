//! Where the browser is sent when a login ends: the URL as it was sent, and the part of it that is compared.
//!
//! The browser and this server must read a URL alike, or a registered address is one thing here and another there. So
//! what the lenient parser of browsers (WHATWG URL standard) would quietly repair is refused before it is asked, and the
//! browser is only ever sent to the normal form that was compared.

use std::fmt;
use std::net::Ipv4Addr;

use url::{Host, Url, form_urlencoded};

/// A URL to send a browser to, in its normal form, query included. Holds no user name and no password, and no fragment:
/// the answer of the login is the fragment. One that was sent (a page that routes by fragments names its whole address) is
/// dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUrl(Url);

/// What of a redirect URL is compared: scheme, host, port and path, never the query. Two are equal only if all four are.
///
/// Written as browsers write it, `https://host/path`, with the port where it is not the scheme's usual one, an
/// international host in its ASCII form (RFC 5891) and in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectTarget(Box<str>);

/// Why a text is no redirect URL. Reads as the end of a sentence that begins with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUrlError {
    /// Longer than [`RedirectUrl::MAX_BYTES`], as sent or in its normal form.
    #[error("must not be longer than {} bytes", RedirectUrl::MAX_BYTES)]
    TooLong,
    /// Does not begin as the API says.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// Holds a character that parsers read differently.
    #[error("must not hold spaces, backslashes or control characters")]
    Character,
    /// A user name or a password.
    #[error("must not hold a user name or a password")]
    UserInfo,
    /// No host, or none in its plain spelling.
    #[error("must name a host, in its plain spelling")]
    Host,
    /// Anything else that is no URL.
    #[error("must be a URL")]
    Malformed,
}

impl RedirectUrl {
    /// The longest URL accepted, in bytes.
    pub const MAX_BYTES: usize = 2048;

    /// Reads a URL as a client sent it, once percent-decoded from the query string it came in.
    ///
    /// # Errors
    /// What is wrong with it, fit to be shown to whoever sent it.
    pub fn parse(sent: &str) -> Result<Self, RedirectUrlError> {
        if sent.len() > Self::MAX_BYTES {
            return Err(RedirectUrlError::TooLong);
        }
        // Every parser ends a URL at its first `#` (RFC 3986, 3.5), so what comes after it cannot make it another.
        let sent = sent.split('#').next().unwrap_or_default();
        if sent.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(RedirectUrlError::Character);
        }
        // To the letter, as the API has it: `^http(s)?://.*$`.
        let rest = sent.strip_prefix("https://").or_else(|| sent.strip_prefix("http://"));
        let rest = rest.ok_or(RedirectUrlError::Scheme)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(RedirectUrlError::UserInfo);
        }
        // An escaped host, or an IPv6 zone, which means something on one machine only (RFC 6874).
        if authority.is_empty() || authority.contains('%') {
            return Err(RedirectUrlError::Host);
        }
        let url = Url::parse(sent).map_err(|error| match error {
            url::ParseError::EmptyHost
            | url::ParseError::IdnaError
            | url::ParseError::InvalidIpv4Address
            | url::ParseError::InvalidIpv6Address
            | url::ParseError::InvalidDomainCharacter => RedirectUrlError::Host,
            _ => RedirectUrlError::Malformed,
        })?;
        // Browsers also take 127.1, 0x7f.0.0.1, 2130706433 and full-width digits for an address; people do not.
        if let Some(Host::Ipv4(address)) = url.host()
            && authority.split(':').next() != Some(address.to_string().as_str())
        {
            return Err(RedirectUrlError::Host);
        }
        if url.as_str().len() > Self::MAX_BYTES {
            return Err(RedirectUrlError::TooLong);
        }
        Ok(Self(url))
    }

    /// The normal form: the only text that a browser may be sent to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What is compared.
    #[must_use]
    pub fn target(&self) -> RedirectTarget {
        // The query is the last part, for there is no fragment.
        let text = self.0.as_str();
        let end = self.0.query().map_or(text.len(), |query| text.len() - query.len() - 1);
        RedirectTarget(text[..end].into())
    }

    /// Scheme, host and port as browsers name an origin (RFC 6454, 6.2).
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The host, and the port where it is not the usual one: what a person is told of where they are going. Look-alike
    /// letters of other scripts show in the ASCII form that gives them away.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether it is plain `http` to the person's own machine: `127.0.0.0/8`, `[::1]` or `localhost`, on any port. Native
    /// programs listen there (RFC 8252, 7.3).
    #[must_use]
    pub fn is_loopback_http(&self) -> bool {
        self.0.scheme() == "http"
            && match self.0.host() {
                Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                Some(Host::Domain(name)) => name == "localhost",
                None => false,
            }
    }

    /// The URL with these pairs as its fragment, form-encoded (WHATWG URL standard, 5.2).
    #[must_use]
    pub fn with_fragment<'a>(&self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut answer = form_urlencoded::Serializer::for_suffix(format!("{}#", self.0), self.0.as_str().len() + 1);
        answer.extend_pairs(pairs).finish()
    }
}

impl fmt::Display for RedirectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A query may carry what is nobody's business: a log line that formats one by accident shows none of it.
impl fmt::Debug for RedirectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedirectUrl({}{})", self.target(), if self.0.query().is_some() { "?…" } else { "" })
    }
}

impl RedirectTarget {
    /// Reads what an operator registers, or what [`Self::as_str`] wrote. A query or a fragment is not part of it and is
    /// dropped.
    ///
    /// # Errors
    /// As [`RedirectUrl::parse`].
    pub fn parse(text: &str) -> Result<Self, RedirectUrlError> {
        RedirectUrl::parse(text).map(|url| url.target())
    }

    /// Its one spelling: for storage, for lists, and for comparison.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedirectTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RedirectTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedirectTarget({})", self.0)
    }
}

#[cfg(test)]
mod tests;
