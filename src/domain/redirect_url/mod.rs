//! Where the browser is sent when a login ends: the URL as it was sent, and the part of it that is compared.
//!
//! The browser and this server must read a URL alike; otherwise a registered address here is another one there. So a
//! URL that the lenient parser of browsers (WHATWG URL standard) would repair is refused first, and the browser is only
//! sent to the normal form that was compared.

use std::fmt;
use std::net::Ipv4Addr;

use url::{Host, Url, form_urlencoded};

/// A URL to send a browser to, in its normal form, query included. It has no user name, no password, and no fragment:
/// the answer of the login becomes the fragment. A fragment in the URL that was sent is dropped.
///
/// ```
/// use bimgate::domain::{RedirectUrl, RedirectUrlError};
///
/// let url = RedirectUrl::parse("https://Viewer.example.org:443/done?tab=1#models")?;
/// assert_eq!(url.target().as_str(), "https://viewer.example.org/done");
/// assert_eq!(
///     url.with_fragment([("error", "access_denied")]),
///     "https://viewer.example.org/done?tab=1#error=access_denied"
/// );
/// let misleading = RedirectUrl::parse("https://viewer.example.org@attacker.example/");
/// assert_eq!(misleading, Err(RedirectUrlError::UserInfo));
/// # Ok::<(), RedirectUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUrl(Url);

/// The part of a redirect URL that is compared: scheme, host, port and path, never the query.
///
/// Written as browsers write it, `https://host/path`: with the port if it is not the scheme's usual one, and with the
/// host in lower case and in its ASCII form (RFC 5891).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectTarget(Box<str>);

/// Why a text is no redirect URL. Its text continues a sentence that begins with the name of the field.
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
    /// What is wrong with the URL, in words that its sender may see.
    pub fn parse(sent: &str) -> Result<Self, RedirectUrlError> {
        if sent.len() > Self::MAX_BYTES {
            return Err(RedirectUrlError::TooLong);
        }
        // Every parser ends a URL at its first `#` (RFC 3986, 3.5), so the rest cannot make it another URL.
        let sent = sent.split('#').next().unwrap_or_default();
        if sent.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(RedirectUrlError::Character);
        }
        // To the letter, as in the published API: `^http(s)?://.*$`.
        let rest = sent.strip_prefix("https://").or_else(|| sent.strip_prefix("http://"));
        let rest = rest.ok_or(RedirectUrlError::Scheme)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(RedirectUrlError::UserInfo);
        }
        // An escaped host, or an IPv6 zone, which means something on one machine alone (RFC 6874).
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
        // Browsers also read 127.1, 0x7f.0.0.1, 2130706433 and full-width digits as an address; people do not.
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

    /// The normal form: the only URL that a browser may be sent to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The part that is compared.
    #[must_use]
    pub fn target(&self) -> RedirectTarget {
        // There is no fragment, so the query is the last part.
        let text = self.0.as_str();
        let end = self.0.query().map_or(text.len(), |query| text.len() - query.len() - 1);
        RedirectTarget(text[..end].into())
    }

    /// Scheme, host and port as browsers name an origin (RFC 6454, 6.2).
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The host, and the port if it is not the usual one, for a person to read. Look-alike letters of other scripts are
    /// in their ASCII form, which gives them away.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether it is plain `http` to the person's own machine: `127.0.0.0/8`, `[::1]` or `localhost`, on any port.
    /// Native programs listen there (RFC 8252, 7.3).
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

/// A query may be private: a log line that formats a URL by mistake does not show it.
impl fmt::Debug for RedirectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedirectUrl({}{})", self.target(), if self.0.query().is_some() { "?…" } else { "" })
    }
}

impl RedirectTarget {
    /// Reads what an operator registers, or what [`Self::as_str`] wrote. A query or a fragment is dropped.
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
