//! `[events.webhook]`, `[events.syslog]`

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::engine::{Checks, Secret, files};
use super::openid::is_safe_url;

/// How the text of a webhook's secret begins (Standard Webhooks 1.0.0, "Signature scheme").
const SECRET_PREFIX: &str = "whsec_";

/// The receiver that events are sent to by HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Its URL; empty: there is none.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub url: Option<String>,
    /// The secret that signs what is sent, read from `secret_file` if that is set.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub secret: Option<Secret>,
    /// A file that holds the secret, a trailing newline ignored.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub secret_file: Option<String>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub ca_file: Option<String>,
    /// How long the receiver may take for one request.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub timeout: Duration,
}

impl WebhookSettings {
    /// The key that signs what is sent: 24 to 64 bytes. `None` if there is no secret, or it is none.
    #[must_use]
    pub fn key(&self) -> Option<Zeroizing<Vec<u8>>> {
        let key = STANDARD.decode(self.secret.as_ref()?.reveal().strip_prefix(SECRET_PREFIX)?).map(Zeroizing::new);
        key.ok().filter(|key| (24..=64).contains(&key.len()))
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.seconds("events.webhook.timeout", self.timeout, 1..=60);
        checks.must(
            self.url.as_deref().is_none_or(is_safe_url),
            "events.webhook.url",
            "must be an https URL without user, query and fragment, as \"https://log.example.org/bimgate\"; http on a \
             loopback address only",
        );
    }

    /// Checks the file of authorities, and reads the secret from its file.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        let (secret, url) = ("events.webhook.secret", "events.webhook.url");
        if let Some(path) = &self.ca_file {
            files::check_authorities(checks, "events.webhook.ca_file", path);
        }
        let could_be_read = self.secret_file.is_none() || {
            files::take_secret(checks, secret, &mut self.secret, self.secret_file.as_deref());
            self.secret.is_some()
        };
        if !could_be_read {
            return;
        }
        checks.agree(
            self.url.is_some() == self.secret.is_some(),
            secret,
            url,
            "must be set where events.webhook.url is, and only there",
        );
        checks.must(
            self.secret.is_none() || self.key().is_some(),
            secret,
            "must be \"whsec_\" and 24 to 64 bytes in base64, as `echo whsec_$(head -c 32 /dev/urandom | base64)` \
             makes them",
        );
    }
}

/// The receiver that events are sent to by syslog.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyslogSettings {
    /// Its URL, as `tls://HOST:PORT`; empty: there is none.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub url: Option<String>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub ca_file: Option<String>,
}

/// How messages of syslog travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyslogWay {
    /// One in a datagram (RFC 5426).
    Udp,
    /// One after the other (RFC 6587).
    Tcp,
    /// The same, encrypted (RFC 5425).
    Tls,
}

impl SyslogSettings {
    /// Which way to send messages, to which host, and to which port. `None` if there is no URL, or it is none.
    #[must_use]
    pub fn receiver(&self) -> Option<(SyslogWay, String, u16)> {
        let url = Url::parse(self.url.as_deref()?).ok()?;
        let way = match url.scheme() {
            "udp" => SyslogWay::Udp,
            "tcp" => SyslogWay::Tcp,
            "tls" => SyslogWay::Tls,
            _ => return None,
        };
        let host = url.host_str().filter(|host| !host.is_empty())?.trim_matches(['[', ']']).to_owned();
        let is_bare = url.username().is_empty() && url.password().is_none() && matches!(url.path(), "" | "/");
        let port = url.port().filter(|port| *port > 0 && is_bare && url.query().is_none() && url.fragment().is_none());
        Some((way, host, port?))
    }

    /// A warning about settings that are allowed but hardly intended: a sentence.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let (way, host, _) = self.receiver()?;
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        (way != SyslogWay::Tls && !is_here).then(|| {
            format!(
                "events.syslog.url: events, which name people, go to {host} unencrypted; tls://, or a syslog server on \
                 this machine that sends them on, is safer"
            )
        })
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.must(
            self.url.is_none() || self.receiver().is_some(),
            "events.syslog.url",
            "must be \"tls://\", \"tcp://\" or \"udp://\" with a host and a port, as \"tls://log.example.org:6514\"",
        );
    }

    /// Checks the file of authorities.
    pub(super) fn read_files(&self, checks: &mut Checks<'_>) {
        if let Some(path) = &self.ca_file {
            files::check_authorities(checks, "events.syslog.ca_file", path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Problems, Settings, Sources};
    use super::SyslogWay;

    const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    fn with(variables: &[(&str, &str)]) -> Result<Settings, Problems> {
        let variables = variables.iter().map(|(name, value)| (format!("BIMGATE__EVENTS__{name}").into(), value.into()));
        Settings::load(&Sources { file: None, environment: variables.collect() })
    }

    fn problems(variables: &[(&str, &str)]) -> String {
        with(variables).err().map(|problems| problems.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_webhook_takes_a_safe_url_and_a_secret() {
        let good = [("WEBHOOK__URL", "https://log.example.org/in"), ("WEBHOOK__SECRET", SECRET)];
        let key = with(&good).map(|settings| settings.events.webhook.key().map(|key| key.to_vec()));
        assert_eq!(key.ok().flatten().as_deref(), Some(&b"0123456789abcdef0123456789abcdef"[..]));
        assert_eq!(problems(&[("WEBHOOK__URL", "http://127.0.0.1:9/"), good[1]]), "");
        for (name, value, told) in [
            ("WEBHOOK__URL", "http://log.example.org/", "events.webhook.url must be an https URL"),
            ("WEBHOOK__URL", "https://log.example.org/?key=1", "events.webhook.url must be an https URL"),
            ("WEBHOOK__URL", "", "events.webhook.secret must be set where"),
            ("WEBHOOK__SECRET", "", "events.webhook.secret must be set where"),
            ("WEBHOOK__SECRET", &SECRET[6..], "events.webhook.secret must be \"whsec_\""),
            ("WEBHOOK__SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZg==", "events.webhook.secret must be \"whsec_\""),
            ("WEBHOOK__SECRET_FILE", "/nowhere", "events.webhook.secret_file cannot be read"),
            ("WEBHOOK__CA_FILE", "/nowhere", "events.webhook.ca_file cannot be read"),
            ("WEBHOOK__TIMEOUT", "0", "events.webhook.timeout must be"),
        ] {
            let told_of = problems(&[good[0], good[1], (name, value)]);
            assert!(told_of.contains(told) && !told_of.contains("MDEyMzQ1"), "{name}={value}: {told_of:?}");
        }
    }

    #[test]
    fn syslog_takes_a_way_a_host_and_a_port() {
        let receiver = |url| with(&[("SYSLOG__URL", url)]).ok().and_then(|settings| settings.events.syslog.receiver());
        let is = |way, host: &str, port| Some((way, host.to_owned(), port));
        assert_eq!(receiver("tls://log.example.org:6514"), is(SyslogWay::Tls, "log.example.org", 6514));
        assert_eq!(receiver("tcp://127.0.0.1:601/"), is(SyslogWay::Tcp, "127.0.0.1", 601));
        assert_eq!(receiver("udp://[::1]:514"), is(SyslogWay::Udp, "::1", 514));
        for url in [
            "log.example.org:514",
            "tls://log.example.org",
            "tls://:6514",
            "tcp://log.example.org:0",
            "tcp://user@log.example.org:514",
            "tcp://log.example.org:514/path",
            "udp://log.example.org:514?x",
            "http://log.example.org:514",
        ] {
            assert!(problems(&[("SYSLOG__URL", url)]).contains("events.syslog.url must be"), "{url}");
        }
        let ca_file = problems(&[("SYSLOG__CA_FILE", "/nowhere")]);
        assert!(ca_file.contains("events.syslog.ca_file cannot be read"), "{ca_file}");
    }

    #[test]
    fn who_sends_names_across_a_network_in_the_clear_is_warned() {
        for (url, warned) in [
            ("tls://log.example.org:6514", false),
            ("tcp://127.0.0.1:514", false),
            ("udp://[::1]:514", false),
            ("udp://localhost:514", false),
            ("udp://10.0.0.1:514", true),
            ("tcp://log.example.org:514", true),
        ] {
            let warning = with(&[("SYSLOG__URL", url)]).ok().and_then(|settings| settings.events.syslog.warning());
            assert_eq!(warning.is_some(), warned, "{url}");
        }
    }
}
