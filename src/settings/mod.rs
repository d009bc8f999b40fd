//! Settings: read once, validated whole, and reported together.
//!
//! Each section is a small file: the key beside its meaning. Names, units, defaults and reasons for people stand in
//! `config/default.toml`, which is compiled in and is also the list of keys there are.

mod admin;
mod applications;
mod checks;
mod directory;
mod environment;
mod file;
mod files;
mod introspection;
mod keys;
mod licenses;
mod limits;
mod load;
mod log;
mod openid;
mod passwords;
mod problems;
mod read;
mod secret;
mod server;
mod shown;
mod signing;
mod store;
pub(crate) mod store_url;
mod tables;
mod throttle;
mod tokens;

use std::path::Path;

use serde::Deserialize;

use checks::Checks;

pub use admin::AdminSettings;
pub use applications::ApplicationSettings;
pub use directory::DirectorySettings;
pub use files::open_to_others;
pub use introspection::IntrospectionSettings;
pub use licenses::LicenseSettings;
pub use limits::LimitSettings;
pub use load::Sources;
pub use log::{ClientAddress, LogFormat, LogSettings};
pub use openid::OpenIdSettings;
pub use passwords::PasswordSettings;
pub use problems::{Location, Problem, Problems};
pub use secret::Secret;
pub use server::{Origins, ServerSettings};
pub use shown::ShownSetting;
pub use signing::SigningSettings;
pub use store::StoreSettings;
pub use throttle::{BucketSettings, ThrottleSettings};
pub use tokens::TokenSettings;

/// Every setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Listening, addresses, CORS.
    pub server: ServerSettings,
    /// Where everything is kept.
    pub store: StoreSettings,
    /// How passwords are hashed.
    pub passwords: PasswordSettings,
    /// The OpenID Connect provider.
    pub openid: OpenIdSettings,
    /// Lifetimes, and which applications may log in.
    pub tokens: TokenSettings,
    /// Directory sessions.
    pub directory: DirectorySettings,
    /// The keys that sign bearers.
    pub signing: SigningSettings,
    /// Licences.
    pub licenses: LicenseSettings,
    /// The administrator.
    pub admin: AdminSettings,
    /// Who may ask about tokens.
    pub introspection: IntrospectionSettings,
    /// How much one user may hold.
    pub limits: LimitSettings,
    /// How often logins may be tried.
    pub throttle: ThrottleSettings,
    /// What is logged, and how.
    pub log: LogSettings,
}

impl Settings {
    /// What is no mistake, and yet hardly what the operator wants, a sentence each.
    #[must_use]
    pub fn warnings(&self, sources: &Sources) -> Vec<String> {
        let open = self.signing.key_file.as_deref().filter(|path| open_to_others(Path::new(path)));
        let open = open.map(|path| format!("signing.key_file: {path} can be read by other users; chmod 600 it"));
        let server = self.server.warning().map(str::to_owned);
        server.into_iter().chain(open).chain(environment::unknown(&sources.environment)).collect()
    }

    fn check(&self, checks: &mut Checks<'_>) {
        self.server.check(checks);
        self.store.check(checks);
        self.passwords.check(checks);
        self.openid.check(checks, self.server.public_url.is_some());
        self.tokens.check(checks);
        self.directory.check(checks);
        self.signing.check(checks, self.store.url.starts_with("redis"), self.directory.bearer_lifetime);
        self.licenses.check(checks);
        self.admin.check(checks);
        self.limits.check(checks);
        self.throttle.check(checks);
        self.log.check(checks);
    }
}

#[cfg(test)]
mod tests;
