//! `[licenses]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::{Checks, Secret, files};
use crate::domain::LicenseLimits;

/// Licences that native clients borrow, and what the responses say about them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenseSettings {
    /// How many may be out at once.
    pub total: usize,
    /// How many of them one person may have.
    pub max_per_user: usize,
    /// How long one is out unless it is renewed or given back.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub borrow_time: Duration,
    /// `lmxfeature` in the response.
    pub feature: String,
    /// `lmxserver` in the response.
    pub server: String,
    /// `buildrentsec` in the response.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub build_rent: Duration,
    /// The secret of licence servers, which may ask which licences are out; empty: nobody may.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub internal_secret: Option<Secret>,
    /// A file that holds this secret.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub internal_secret_file: Option<String>,
}

impl LicenseSettings {
    /// Too long to be guessed, short enough for a header.
    const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=1024;

    /// How many may be out at once.
    #[must_use]
    pub const fn limits(&self) -> LicenseLimits {
        LicenseLimits { total: self.total, per_user: self.max_per_user }
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.range("licenses.total", self.total, 0..=1_000_000);
        checks.range("licenses.max_per_user", self.max_per_user, 1..=1_000_000);
        checks.seconds("licenses.borrow_time", self.borrow_time, 1..=31_536_000);
        checks.seconds("licenses.build_rent", self.build_rent, 0..=315_360_000);
    }

    /// Reads the secret from its file.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        let (secret, path) = (&mut self.internal_secret, self.internal_secret_file.as_deref());
        files::take_secret(checks, "licenses.internal_secret", secret, path);
        if let Some(secret) = &self.internal_secret {
            let sendable = secret.reveal().bytes().all(|byte| byte.is_ascii_graphic());
            checks.must(
                sendable && Self::SECRET_BYTES.contains(&secret.reveal().len()),
                "licenses.internal_secret",
                "must be 16 to 1024 letters, digits and signs without spaces, as a header can hold it",
            );
        }
    }
}
