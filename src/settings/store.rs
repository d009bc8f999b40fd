//! `[store]`

use std::fs::File;
use std::io::{self, Read as _};
use std::time::Duration;

use serde::Deserialize;

use super::checks::Checks;
use super::secret::Secret;

/// Where everything is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `embedded:PATH`, `redis://HOST[:PORT][/DB]`, `rediss://…` (TLS), `redis+sentinel://HOST,HOST,…/MASTER[/DB]`,
    /// `redis+cluster://HOST,HOST,…`; the last two also as `rediss+…`. Never with a password in it.
    pub url: String,
    /// The Redis ACL user; empty: the default user.
    #[serde(deserialize_with = "super::read::optional")]
    pub username: Option<String>,
    /// The Redis password, read from `password_file` if that is set.
    #[serde(deserialize_with = "super::read::optional")]
    pub password: Option<Secret>,
    /// A file that holds the Redis password, a trailing newline ignored.
    #[serde(deserialize_with = "super::read::optional")]
    pub password_file: Option<String>,
    /// A PEM file of certificate authorities to trust for `rediss`; empty: those of the system.
    #[serde(deserialize_with = "super::read::optional")]
    pub tls_ca_file: Option<String>,
    /// What every Redis key begins with.
    pub key_prefix: String,
    /// How long one act in the store may take before it counts as unavailable.
    #[serde(deserialize_with = "super::read::milliseconds")]
    pub timeout_ms: Duration,
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
    }

    /// Whether the file of certificate authorities looks like one; how good they are is for TLS to judge.
    pub(super) fn check_authorities(&self, checks: &mut Checks<'_>) {
        const MAX_BYTES: u64 = 1 << 20;
        let Some(path) = &self.tls_ca_file else { return };
        let mut pem = Vec::new();
        if let Err(error) = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut pem)) {
            checks.wrong("store.tls_ca_file", format_args!("cannot be read: {error}"));
        } else if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            checks.wrong("store.tls_ca_file", "must hold certificates as PEM (-----BEGIN CERTIFICATE-----)");
        }
    }

    /// Reads the password from its file, if one is named.
    pub(super) fn read_password_file(&mut self, checks: &mut Checks<'_>) {
        let Some(path) = &self.password_file else { return };
        let both = "must be empty where store.password_file is set";
        checks.agree(self.password.is_none(), "store.password", "store.password_file", both);
        match read_secret(path) {
            Ok(password) => self.password = Some(password),
            Err(error) => checks.wrong("store.password_file", format_args!("cannot be read: {error}")),
        }
    }
}

/// A secret from a file of at most 4 KiB, a newline at its end ignored.
fn read_secret(path: &str) -> io::Result<Secret> {
    const MAX_BYTES: u64 = 4096;
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    let secret = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if secret.is_empty() || text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it must hold 1 to 4096 bytes"));
    }
    Ok(Secret::from(secret.to_owned()))
}

/// What is wrong with a store's URL. Never repeats it: somebody may have written a password into it.
fn check_url(url: &str) -> Result<(), &'static str> {
    if let Some(path) = url.strip_prefix("embedded:") {
        return if path.is_empty() { Err("must name a folder, as \"embedded:./data\"") } else { Ok(()) };
    }
    super::store_url::parse(url).map(drop)
}
