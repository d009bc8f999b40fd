//! What the server listens on, and what it mounts there.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use rustls::ServerConfig;

use super::StartError;
use super::dependencies::Dependencies;
use crate::demo;
use crate::http::listener::{Server, Size, bind, listen};
use crate::http::ops::Ops;
use crate::http::routes;
use crate::settings::Settings;

/// Connections to the private listener: probes and scrapers.
const PRIVATE_CONNECTIONS: usize = 64;

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
        config.configure(routes::apis).configure(routes::provisioning).configure(routes::pages);
        if let Some(ops) = &ops {
            config.app_data(ops.clone()).configure(routes::probes);
        }
        if demo {
            config.app_data(web::Data::from(state.store.for_worker())).configure(demo::routes);
        }
    };
    let server = listen(&settings.server, size, listener, tls, move || middleware.middleware(), mount);
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
    let server = listen(&settings.server, size, listener, None, move || parts.middleware(), mount);
    server.map(|server| (server, bound)).map_err(|source| StartError::listen(address, setting, source))
}
