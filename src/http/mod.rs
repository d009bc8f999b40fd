//! HTTP: every route on one screen, and the only place where an error becomes a response.
//!
//! A handler parses, makes one call, renders. [`edge`] stands around all of them: request ids, CORS, the error
//! envelope, panics, the log line, metrics.

pub mod connection;
pub mod directory;
pub mod error;
pub mod extract;
pub mod listener;
pub mod login_line;
mod metrics;
pub mod middleware;
pub mod openapi;
pub mod ops;
pub mod pages;
mod route;
pub mod routing;
pub mod v2;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use ipnet::IpNet;

use crate::auth::Identity;
use crate::bearer::Bearers;
use crate::login::LoginService;
use crate::session::{PublicUrl, SessionService};
use crate::settings::{AdminSettings, ClientAddress, IntrospectionSettings};
use crate::token::TokenService;

use routing::{at, get_and_head};

pub use metrics::{LoginMethod, LoginOutcome, Metrics};
pub use route::Route;

/// How much longer than a login may take a browser keeps what belongs to it: so whoever comes back too late is told so.
pub const KEPT_LONGER: Duration = Duration::from_secs(3600);

/// What the handlers of one worker thread work with.
pub struct AppState {
    /// Tokens of the v2 API.
    pub tokens: TokenService,
    /// Sessions of the directory API.
    pub directory: Arc<SessionService>,
    /// What names those sessions.
    pub bearers: Arc<Bearers>,
    /// Who counts what fails.
    pub identity: Arc<Identity>,
    /// Who the administrator is.
    pub admin: AdminSettings,
    /// Who may ask about tokens.
    pub introspection: IntrospectionSettings,
    /// Logins through a browser.
    pub logins: LoginService,
    /// Where the identity provider describes itself, if there is one.
    pub provider_document: Option<String>,
    /// Where this server is found.
    pub base: PublicUrl,
    /// How long a browser is told apart from others, and keeps a login.
    pub browser_lifetime: Duration,
    /// What is counted.
    pub metrics: Metrics,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How much of a client's address is logged.
    pub client_address: ClientAddress,
    /// The API description.
    pub document: openapi::Document,
}

/// The routes of the public listener; those of [`ops`] stand here too, or on a private one.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            get_and_head(at(Route::Authorize), v2::authorize::check)
                .route(web::post().to(v2::authorize::log_in))
                .route(web::delete().to(v2::authorize::revoke)),
        )
        .service(at(Route::CrossToken).route(web::post().to(v2::cross_token::mint)))
        .service(at(Route::CrossAuthorize).route(web::post().to(v2::cross_authorize::swap)))
        .service(get_and_head(at(Route::User), v2::user::tell))
        .service(get_and_head(at(Route::OpenIdConfiguration), v2::openid_configuration::find))
        .configure(directory::routes)
        .configure(pages::routes)
        .configure(openapi::routes);
}
