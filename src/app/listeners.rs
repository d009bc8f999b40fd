//! What the server listens on, and what it mounts there.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::sync::mpsc::Sender;

use super::StartError;
use super::dependencies::Dependencies;
use crate::admin::KeyMaker;
use crate::demo;
use crate::domain::TokenDigest;
use crate::http::console::Console;
use crate::http::listener::{Bound, Server, Size, bind, bind_unix, listen};
use crate::http::manage::Management;
use crate::http::middleware::{Middleware, cors};
use crate::http::ops::Ops;
use crate::http::{pages, routes};
use crate::session::CensusMetrics;
use crate::settings::{Setting, Settings};

/// Connections to the private listener: probes and scrapers.
const PRIVATE_CONNECTIONS: usize = 64;

/// Connections at once to a listener of the management API.
const MANAGEMENT_CONNECTIONS: usize = 16;

/// Binds an address. Returns the address with the real port where the setting has port 0.
pub(super) fn bound(address: SocketAddr, setting: &'static str) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = bind(address).and_then(|listener| listener.local_addr().map(|address| (listener, address)));
    bound.map_err(|source| StartError::listen(address, setting, source))
}

/// The listener that clients connect to.
pub(super) fn listen_publicly(
    settings: &Settings,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    parts: &Dependencies,
    ops: &web::Data<Ops>,
    demo: bool,
) -> Result<Server, StartError> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let workers = if settings.server.workers == 0 { cores() } else { settings.server.workers };
    let size = Size {
        workers,
        connections: settings.server.max_connections,
        per_network: settings.server.max_connections_per_network,
        exempt: settings.server.trusted_proxies.clone(),
    };
    let ops = settings.server.private_listen.is_none().then(|| ops.clone());
    let (middleware, state) = (parts.clone(), parts.clone());
    let mount = move |config: &mut ServiceConfig| {
        state.state().share(config);
        config.configure(routes::apis).configure(routes::provisioning).configure(pages::routes);
        if let Some(ops) = &ops {
            config.app_data(ops.clone()).configure(routes::probes);
        }
        if demo {
            config.app_data(web::Data::from(state.store.for_worker())).configure(demo::routes);
        }
    };
    let server = listen(&settings.server, size, Bound::Tcp(listener), tls, move || middleware.middleware(), mount);
    server.map_err(|source| StartError::listen(settings.server.listen, "server.listen", source))
}

/// Health and metrics on a listener of their own, where one thread is enough.
pub(super) fn listen_privately(
    settings: &Settings,
    address: SocketAddr,
    parts: &Dependencies,
    ops: &web::Data<Ops>,
) -> Result<(Server, SocketAddr), StartError> {
    let setting = "server.private_listen";
    let (listener, bound) = bound(address, setting)?;
    let connections = PRIVATE_CONNECTIONS;
    let size = Size { workers: 1, connections, per_network: connections, exempt: Vec::new() };
    let (parts, ops) = (parts.clone(), ops.clone());
    let mount = move |config: &mut ServiceConfig| {
        config.app_data(ops.clone()).configure(routes::probes);
    };
    let server = listen(&settings.server, size, Bound::Tcp(listener), None, move || parts.middleware(), mount);
    server.map(|server| (server, bound)).map_err(|source| StartError::listen(address, setting, source))
}

/// The management API for the commands of this machine, in the data folder. Its caller holds the lock of the store
/// there.
pub(super) fn listen_for_commands(
    settings: &Settings,
    folder: &Path,
    parts: &Dependencies,
    operators: &Operators,
) -> Result<Server, StartError> {
    let failed = |source| StartError::Admin { folder: folder.to_owned(), source };
    manage(settings, Bound::Unix(bind_unix(folder).map_err(failed)?), None, parts, operators).map_err(failed)
}

/// The management API for programs with API tokens.
pub(super) fn listen_for_operators(
    settings: &Settings,
    address: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    parts: &Dependencies,
    operators: &Operators,
) -> Result<(Server, SocketAddr), StartError> {
    let setting = "manage.listen";
    let (listener, bound) = bound(address, setting)?;
    let server = manage(settings, Bound::Tcp(listener), tls, parts, operators);
    server.map(|server| (server, bound)).map_err(|source| StartError::listen(address, setting, source))
}

/// What the management API has besides what all listeners have.
pub(super) struct Operators {
    /// The settings in force.
    pub(super) shown: Arc<ArcSwap<Vec<Setting>>>,
    /// What the store holds.
    pub(super) census: CensusMetrics,
    /// Where to tell that an API token is used.
    pub(super) uses: Sender<TokenDigest>,
}

/// One thread is enough for operators.
fn manage(
    settings: &Settings,
    bound: Bound,
    tls: Option<Arc<ServerConfig>>,
    parts: &Dependencies,
    operators: &Operators,
) -> std::io::Result<Server> {
    let connections = MANAGEMENT_CONNECTIONS;
    let size = Size { workers: 1, connections, per_network: connections, exempt: Vec::new() };
    let (around, parts) = (parts.clone(), parts.clone());
    let (shown, uses) = (Arc::clone(&operators.shown), operators.uses.clone());
    let app_passwords = settings.passwords.app_passwords;
    // No browser comes by a Unix socket.
    let console = matches!(bound, Bound::Tcp(_)).then(|| {
        let (clock, passwords) = (Arc::clone(&parts.clock), Arc::clone(&parts.passwords));
        web::Data::new(Console::new(settings, clock, passwords, operators.census.clone()))
    });
    let mount = move |config: &mut ServiceConfig| {
        let state = parts.state();
        let management = Management {
            store: Arc::clone(&state.services.store),
            clock: Arc::clone(&parts.clock),
            keys: Arc::new(KeyMaker::Running(Arc::clone(&parts.bearers), parts.settings.clone().into())),
            app_passwords,
            settings: Arc::clone(&shown),
            mailer: parts.mailer.clone(),
            uses: uses.clone(),
        };
        state.share(config);
        config.app_data(web::Data::new(management)).configure(routes::management);
        if let Some(console) = &console {
            config.app_data(console.clone()).configure(routes::console).configure(routes::files);
        }
    };
    let around = move || Middleware { cors: cors::Policy::nobody(), ..around.middleware() };
    listen(&settings.server, size, bound, tls, around, mount)
}
