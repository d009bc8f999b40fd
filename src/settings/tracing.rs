//! `[tracing]`

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use url::Url;

use super::engine::{Checks, Secret, files};
use super::openid::is_safe_url;

/// The most headers that a collector may want.
const MAX_HEADERS: usize = 16;

/// Which requests are recorded as traces, and where these are sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracingSettings {
    /// Where a collector takes traces by OTLP; empty: there is none, and nothing is recorded.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub url: Option<String>,
    /// Headers that it wants, each as `Name: value`, read from `headers_file` if that is set.
    pub headers: Vec<Secret>,
    /// A file that holds them, one a line.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub headers_file: Option<String>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub ca_file: Option<String>,
    /// Of requests whose callers do not say whether to record them, one in so many is recorded; 0: none.
    pub one_in: u32,
    /// How long the collector may take for one request.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub timeout: Duration,
}

impl TracingSettings {
    /// The collector's URL, if there is one.
    #[must_use]
    pub fn collector(&self) -> Option<Url> {
        let url = Url::parse(self.url.as_deref()?).ok()?;
        let is_bare = url.username().is_empty() && url.password().is_none();
        let is_bare = is_bare && url.query().is_none() && url.fragment().is_none();
        (is_bare && url.has_host() && matches!(url.scheme(), "http" | "https")).then_some(url)
    }

    /// The headers that the collector wants. One that is none is left out.
    pub fn header_pairs(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        self.headers.iter().filter_map(pair)
    }

    /// A warning about settings that are allowed but hardly intended: a sentence.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let is_clear = !is_safe_url(self.url.as_deref()?);
        let host = self.collector()?.host_str()?.to_owned();
        is_clear.then(|| {
            format!(
                "tracing.url: traces go to {host} unencrypted; https, or a collector on this machine that sends them on, \
                 is safer"
            )
        })
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.seconds("tracing.timeout", self.timeout, 1..=60);
        checks.range("tracing.one_in", self.one_in, 0..=1_000_000);
        checks.must(
            self.url.is_none() || self.collector().is_some(),
            "tracing.url",
            "must be an http or https URL without user, query and fragment, as \"http://127.0.0.1:4318/v1/traces\"",
        );
    }

    /// Checks the file of authorities, reads the headers from their file, then checks them.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        if let Some(path) = &self.ca_file {
            files::check_authorities(checks, "tracing.ca_file", path);
        }
        let mut text = (!self.headers.is_empty()).then(|| Secret::from(String::new()));
        files::take_secret(checks, "tracing.headers", &mut text, self.headers_file.as_deref());
        if let Some(text) = text.filter(|_| self.headers_file.is_some()) {
            let lines = text.reveal().lines().map(str::trim).filter(|line| !line.is_empty());
            self.headers = lines.map(|line| Secret::from(line.to_owned())).collect();
        }
        checks.must(
            self.headers.len() <= MAX_HEADERS && self.headers.iter().all(|header| pair(header).is_some()),
            "tracing.headers",
            format_args!("must hold at most {MAX_HEADERS} texts as \"Name: value\""),
        );
        checks.agree(
            self.headers.is_empty() || self.url.as_deref().is_none_or(is_safe_url),
            "tracing.headers",
            "tracing.url",
            "must be empty where tracing.url is http to another machine: whoever listens would learn them",
        );
    }
}

/// A header as it is sent, and is shown to nobody.
fn pair(header: &Secret) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = header.reveal().split_once(':')?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
    let mut value = HeaderValue::from_str(value.trim()).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::super::{Problems, Settings, Sources};

    const HERE: (&str, &str) = ("URL", "http://127.0.0.1:4318/v1/traces");
    const ELSEWHERE: (&str, &str) = ("URL", "http://collector:4318/v1/traces");
    const ENCRYPTED: (&str, &str) = ("URL", "https://traces.example.org/v1/traces");
    const HEADERS: (&str, &str) = ("HEADERS", "Authorization: Bearer guess-me, X-Scope: 1");

    fn with(variables: &[(&str, &str)]) -> Result<Settings, Problems> {
        let variables =
            variables.iter().map(|(name, value)| (format!("BIMGATE__TRACING__{name}").into(), value.into()));
        Settings::load(&Sources { file: None, environment: variables.collect() })
    }

    fn problems(variables: &[(&str, &str)]) -> String {
        with(variables).err().map(|problems| problems.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_collector_has_a_url_and_perhaps_secret_headers() {
        assert!(with(&[]).is_ok_and(|settings| settings.tracing.collector().is_none()));
        for good in [&[HERE][..], &[ELSEWHERE], &[ENCRYPTED], &[HERE, HEADERS], &[ENCRYPTED, HEADERS]] {
            let collector = with(good).map(|settings| settings.tracing.collector().map(String::from));
            assert_eq!(collector.ok().flatten().as_deref(), Some(good[0].1));
        }
        let headers = with(&[HERE, HEADERS]).map(|settings| settings.tracing.header_pairs().collect::<Vec<_>>());
        let headers = headers.expect("they are good");
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or(""))).collect();
        assert_eq!(headers, [("authorization", "Bearer guess-me"), ("x-scope", "1")]);
        for (wrong, told) in [
            (&[("URL", "127.0.0.1:4318")][..], "tracing.url must be"),
            (&[("URL", "ftp://127.0.0.1/")], "tracing.url must be"),
            (&[("URL", "https://user:guess-me@traces.example.org/")], "tracing.url must be"),
            (&[("URL", "https://traces.example.org/?key=guess-me")], "tracing.url must be"),
            (&[HERE, ("HEADERS", "guess-me")], "tracing.headers must hold"),
            (&[HERE, ("HEADERS", "a b: guess-me")], "tracing.headers must hold"),
            (&[ELSEWHERE, HEADERS], "tracing.headers must be empty where"),
            (&[HERE, ("HEADERS_FILE", "/nowhere")], "tracing.headers_file cannot be read"),
            (&[HERE, ("CA_FILE", "/nowhere")], "tracing.ca_file cannot be read"),
            (&[HERE, ("TIMEOUT", "0")], "tracing.timeout must be"),
            (&[HERE, ("ONE_IN", "1000001")], "tracing.one_in must be"),
        ] {
            let problems = problems(wrong);
            assert!(problems.contains(told) && !problems.contains("guess-me"), "{wrong:?}: {problems:?}");
        }
    }

    #[test]
    fn who_sends_traces_across_a_network_in_the_clear_is_warned() {
        for (url, warned) in [(HERE, false), (ELSEWHERE, true), (ENCRYPTED, false)] {
            let warning = with(&[url]).ok().and_then(|settings| settings.tracing.warning());
            assert_eq!(warning.is_some(), warned, "{url:?}");
        }
    }
}
