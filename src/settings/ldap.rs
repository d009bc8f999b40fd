//! `[ldap]`

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::engine::{Checks, Secret, files};
use crate::domain::Email;

/// The LDAP server that proves people by their password, and what its attributes mean here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapSettings {
    /// The servers of one directory, as `ldaps://HOST[:PORT]`; empty: none.
    pub urls: Vec<String>,
    /// Whether connections to `ldap://` become encrypted before anything is said.
    pub starttls: bool,
    /// A PEM file of certificate authorities to trust instead of the system's; empty: those of the system.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub ca_file: Option<String>,
    /// The distinguished name that people are looked up by; empty: anonymously.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub bind_dn: Option<String>,
    /// Its password, read from `bind_password_file` if that is set.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub bind_password: Option<Secret>,
    /// A file that holds this password, a trailing newline ignored.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub bind_password_file: Option<String>,
    /// The entry below which people are.
    pub base: String,
    /// The filter that finds a person, with [`LdapSettings::PLACE`] in it.
    pub filter: String,
    /// The attribute that identifies a person and never changes.
    pub id_attribute: String,
    /// The attribute that holds e-mail addresses.
    pub email_attribute: String,
    /// The attribute that holds the name shown to people; empty: none does.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub name_attribute: Option<String>,
    /// The attribute that holds the teams; empty: none does.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub teams_attribute: Option<String>,
    /// The domains whose people may be there; empty: all.
    pub domains: Vec<String>,
    /// Whether an unknown person gets an account.
    pub provision: bool,
    /// What stands for the directory in a [`Subject`](crate::domain::Subject).
    pub issuer: String,
    /// How long all of one login may take there.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub timeout: Duration,
    /// How many logins may be asked for there at once.
    pub max_connections: usize,
}

/// Where an LDAP server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapServer {
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS begins with the first byte.
    pub ldaps: bool,
}

impl LdapSettings {
    /// What stands for the address in the filter.
    pub const PLACE: &str = "{email}";
    const MAX_URLS: usize = 8;
    const MAX_DOMAINS: usize = 1000;
    const MAX_NAME: usize = 255;
    const MAX_DN: usize = 1024;

    pub(super) fn check(&self, checks: &mut Checks<'_>, other_issuer: Option<&str>) {
        for url in &self.urls {
            match LdapServer::parse(url) {
                Err(what) => checks.wrong("ldap.urls", what),
                Ok(server) if server.ldaps => checks.agree(
                    !self.starttls,
                    "ldap.starttls",
                    "ldap.urls",
                    "must be off for ldaps://, which is TLS from its first byte",
                ),
                Ok(server) => checks.agree(
                    self.starttls || server.is_on_loopback(),
                    "ldap.urls",
                    "ldap.starttls",
                    "must be ldaps://, or ldap:// with ldap.starttls: otherwise passwords can be read on the way; ldap:// \
                     alone on a loopback address only",
                ),
            }
        }
        checks.must(self.urls.len() <= Self::MAX_URLS, "ldap.urls", format_args!("must be at most {}", Self::MAX_URLS));
        checks.agree(
            self.bind_dn.is_some() == (self.bind_password.is_some() || self.bind_password_file.is_some()),
            "ldap.bind_dn",
            "ldap.bind_password",
            "must be set where ldap.bind_password or ldap.bind_password_file is, and only there",
        );
        let is_dn = |dn: &str| dn.len() <= Self::MAX_DN && dn.contains('=');
        let bound = self.bind_dn.as_deref();
        checks.must(
            bound.is_none_or(is_dn),
            "ldap.bind_dn",
            "must be a distinguished name, as \"cn=bimgate,dc=example\"",
        );
        checks.agree(
            self.urls.is_empty() && self.base.is_empty() || is_dn(&self.base),
            "ldap.base",
            "ldap.urls",
            "must be a distinguished name, as \"ou=people,dc=example,dc=org\"",
        );
        checks.must(
            self.filter.starts_with('(')
                && self.filter.contains(Self::PLACE)
                && ldap3::parse_filter(self.filter.replace(Self::PLACE, "a")).is_ok(),
            "ldap.filter",
            "must be an LDAP filter in parentheses with {email} in it, as \"(mail={email})\"",
        );
        for (key, name) in [
            ("ldap.id_attribute", Some(&self.id_attribute)),
            ("ldap.email_attribute", Some(&self.email_attribute)),
            ("ldap.name_attribute", self.name_attribute.as_ref()),
            ("ldap.teams_attribute", self.teams_attribute.as_ref()),
        ] {
            checks.must(name.is_none_or(|name| is_attribute(name)), key, "must name an attribute, as \"mail\"");
        }
        let good = |domain: &String| !domain.contains('@') && Email::new(&format!("a@{domain}")).is_some();
        checks.must(
            self.domains.len() <= Self::MAX_DOMAINS
                && self.domains.iter().all(|domain| !domain.is_empty() && good(domain)),
            "ldap.domains",
            format_args!("must be at most {} domains, as \"example.org\"", Self::MAX_DOMAINS),
        );
        checks.must(
            (1..=Self::MAX_NAME).contains(&self.issuer.len())
                && !self.issuer.contains(char::is_control)
                && other_issuer != Some(&*self.issuer),
            "ldap.issuer",
            format_args!("must be 1 to {} bytes, and another than openid.issuer", Self::MAX_NAME),
        );
        checks.seconds("ldap.timeout", self.timeout, 1..=30);
        checks.range("ldap.max_connections", self.max_connections, 1..=1000);
    }

    /// Checks the file of authorities, and reads the password from its file.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        if let Some(path) = &self.ca_file {
            files::check_authorities(checks, "ldap.ca_file", path);
        }
        let path = self.bind_password_file.as_deref();
        files::take_secret(checks, "ldap.bind_password", &mut self.bind_password, path);
    }

    /// The servers, in the order in which they are named.
    #[must_use]
    pub fn servers(&self) -> Vec<LdapServer> {
        self.urls.iter().filter_map(|url| LdapServer::parse(url).ok()).collect()
    }
}

impl LdapServer {
    /// Reads a URL. The error ends a sentence that begins with the setting's name.
    fn parse(url: &str) -> Result<Self, &'static str> {
        const FORM: &str = "must be ldaps://HOST[:PORT] or ldap://HOST[:PORT], and nothing more";
        let url = Url::parse(url).map_err(|_| FORM)?;
        let (ldaps, standard) = match url.scheme() {
            "ldaps" => (true, 636),
            "ldap" => (false, 389),
            _ => return Err(FORM),
        };
        let bare = url.username().is_empty() && url.password().is_none() && matches!(url.path(), "" | "/");
        let host = url.host_str().filter(|host| !host.is_empty() && bare).ok_or(FORM)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(FORM);
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port().unwrap_or(standard), ldaps })
    }

    fn is_on_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// RFC 4512, section 2.5: a name or an OID, perhaps with options.
fn is_attribute(name: &str) -> bool {
    let good = |letter: u8| letter.is_ascii_alphanumeric() || b"-.;".contains(&letter);
    (1..=LdapSettings::MAX_NAME).contains(&name.len()) && name.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::super::{Problems, Settings, Sources};
    use super::*;

    const GOOD: [(&str, &str); 2] = [("URLS", "ldaps://ldap.example.org"), ("BASE", "ou=people,dc=example,dc=org")];

    /// The good ones, with others over them.
    fn with(others: &[(&str, &str)]) -> Result<Settings, Problems> {
        let variables =
            GOOD.iter().chain(others).map(|(name, value)| (format!("BIMGATE__LDAP__{name}").into(), value.into()));
        Settings::load(&Sources { file: None, environment: variables.collect() })
    }

    #[test]
    fn a_line_is_encrypted_or_on_this_machine() {
        for (urls, starttls, good) in [
            ("ldaps://ldap.example.org", "false", true),
            ("ldaps://ldap.example.org:3269/,ldaps://[2001:db8::1]", "false", true),
            ("ldap://ldap.example.org", "true", true),
            ("ldap://127.0.0.1:3890", "false", true),
            ("ldap://[::1]", "false", true),
            ("ldap://localhost", "false", true),
            ("ldap://ldap.example.org", "false", false),
            ("ldap://localhost.example.org", "false", false),
            ("ldap://10.0.0.1", "false", false),
            ("ldap://127.0.0.1,ldap://ldap.example.org", "false", false),
            ("ldaps://ldap.example.org", "true", false),
            ("ldaps://user:secret@ldap.example.org", "false", false),
            ("ldaps://ldap.example.org/dc=example?mail", "false", false),
            ("ldaps://", "false", false),
            ("ldapi:///run/slapd", "false", false),
            ("https://ldap.example.org", "false", false),
            ("ldap.example.org", "false", false),
        ] {
            assert_eq!(with(&[("URLS", urls), ("STARTTLS", starttls)]).is_ok(), good, "{urls} {starttls}");
        }
    }

    #[test]
    fn a_url_names_host_and_port() {
        let server = |host: &str, port, ldaps| Ok(LdapServer { host: host.into(), port, ldaps });
        assert_eq!(LdapServer::parse("ldaps://ldap.example.org"), server("ldap.example.org", 636, true));
        assert_eq!(LdapServer::parse("ldap://[::1]:3890/"), server("::1", 3890, false));
        assert_eq!(LdapServer::parse("ldap://127.0.0.1"), server("127.0.0.1", 389, false));
    }

    #[test]
    fn what_a_search_takes_must_be_there() {
        assert!(with(&[]).is_ok());
        for (name, value, told) in [
            ("BASE", "", "ldap.base must be a distinguished name"),
            ("BASE", "people", "ldap.base must be a distinguished name"),
            ("BIND_DN", "cn=bimgate", "ldap.bind_dn must be set where"),
            ("BIND_PASSWORD", "secret", "ldap.bind_dn must be set where"),
            ("BIND_PASSWORD_FILE", "/nowhere", "ldap.bind_password_file cannot be read"),
            ("CA_FILE", "/nowhere", "ldap.ca_file cannot be read"),
            ("FILTER", "(mail=someone)", "ldap.filter must be"),
            ("FILTER", "mail={email}", "ldap.filter must be"),
            ("FILTER", "(mail={email}", "ldap.filter must be"),
            ("ID_ATTRIBUTE", "", "ldap.id_attribute must name"),
            ("EMAIL_ATTRIBUTE", "mail)(cn", "ldap.email_attribute must name"),
            ("DOMAINS", "a@example.org", "ldap.domains must be"),
            ("ISSUER", "", "ldap.issuer must be"),
            ("TIMEOUT", "0", "ldap.timeout must be from 1 to 30"),
            ("MAX_CONNECTIONS", "0", "ldap.max_connections must be from 1 to 1000"),
        ] {
            let problems = with(&[(name, value)]).err().map(|problems| problems.to_string()).unwrap_or_default();
            assert!(problems.contains(told), "{name}={value}: {problems:?}");
        }
    }
}
