//! HTTP: every route on one screen, and the only place where an error becomes a response.
//!
//! A handler parses, makes one call, renders. [`middleware`] stands around all of them: request ids, CORS, the error
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

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::ErrorInternalServerError;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, FromRequest, HttpRequest};
use ipnet::IpNet;

use crate::auth::Identity;
use crate::bearer::Bearers;
use crate::login::LoginService;
use crate::session::{PublicUrl, SessionService};
use crate::settings::{AdminSettings, ClientAddress, IntrospectionSettings};
use crate::store::Store;
use crate::token::TokenService;

use routing::{at, get_and_head};

pub use metrics::{LoginMethod, LoginOutcome, Metrics};
pub use route::Route;

/// How much longer than a login may take a browser keeps what belongs to it: so whoever comes back too late is told so.
pub const KEPT_LONGER: Duration = Duration::from_secs(3600);

/// What the handlers of one worker thread work with: as `web::Data<AppState>` the worker's own, as `AppState` that of one
/// request, whose store calls share one deadline. A handler that calls the store once, or for longer than one request's
/// time, takes the worker's own. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Tokens of the v2 API.
    pub tokens: TokenService,
    /// Sessions of the directory API.
    pub directory: Arc<SessionService>,
    /// What names those sessions.
    pub bearers: Arc<Bearers>,
    /// Who counts what fails.
    pub identity: Arc<Identity>,
    /// Who the administrator is.
    pub admin: Rc<AdminSettings>,
    /// Who may ask about tokens.
    pub introspection: Rc<IntrospectionSettings>,
    /// Logins through a browser.
    pub logins: LoginService,
    /// Where the identity provider describes itself, if there is one.
    pub provider_document: Option<Rc<str>>,
    /// Where this server is found.
    pub base: PublicUrl,
    /// How long a browser is told apart from others, and keeps a login.
    pub browser_lifetime: Duration,
    /// What is counted.
    pub metrics: Metrics,
    /// Proxies that are believed.
    pub trusted_proxies: Rc<[IpNet]>,
    /// How much of a client's address is logged.
    pub client_address: ClientAddress,
    /// The API description.
    pub document: Rc<openapi::Document>,
}

impl AppState {
    /// The same for one request.
    fn for_request(&self) -> Self {
        let store = self.store.for_request();
        let identity = Arc::new(self.identity.with_store(Arc::clone(&store)));
        let directory = Arc::new(self.directory.with_store(Arc::clone(&store), Arc::clone(&identity)));
        Self {
            tokens: self.tokens.with_store(Arc::clone(&store), Arc::clone(&directory), Arc::clone(&identity)),
            logins: self.logins.with_store(Arc::clone(&directory), Arc::clone(&identity)),
            store,
            identity,
            directory,
            ..self.clone()
        }
    }
}

impl FromRequest for AppState {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let of_worker = request.app_data::<web::Data<Self>>();
        ready(of_worker.map(|state| state.for_request()).ok_or_else(|| ErrorInternalServerError("no state")))
    }
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
