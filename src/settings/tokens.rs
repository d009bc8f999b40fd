//! `[tokens]`

use std::time::Duration;

use serde::Deserialize;

use super::engine::Checks;
use crate::domain::ForeignId;

/// Lifetimes, and which applications may log in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// An access token's life after a plain or a cross login.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub access_lifetime: Duration,
    /// An access token's life after a login with `remember_me` or with a remember-me token.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub remember_me_access_lifetime: Duration,
    /// A cross token's life.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub cross_lifetime: Duration,
    /// A remember-me token's life.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub remember_me_lifetime: Duration,
    /// How long after the person last proved who they are everything ends.
    #[serde(deserialize_with = "super::engine::read::seconds")]
    pub max_login_age: Duration,
    /// Whether a login must name its application.
    pub require_application_id: bool,
    /// The applications that may log in; empty: all.
    pub applications: Vec<String>,
}

impl TokenSettings {
    /// Ten years, in seconds. Longer values are typing errors.
    const MAX_SECONDS: u64 = 315_360_000;

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.seconds("tokens.max_login_age", self.max_login_age, 1..=Self::MAX_SECONDS);
        for (key, lifetime) in [
            ("tokens.access_lifetime", self.access_lifetime),
            ("tokens.remember_me_access_lifetime", self.remember_me_access_lifetime),
            ("tokens.cross_lifetime", self.cross_lifetime),
            ("tokens.remember_me_lifetime", self.remember_me_lifetime),
        ] {
            checks.seconds(key, lifetime, 1..=Self::MAX_SECONDS);
            checks.agree(
                lifetime <= self.max_login_age,
                key,
                "tokens.max_login_age",
                format_args!("must not be longer than tokens.max_login_age, {}", self.max_login_age.as_secs()),
            );
        }
        let good = self.applications.iter().all(|id| (1..=ForeignId::MAX_BYTES).contains(&id.len()));
        checks.must(good, "tokens.applications", "must hold ids of 1 to 128 bytes");
    }
}
