//! `[openid]`

use serde::Deserialize;
use url::{Host, Url};

use super::engine::{Checks, Secret, files};

/// The OpenID Connect provider that proves people, and what its claims mean here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct OpenIdSettings {
    /// The provider's issuer identifier, to the letter; empty: the built-in login page.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub issuer: Option<String>,
    /// The client id of this server at the provider.
    pub client_id: String,
    /// The secret shared with the provider, read from `client_secret_file` if that is set; empty: a public client.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub client_secret: Option<Secret>,
    /// A file that holds the client secret, a trailing newline ignored.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub client_secret_file: Option<String>,
    /// The scopes of the authorization request.
    pub scopes: Vec<String>,
    /// The claim that identifies a person and never changes.
    pub subject_claim: String,
    /// The claim that holds the e-mail address; empty: none does.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub email_claim: Option<String>,
    /// The claim that holds the name shown to people; empty: none does.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub name_claim: Option<String>,
    /// The claim that holds the teams; empty: none does.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub teams_claim: Option<String>,
    /// Other audiences that an ID token for this server may have.
    pub trusted_audiences: Vec<String>,
    /// Whether a re-authentication counts although the ID token does not prove it.
    pub trust_prompt: bool,
    /// Whether an unknown person gets an account.
    pub provision: bool,
    /// Whether a verified address links a user anew who is linked to a subject of another issuer.
    pub relink: bool,
    /// The audiences of the provider's access tokens that a check takes; none: it takes no such tokens.
    pub check_audiences: Vec<String>,
    /// Whether a check takes access tokens whose type does not say that they are.
    pub check_untyped: bool,
    /// Whether the end of a session at the provider ends v2 sessions too.
    pub logout_ends_v2: bool,
    /// A PEM file of certificate authorities to trust instead of the system's; empty: those of the system.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub ca_file: Option<String>,
}

impl OpenIdSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>, has_public_url: bool) {
        let in_use = self.issuer.is_some();
        if let Some(issuer) = &self.issuer {
            checks.must(
                is_safe_url(issuer),
                "openid.issuer",
                "must be an https URL without user, query and fragment, as \"https://id.example.org/realm\"; http on a \
                 loopback address only",
            );
        }
        checks.agree(
            has_public_url || !in_use,
            "openid.issuer",
            "server.public_url",
            "takes server.public_url to be set, since the provider must know where to send people back to",
        );
        checks.agree(
            self.client_id.is_empty() != in_use,
            "openid.client_id",
            "openid.issuer",
            "must be set where openid.issuer is, and only there",
        );
        checks.must(self.client_id.len() <= 255, "openid.client_id", "must be at most 255 bytes");
        let good = |scope: &String| !scope.is_empty() && scope.bytes().all(is_scope_letter);
        checks.must(
            self.scopes.iter().all(good) && self.scopes.iter().any(|scope| scope == "openid"),
            "openid.scopes",
            "must hold \"openid\", and nothing with a space, a quote or a backslash in it",
        );
        checks.must(
            self.trusted_audiences.len() <= 32
                && self.trusted_audiences.iter().all(|name| (1..=255).contains(&name.len())),
            "openid.trusted_audiences",
            "must be at most 32 client ids of 1 to 255 bytes",
        );
        checks.must(
            self.check_audiences.len() <= 32
                && self.check_audiences.iter().all(|name| (1..=255).contains(&name.len()) && *name != self.client_id),
            "openid.check_audiences",
            "must be at most 32 names of 1 to 255 bytes, and not openid.client_id, which is the audience of ID tokens",
        );
        checks.agree(
            in_use || self.check_audiences.is_empty(),
            "openid.check_audiences",
            "openid.issuer",
            "takes openid.issuer to be set, which issues such tokens",
        );
        checks.must(!self.subject_claim.is_empty(), "openid.subject_claim", "must name a claim, as \"sub\"");
    }

    /// The URL of the provider's metadata (OpenID Connect Discovery 1.0, section 4), if there is a provider. Plain
    /// ASCII.
    #[must_use]
    pub fn discovery_url(&self) -> Option<String> {
        let issuer = self.issuer.as_deref()?;
        let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
        Url::parse(&format!("{issuer}/.well-known/openid-configuration")).ok().map(String::from)
    }

    /// Checks the file of authorities, and reads the client secret from its file.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        if let Some(path) = &self.ca_file {
            files::check_authorities(checks, "openid.ca_file", path);
        }
        let path = self.client_secret_file.as_deref();
        files::take_secret(checks, "openid.client_secret", &mut self.client_secret, path);
    }
}

/// RFC 6749, section 3.3.
fn is_scope_letter(letter: u8) -> bool {
    letter.is_ascii_graphic() && !b"\"\\".contains(&letter)
}

/// A URL to call another service by (OpenID Connect Discovery 1.0, section 3). Without TLS nothing would prove who answers,
/// and others could read what is sent.
pub(super) fn is_safe_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let bare = url.username().is_empty() && url.password().is_none() && !text.contains(['?', '#']);
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        bare && url.has_host() && (url.scheme() == "https" || url.scheme() == "http" && loopback)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Problems, Settings, Sources};

    const GOOD: [(&str, &str); 3] = [
        ("OPENID__ISSUER", "https://id.example.org/realm"),
        ("OPENID__CLIENT_ID", "bimgate"),
        ("SERVER__PUBLIC_URL", "https://login.example.org"),
    ];

    /// The good ones, with others over them.
    fn with(others: &[(&str, &str)]) -> Result<Settings, Problems> {
        let variables =
            GOOD.iter().chain(others).map(|(name, value)| (format!("BIMGATE__{name}").into(), value.into()));
        Settings::load(&Sources { file: None, environment: variables.collect() })
    }

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for (issuer, good) in [
            ("https://id.example.org", true),
            ("https://id.example.org/", true),
            ("https://id.example.org:8443/realms/main", true),
            ("http://localhost:9000", true),
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000", true),
            ("http://id.example.org", false),
            ("http://localhost.example.org", false),
            ("http://10.0.0.1", false),
            ("https://user@id.example.org", false),
            ("https://id.example.org?x", false),
            ("https://id.example.org#", false),
            ("ftp://localhost", false),
            ("id.example.org", false),
        ] {
            assert_eq!(with(&[("OPENID__ISSUER", issuer)]).is_ok(), good, "{issuer}");
        }
    }

    #[test]
    fn what_a_provider_takes_must_be_there() {
        assert!(with(&[]).is_ok());
        assert!(with(&[("OPENID__ISSUER", ""), ("OPENID__CLIENT_ID", "")]).is_ok());
        let long = "x".repeat(256);
        for (name, value, told) in [
            ("OPENID__CLIENT_ID", "", "openid.client_id must be set"),
            ("OPENID__ISSUER", "", "openid.client_id must be set"),
            ("SERVER__PUBLIC_URL", "", "openid.issuer takes server.public_url"),
            ("OPENID__SCOPES", "profile", "openid.scopes must hold"),
            ("OPENID__SCOPES", "openid,two words", "openid.scopes must hold"),
            ("OPENID__TRUSTED_AUDIENCES", &long, "openid.trusted_audiences must be"),
            ("OPENID__SUBJECT_CLAIM", "", "openid.subject_claim must name"),
            ("OPENID__CLIENT_SECRET_FILE", "/nowhere", "openid.client_secret_file cannot be read"),
            ("OPENID__CA_FILE", "/nowhere", "openid.ca_file cannot be read"),
        ] {
            let problems = with(&[(name, value)]).err().map(|problems| problems.to_string()).unwrap_or_default();
            assert!(problems.contains(told), "{name}={value}: {problems:?}");
        }
    }
}
