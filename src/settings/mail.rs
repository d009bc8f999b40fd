//! `[mail]`

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

use super::engine::{Checks, Secret, files};

/// The server that sends mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Its host; empty: there is none, and no mail.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub host: Option<String>,
    /// Its port; 0: the usual one.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: MailEncryption,
    /// The name to log in with; empty: without a login.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub username: Option<String>,
    /// The password, read from `password_file` if that is set.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub password: Option<Secret>,
    /// A file that holds the password, a trailing newline ignored.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub password_file: Option<String>,
    /// Whom mail is from, as `Name <name@domain>`.
    pub from: String,
    /// A PEM file of certificate authorities to trust instead of the system's.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub ca_file: Option<String>,
    /// How long sending one mail may take.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub timeout: Duration,
    /// What people know this server by besides its URL: `branding.name`.
    #[serde(skip)]
    pub name: Option<String>,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum MailEncryption {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS after a word in the clear; nothing is sent without it (RFC 3207).
    StartTls,
    /// Not at all; on this machine alone.
    None,
}

impl TryFrom<String> for MailEncryption {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        match name.as_str() {
            "tls" => Ok(Self::Tls),
            "starttls" => Ok(Self::StartTls),
            "none" => Ok(Self::None),
            _ => Err("must be \"tls\", \"starttls\" or \"none\""),
        }
    }
}

impl MailSettings {
    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        match (self.port, self.encryption) {
            (0, MailEncryption::Tls) => 465,
            (0, MailEncryption::StartTls) => 587,
            (0, MailEncryption::None) => 25,
            (port, _) => port,
        }
    }

    /// The name and the password to log in with, if there are any.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &Secret)> {
        self.username.as_deref().zip(self.password.as_ref())
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>, has_public_url: bool) {
        checks.seconds("mail.timeout", self.timeout, 1..=300);
        let Some(host) = &self.host else { return };
        checks.must(
            (1..=253).contains(&host.len()) && !host.contains(|letter: char| letter == '/' || letter.is_whitespace()),
            "mail.host",
            "must be a host name or an address, as \"smtp.example.org\"",
        );
        checks.agree(
            has_public_url,
            "mail.host",
            "server.public_url",
            "takes server.public_url to be set: the links in mail lead there",
        );
        checks.must(
            self.from.parse::<lettre::message::Mailbox>().is_ok(),
            "mail.from",
            "must be an address, as \"login@example.org\" or \"Login <login@example.org>\"",
        );
        let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        checks.agree(
            local || self.encryption != MailEncryption::None,
            "mail.encryption",
            "mail.host",
            "must not be \"none\" unless the mail server is on this machine: mail holds links that set passwords",
        );
    }

    /// Checks the file of authorities, and reads the password from its file.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        if let Some(path) = &self.ca_file {
            files::check_authorities(checks, "mail.ca_file", path);
        }
        files::take_secret(checks, "mail.password", &mut self.password, self.password_file.as_deref());
        checks.agree(
            self.username.is_some() == self.password.is_some(),
            "mail.password",
            "mail.username",
            "must be set where mail.username is, and only there",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Problems, Settings, Sources};

    const GOOD: [(&str, &str); 3] = [
        ("MAIL__HOST", "smtp.example.org"),
        ("MAIL__FROM", "Login <login@example.org>"),
        ("SERVER__PUBLIC_URL", "https://login.example.org"),
    ];

    fn with(others: &[(&str, &str)]) -> Result<Settings, Problems> {
        let variables =
            GOOD.iter().chain(others).map(|(name, value)| (format!("BIMGATE__{name}").into(), value.into()));
        Settings::load(&Sources { file: None, environment: variables.collect() })
    }

    #[test]
    fn what_mail_takes_must_be_there() {
        assert!(with(&[]).is_ok());
        assert!(with(&[("MAIL__HOST", "localhost"), ("MAIL__ENCRYPTION", "none")]).is_ok());
        assert!(with(&[("MAIL__HOST", "::1"), ("MAIL__ENCRYPTION", "none")]).is_ok());
        assert!(with(&[("MAIL__USERNAME", "login"), ("MAIL__PASSWORD", "secret")]).is_ok());
        for (name, value, told) in [
            ("MAIL__FROM", "", "mail.from must be"),
            ("MAIL__FROM", "nobody", "mail.from must be"),
            ("SERVER__PUBLIC_URL", "", "mail.host takes server.public_url"),
            ("MAIL__ENCRYPTION", "none", "mail.encryption must not be"),
            ("MAIL__ENCRYPTION", "ssl", "must be \"tls\""),
            ("MAIL__USERNAME", "login", "mail.password must be set"),
            ("MAIL__PASSWORD_FILE", "/nowhere", "mail.password_file cannot be read"),
            ("MAIL__CA_FILE", "/nowhere", "mail.ca_file cannot be read"),
            ("MAIL__TIMEOUT", "0", "mail.timeout must be"),
        ] {
            let problems = with(&[(name, value)]).err().map(|problems| problems.to_string()).unwrap_or_default();
            assert!(problems.contains(told), "{name}={value}: {problems:?}");
        }
    }

    #[test]
    fn the_port_is_that_of_the_encryption() {
        for (encryption, port, told) in [("tls", "0", 465), ("starttls", "0", 587), ("tls", "2465", 2465)] {
            let settings = with(&[("MAIL__ENCRYPTION", encryption), ("MAIL__PORT", port)]).map(|all| all.mail.port());
            assert_eq!(settings.ok(), Some(told));
        }
    }
}
