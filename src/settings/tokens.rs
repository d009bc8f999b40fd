//! `[tokens]`

use std::time::Duration;

use serde::Deserialize;

/// Lifetimes, and which applications may log in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// An access token's life after a plain or a cross login.
    #[serde(deserialize_with = "super::read::seconds")]
    pub access_lifetime: Duration,
    /// An access token's life after a login with `remember_me` or with a remember-me token.
    #[serde(deserialize_with = "super::read::seconds")]
    pub remember_me_access_lifetime: Duration,
    /// A cross token's life.
    #[serde(deserialize_with = "super::read::seconds")]
    pub cross_lifetime: Duration,
    /// A remember-me token's life.
    #[serde(deserialize_with = "super::read::seconds")]
    pub remember_me_lifetime: Duration,
    /// Nothing lives longer than this after the person last proved who they are.
    #[serde(deserialize_with = "super::read::seconds")]
    pub max_login_age: Duration,
    /// Whether a login must name its application.
    pub require_application_id: bool,
    /// The applications that may log in; empty: all.
    pub applications: Vec<String>,
}
