//! `[signing]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::{Checks, Secret, files};

/// The keys that sign bearers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningSettings {
    /// A file that holds the secret under which private keys are sealed in the store; empty: one is made in the data
    /// folder.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub key_file: Option<String>,
    /// How old the newest key gets before the server makes the next one; zero: it makes none.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub rotate_every: Duration,
    /// What the file holds.
    #[serde(skip)]
    secret: Option<Secret>,
}

impl SigningSettings {
    /// The shortest `rotate_every`.
    const MIN_ROTATION: Duration = Duration::from_secs(3600);
    /// The shortest secret, in bytes.
    pub const MIN_SECRET_BYTES: usize = 32;

    /// The secret from [`Self::key_file`].
    #[must_use]
    pub const fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>, on_redis: bool, bearer_lifetime: Duration) {
        checks.agree(
            !on_redis || self.key_file.is_some(),
            "signing.key_file",
            "store.url",
            "must name a file with a secret where the store is Redis, the same for all its servers; make one by: \
             (umask 077; head -c 32 /dev/urandom | base64 > signing.key)",
        );
        // The key ring has room for all keys whose bearers may still live, and for a few that commands make.
        checks.agree(
            self.rotate_every.is_zero() || self.rotate_every >= bearer_lifetime.max(Self::MIN_ROTATION),
            "signing.rotate_every",
            "directory.bearer_lifetime",
            format_args!("must be 0, or at least an hour and directory.bearer_lifetime, {}", bearer_lifetime.as_secs()),
        );
    }

    /// Reads the secret from its file.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        files::take_secret(checks, "signing.key", &mut self.secret, self.key_file.as_deref());
        let long = self.secret.as_ref().is_none_or(|secret| secret.reveal().len() >= Self::MIN_SECRET_BYTES);
        checks.must(
            long,
            "signing.key_file",
            "must hold at least 32 bytes of text; make them by: head -c 32 /dev/urandom | base64",
        );
    }
}
