//! `[store]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::{Checks, Secret, files};

/// Where everything is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `embedded:PATH`, `redis://HOST[:PORT][/DB]`, `rediss://…` (TLS), `redis+sentinel://HOST,HOST,…/MASTER[/DB]`,
    /// `redis+cluster://HOST,HOST,…`; the last two also as `rediss+…`. Never with a password in it.
    pub url: String,
    /// The Redis ACL user; empty: the default user.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub username: Option<String>,
    /// The Redis password, read from `password_file` if that is set.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub password: Option<Secret>,
    /// A file that holds the Redis password, a trailing newline ignored.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub password_file: Option<String>,
    /// A PEM file of certificate authorities to trust for `rediss`; empty: those of the system.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub tls_ca_file: Option<String>,
    /// What every Redis key begins with.
    pub key_prefix: String,
    /// How long one operation of the store may take before the store counts as unavailable.
    #[serde(deserialize_with = "super::engine::read::milliseconds")]
    pub timeout_ms: Duration,
    /// How many Redis replicas must have what an act changed before it is acknowledged.
    pub wait_replicas: usize,
}

impl StoreSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if let Err(what) = check_url(&self.url) {
            checks.wrong("store.url", what);
        }
        let good = |letter: u8| letter.is_ascii_alphanumeric() || b":._-/".contains(&letter);
        checks.must(
            (1..=64).contains(&self.key_prefix.len()) && self.key_prefix.bytes().all(good),
            "store.key_prefix",
            "must be 1 to 64 letters, digits, and : . _ - /",
        );
        let limit = Duration::from_secs(10);
        checks.must(
            !self.timeout_ms.is_zero() && self.timeout_ms <= limit,
            "store.timeout_ms",
            format_args!("must be from 1 to {}", limit.as_millis()),
        );
        checks.must(self.wait_replicas <= 16, "store.wait_replicas", "must be at most 16");
    }

    /// Checks the file of authorities, and reads the password from its file.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        if let Some(path) = &self.tls_ca_file {
            files::check_authorities(checks, "store.tls_ca_file", path);
        }
        files::take_secret(checks, "store.password", &mut self.password, self.password_file.as_deref());
    }
}

/// What is wrong with a store's URL. Never repeats it: somebody may have written a password into it.
fn check_url(url: &str) -> Result<(), &'static str> {
    if let Some(path) = url.strip_prefix("embedded:") {
        return if path.is_empty() { Err("must name a folder, as \"embedded:./data\"") } else { Ok(()) };
    }
    super::store_url::parse(url).map(drop)
}
