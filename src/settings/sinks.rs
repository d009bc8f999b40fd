//! `[events.webhook]`

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
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
            "must be \"whsec_\" and 24 to 64 bytes in base64, as `echo whsec_$(head -c 32 /dev/urandom | base64)` makes it",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Problems, Settings, Sources};

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
}
