//! HTTP: every route on one screen (`routes`), and the only place where an error becomes a response.
//!
//! A handler parses, makes one call, renders. `middleware` stands around all of them: request ids, CORS, the error
//! envelope, panics, the log line, metrics.

pub(crate) mod account;
pub(crate) mod connection;
pub(crate) mod console;
pub(crate) mod directory;
pub mod error;
pub(crate) mod extract;
pub(crate) mod listener;
pub(crate) mod manage;
mod metrics;
pub(crate) mod middleware;
pub mod openapi;
pub(crate) mod ops;
pub mod pages;
pub(crate) mod routes;
pub(crate) mod scim;
pub mod trace;
pub(crate) mod v2;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use arc_swap::ArcSwap;
use ipnet::IpNet;

use crate::account::AccountService;
use crate::auth::Identity;
use crate::bearer::Bearers;
use crate::login::LoginService;
use crate::session::{PublicUrl, SessionService};
use crate::settings::{AdminSettings, ClientAddress, IntrospectionSettings, ScimSettings};
use crate::store::Store;
use crate::token::TokenService;

pub use metrics::{LoginMethod, LoginMinutes, LoginOutcome, Metrics};
pub use routes::Route;

/// How much longer than a login may take a browser keeps what belongs to it: so whoever comes back too late is told so.
pub const KEPT_LONGER: Duration = Duration::from_secs(3600);

/// What the handlers of one worker thread work with; each takes what it needs.
pub struct AppState {
    /// Services with the worker's own handle of the store.
    pub services: Services,
    /// What names sessions of the directory API.
    pub bearers: Arc<Bearers>,
    /// What is counted.
    pub metrics: Metrics,
    /// The API's description.
    pub document: openapi::Document,
    /// What the settings say of requests.
    pub settings: HttpSettings,
    /// Whose pages they are; may change while requests come.
    pub brand: Arc<ArcSwap<pages::Brand>>,
}

/// The services that call the store, all through one handle of it.
pub struct Services {
    /// That handle.
    pub store: Arc<dyn Store>,
    /// Tokens of the v2 API.
    pub tokens: Arc<TokenService>,
    /// Sessions of the directory API.
    pub sessions: Arc<SessionService>,
    /// Logins through a browser.
    pub logins: Arc<LoginService>,
    /// The account page.
    pub accounts: Arc<AccountService>,
    /// Who counts what fails.
    pub identity: Arc<Identity>,
}

impl Services {
    /// The same for one request, whose calls of the store share one deadline.
    fn for_request(&self) -> Self {
        let store = self.store.for_request();
        let identity = Arc::new(self.identity.with_store(Arc::clone(&store)));
        let sessions = Arc::new(self.sessions.with_store(Arc::clone(&store), Arc::clone(&identity)));
        let tokens = self.tokens.with_store(Arc::clone(&store), Arc::clone(&sessions), Arc::clone(&identity));
        let logins = Arc::new(self.logins.with_store(Arc::clone(&sessions), Arc::clone(&identity)));
        let accounts = self.accounts.with_store(Arc::clone(&store), Arc::clone(&identity), Arc::clone(&logins));
        Self { store, tokens: Arc::new(tokens), sessions, logins, accounts: Arc::new(accounts), identity }
    }
}

/// What the settings say of requests.
pub struct HttpSettings {
    /// Who the administrator is.
    pub admin: AdminSettings,
    /// Who may ask about tokens; may change while requests come.
    pub introspection: Arc<ArcSwap<IntrospectionSettings>>,
    /// Who may provision.
    pub scim: ScimSettings,
    /// Where the identity provider describes itself, if there is one.
    pub provider_document: Option<String>,
    /// Where this server is found.
    pub base: PublicUrl,
    /// How long a browser is told apart from others, and keeps a login.
    pub browser_lifetime: Duration,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How much of a client's address is logged.
    pub client_address: ClientAddress,
}

impl AppState {
    /// Has the handlers of an app take it.
    pub fn share(self, app: &mut ServiceConfig) {
        app.app_data(Data::from(Arc::clone(&self.services.tokens)))
            .app_data(Data::from(Arc::clone(&self.services.sessions)))
            .app_data(Data::new(self.services))
            .app_data(Data::from(self.bearers))
            .app_data(Data::new(self.metrics))
            .app_data(Data::new(self.document))
            .app_data(Data::new(self.settings))
            .app_data(Data::from(self.brand));
    }
}
