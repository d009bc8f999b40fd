//! `[store]`

use std::time::Duration;

use serde::Deserialize;

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
    /// The Redis password; also as `password_file`.
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
