//! `[upstream]`

use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;

use super::engine::{Checks, files};
use super::openid::is_safe_url;

/// The old service, from which people come over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSettings {
    /// The URL of the old service, without the slash at its end; empty: nobody comes over.
    #[serde(deserialize_with = "super::engine::read::base_url")]
    pub url: Option<String>,
    /// Whether people who are unknown here come over too.
    pub provision: bool,
    /// The domains of the addresses of such people; empty: all.
    pub domains: Vec<String>,
    /// The last day on which the old service is asked; empty: the 90th after the first.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub until: Option<String>,
    /// How long the old service may take for one login or check, all calls together.
    #[serde(deserialize_with = "super::engine::read::milliseconds")]
    pub timeout_ms: Duration,
    /// A PEM file of certificate authorities to trust instead of the system's; empty: those of the system.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub ca_file: Option<String>,
}

impl UpstreamSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if let Some(url) = &self.url {
            checks.must(
                is_safe_url(url) && !url.to_ascii_lowercase().ends_with("/v2"),
                "upstream.url",
                "must be an https URL without user, query and fragment, as \"https://api.example.org\", and end before \
                 /v2; http on a loopback address only",
            );
        }
        let is_domain = |name: &String| {
            (1..=255).contains(&name.len()) && !name.contains('@') && !name.contains(char::is_whitespace)
        };
        checks.must(
            self.domains.len() <= 256 && self.domains.iter().all(is_domain),
            "upstream.domains",
            "must be at most 256 domains without @, as \"example.org\"",
        );
        checks.must(
            self.until.is_none() || self.end().is_some(),
            "upstream.until",
            "must be a date, as \"2027-03-31\"",
        );
        let range = Duration::from_millis(100)..=Duration::from_secs(30);
        checks.must(range.contains(&self.timeout_ms), "upstream.timeout_ms", "must be from 100 to 30000");
    }

    /// Checks the file of authorities.
    pub(super) fn read_files(&self, checks: &mut Checks<'_>) {
        if let Some(path) = &self.ca_file {
            files::check_authorities(checks, "upstream.ca_file", path);
        }
    }

    /// The instant, in milliseconds since the epoch, from which on the old service is not asked, if `until` says: the
    /// end of that day, UTC.
    #[must_use]
    pub fn end(&self) -> Option<u64> {
        let day = NaiveDate::parse_from_str(self.until.as_deref()?, "%Y-%m-%d").ok()?.succ_opt()?;
        u64::try_from(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Problems, Settings, Sources};

    fn with(variables: &[(&str, &str)]) -> Result<Settings, Problems> {
        let variables =
            variables.iter().map(|(name, value)| (format!("BIMGATE__UPSTREAM__{name}").into(), value.into()));
        Settings::load(&Sources { file: None, environment: variables.collect() })
    }

    #[test]
    fn passwords_go_over_tls_or_stay_on_this_machine() {
        for (url, good) in [
            ("https://api.example.org", true),
            ("https://api.example.org/", true),
            ("https://api.example.org:8443/bimplus", true),
            ("http://localhost:9000", true),
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000", true),
            ("https://api.example.org/v2", false),
            ("https://api.example.org/V2/", false),
            ("http://api.example.org", false),
            ("http://localhost.example.org", false),
            ("http://10.0.0.1", false),
            ("https://user@api.example.org", false),
            ("https://api.example.org?x", false),
            ("ftp://localhost", false),
            ("api.example.org", false),
        ] {
            assert_eq!(with(&[("URL", url)]).is_ok(), good, "{url}");
        }
    }

    #[test]
    fn it_ends_with_a_day() {
        let end = |until| with(&[("UNTIL", until)]).map(|settings| settings.upstream.end());
        assert!(matches!(end("2027-03-31"), Ok(Some(1_806_537_600_000))), "midnight after it, UTC");
        assert!(matches!(end(""), Ok(None)));
        for bad in ["31.3.2027", "2027-02-30", "2027-3", "soon"] {
            assert!(end(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        for (name, value, told) in [
            ("TIMEOUT_MS", "99", "upstream.timeout_ms must be"),
            ("TIMEOUT_MS", "30001", "upstream.timeout_ms must be"),
            ("DOMAINS", "a@example.org", "upstream.domains must be"),
            ("CA_FILE", "/nowhere", "upstream.ca_file cannot be read"),
        ] {
            let problems = with(&[(name, value)]).err().map(|problems| problems.to_string()).unwrap_or_default();
            assert!(problems.contains(told), "{name}={value}: {problems:?}");
        }
    }
}
