//! Settings: read once, validated whole, and reported together.
//!
//! Each section is a small file: the key beside its meaning. Names, units, defaults and reasons for people are in
//! `config/default.toml`, which is compiled in and also the list of all settings. `engine` reads them.

mod acme;
mod admin;
mod applications;
mod backup;
mod branding;
mod colour;
mod directory;
mod engine;
mod events;
mod introspection;
mod ldap;
mod licenses;
mod limits;
mod log;
mod mail;
mod manage;
mod openid;
mod passwords;
mod scim;
mod server;
mod signing;
mod sinks;
mod store;
pub(crate) mod store_url;
mod throttle;
mod tls;
mod tokens;
mod tracing;
mod upstream;

use std::path::Path;

use serde::Deserialize;

use engine::{Checks, Field, Schema};

pub use acme::AcmeSettings;
pub use admin::AdminSettings;
pub use applications::ApplicationSettings;
pub use backup::BackupSettings;
pub use branding::{BrandingSettings, OWN_NAME, Picture};
pub use colour::Colour;
pub use directory::DirectorySettings;
pub use engine::{Location, Problem, Problems, Secret, Setting, Sources, open_to_others};
pub use events::EventSettings;
pub use introspection::IntrospectionSettings;
pub use ldap::{LdapServer, LdapSettings};
pub use licenses::LicenseSettings;
pub use limits::LimitSettings;
pub use log::{ClientAddress, LogFormat, LogSettings};
pub use mail::{MailEncryption, MailSettings};
pub use manage::ManageSettings;
pub use openid::OpenIdSettings;
pub use passwords::PasswordSettings;
pub use scim::ScimSettings;
pub use server::{Origins, ServerSettings};
pub use signing::SigningSettings;
pub use sinks::{SyslogSettings, SyslogWay, WebhookSettings};
pub use store::StoreSettings;
pub use throttle::{BucketSettings, ThrottleSettings};
pub use tls::TlsSettings;
pub use tokens::TokenSettings;
pub use tracing::TracingSettings;
pub use upstream::UpstreamSettings;

/// The defaults, and the list of settings.
const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Settings that are lists of tables, and the keys of these.
const TABLES: [(&str, &[Field]); 1] = [("directory.applications", applications::FIELDS)];

/// Settings that are never shown; each can also be given as a file, by the key of the same name with `_file`.
const SECRETS: [&str; 10] = [
    "store.password",
    "openid.client_secret",
    "ldap.bind_password",
    "mail.password",
    "licenses.internal_secret",
    "admin.password",
    "introspection.clients",
    "scim.token",
    "events.webhook.secret",
    "tracing.headers",
];

/// Every setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Listening, addresses, CORS.
    pub server: ServerSettings,
    /// TLS for clients.
    pub tls: TlsSettings,
    /// Where everything is kept.
    pub store: StoreSettings,
    /// Backups that the server takes.
    pub backup: BackupSettings,
    /// How passwords are hashed.
    pub passwords: PasswordSettings,
    /// The OpenID Connect provider.
    pub openid: OpenIdSettings,
    /// The old service, from which people come over.
    pub upstream: UpstreamSettings,
    /// The LDAP server.
    pub ldap: LdapSettings,
    /// The server that sends mail.
    pub mail: MailSettings,
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
    /// Who may provision.
    pub scim: ScimSettings,
    /// Where operators reach the management API.
    pub manage: ManageSettings,
    /// How much one user may hold.
    pub limits: LimitSettings,
    /// How often logins may be tried.
    pub throttle: ThrottleSettings,
    /// What is logged, and how.
    pub log: LogSettings,
    /// How long events are kept, and where they are sent besides.
    pub events: EventSettings,
    /// Which requests are recorded as traces, and where these are sent.
    pub tracing: TracingSettings,
    /// What makes the pages those of an operator.
    pub branding: BrandingSettings,
}

impl Settings {
    /// The settings in force. Reads the file, and the files it names.
    ///
    /// # Errors
    /// [`Problems`]: all of them, each with where it stands.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        load(sources).map(|(settings, _)| settings)
    }

    /// The settings in force, and each as [`Self::show`] tells it.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_shown(sources: &Sources) -> Result<(Self, Vec<Setting>), Problems> {
        load(sources)
    }

    /// The defaults.
    ///
    /// # Errors
    /// None: a test proves that the defaults can be read.
    pub fn defaults() -> Result<Self, Problems> {
        Self::load(&Sources::default())
    }

    /// Every setting in force, in the order of `config/default.toml`.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn show(sources: &Sources) -> Result<Vec<Setting>, Problems> {
        load(sources).map(|(_, in_force)| in_force)
    }

    /// Warnings about settings that are allowed but hardly intended, a sentence each.
    #[must_use]
    pub fn warnings(&self, sources: &Sources) -> Vec<String> {
        let open = self.signing.key_file.as_deref().filter(|path| open_to_others(Path::new(path)));
        let open = open.map(|path| format!("signing.key_file: {path} can be read by other users; chmod 600 it"));
        let server = self.server.warning().map(str::to_owned);
        let unknown = engine::unknown_variables(&sources.environment, &schema());
        server
            .into_iter()
            .chain(self.tls.warning())
            .chain(self.events.syslog.warning())
            .chain(self.tracing.warning())
            .chain(open)
            .chain(unknown)
            .collect()
    }

    fn check(&mut self, checks: &mut Checks<'_>) {
        self.server.check(checks);
        self.tls.check(checks, &self.server);
        self.store.check(checks);
        self.backup.check(checks);
        self.passwords.check(checks);
        self.openid.check(checks, self.server.public_url.is_some());
        self.upstream.check(checks);
        self.ldap.check(checks, self.openid.issuer.as_deref());
        self.mail.check(checks, self.server.public_url.is_some());
        self.tokens.check(checks);
        self.directory.check(checks);
        self.signing.check(checks, self.store.url.starts_with("redis"), self.directory.bearer_lifetime);
        self.licenses.check(checks);
        self.admin.check(checks);
        self.manage.check(checks, &self.server, &self.tls, &self.directory);
        self.limits.check(checks);
        self.throttle.check(checks);
        self.log.check(checks);
        self.events.check(checks);
        self.tracing.check(checks);
        self.branding.check(checks);
        self.mail.name = self.branding.given_name().map(str::to_owned);
        self.tls.read_files(checks);
        self.store.read_files(checks);
        self.openid.read_files(checks);
        self.upstream.read_files(checks);
        self.ldap.read_files(checks);
        self.mail.read_files(checks);
        self.signing.read_files(checks);
        self.licenses.read_files(checks);
        self.admin.read_files(checks);
        self.introspection.read_files(checks);
        self.scim.read_files(checks);
        self.events.read_files(checks);
        self.tracing.read_files(checks);
        self.branding.read_files(checks);
    }
}

fn schema() -> Schema {
    Schema::new(DEFAULTS, &TABLES, &SECRETS)
}

fn load(sources: &Sources) -> Result<(Settings, Vec<Setting>), Problems> {
    engine::load(&schema(), sources, Settings::check)
}

#[cfg(test)]
mod tests;
