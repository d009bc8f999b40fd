//! The composition root: settings -> store -> services -> HTTP. The server as a value with `build` and `run`, which
//! `bimgate serve` and the tests start alike.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App as Routes, HttpServer, web};
use tokio::sync::watch;

use crate::admin;
use crate::clock::Clock;
use crate::directory::{Directory, keep_house};
use crate::http::edge::{self, Edge};
use crate::http::openapi::Document;
use crate::http::ops::{self, Ops};
use crate::http::{self, Metrics, Services};
use crate::identity::{Identity, Passwords, PasswordsError};
use crate::settings::Settings;
use crate::store::{Observed, Store};
use crate::tokens::Tokens;

/// How long commands that are under way may take when the server stops; the listener's own limit is shorter.
const ADMIN_STOP: Duration = Duration::from_secs(6);
/// Connections to the private listener: probes and scrapers.
const PRIVATE_CONNECTIONS: usize = 64;

/// A server that is bound but does not serve yet.
pub struct App {
    settings: Settings,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<Passwords>,
    admin: Option<admin::Listener>,
    servers: Vec<Server>,
    address: SocketAddr,
    ops: web::Data<Ops>,
}

/// Why the server does not start: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another program using it? `server.listen` chooses another")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The socket for commands cannot be made.
    #[error("cannot listen for commands in {}: {source}", folder.display())]
    Admin {
        /// The data folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The hashing threads do not start.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// A metric has no name of its own: a bug.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(#[from] prometheus::Error),
}

impl App {
    /// Binds everything. `data_folder` is where commands reach this server, if one process owns the store.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn build(
        settings: Settings,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        data_folder: Option<PathBuf>,
    ) -> Result<Self, StartError> {
        let passwords = Passwords::start(&settings.passwords)?;
        let metrics = Metrics::new(clock.now())?;
        let (queued, running) = (Arc::clone(&passwords), Arc::clone(&passwords));
        metrics.watch_hashing(move || queued.queued(), move || running.running())?;
        let store: Arc<dyn Store> = Arc::new(Observed::new(store, metrics.store_times()));
        let ops = web::Data::new(Ops::new(store.for_worker(), metrics.clone()));

        let parts = Parts {
            settings: settings.clone(),
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            passwords: Arc::clone(&passwords),
            metrics,
        };
        let (public, address) = parts.clone().public(&ops)?;
        let private = settings.server.private_listen.map(|address| parts.private(&ops, address)).transpose()?;
        let servers = [Some(public), private].into_iter().flatten().collect();
        let admin = data_folder
            .map(|folder| admin::Listener::bind(&folder).map_err(|source| StartError::Admin { folder, source }))
            .transpose()?;
        Ok(Self { settings, store, clock, passwords, admin, servers, address, ops })
    }

    /// Where clients connect: with port 0 in the settings, the port that was free.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where passwords are hashed.
    #[must_use]
    pub fn passwords(&self) -> &Arc<Passwords> {
        &self.passwords
    }

    /// Serves until `stop` is ready; then takes no new connection, answers what is running, flushes the store, and
    /// returns, within `server.shutdown_timeout` and a few seconds.
    ///
    /// # Errors
    /// What the listener's thread says when it breaks.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        for warning in self.store.warnings().await.unwrap_or_default() {
            tracing::warn!("{warning}");
        }
        let housekeeping = tokio::spawn(keep_house(Arc::clone(&self.store), Arc::clone(&self.clock)));
        let (stop_admin, mut stopped) = watch::channel(());
        let admin = self.admin.map(|listener| {
            let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
            let shutdown = async move {
                let _ = stopped.changed().await;
            };
            tokio::spawn(listener.run(store, clock, shutdown))
        });
        let handles: Vec<_> = self.servers.iter().map(Server::handle).collect();
        let serving = futures_util::future::try_join_all(self.servers);
        let stopping = async {
            stop.await;
            self.ops.stop();
            tracing::info!(seconds = self.settings.server.shutdown_timeout.as_secs(), "stopping");
            futures_util::future::join_all(handles.iter().map(|handle| handle.stop(true))).await;
        };
        let served = tokio::select! {
            served = serving => served.map(drop),
            () = stopping => Ok(()),
        };

        housekeeping.abort();
        drop(stop_admin);
        if let Some(admin) = admin {
            let _ = tokio::time::timeout(ADMIN_STOP, admin).await;
        }
        self.passwords.stop();
        self.store.close().await;
        served
    }
}

fn workers(settings: &Settings) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    if settings.server.workers == 0 { cores() } else { settings.server.workers }
}

/// What every worker's services are made of.
#[derive(Clone)]
struct Parts {
    settings: Settings,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<Passwords>,
    metrics: Metrics,
}

impl Parts {
    /// What clients connect to, and where it listens.
    fn public(self, ops: &web::Data<Ops>) -> Result<(Server, SocketAddr), StartError> {
        let settings = self.settings.server.clone();
        let workers = workers(&self.settings);
        let (ops, ops_are_public) = (ops.clone(), settings.private_listen.is_none());
        let server = HttpServer::new(move || {
            let (edge, services) = self.for_worker();
            let app = Routes::new()
                .wrap(from_fn(move |request, next| edge::around(Rc::clone(&edge), request, next)))
                .app_data(services)
                .configure(http::routes)
                .default_service(edge::missing());
            if ops_are_public { app.app_data(ops.clone()).configure(ops::routes) } else { app }
        })
        .workers(workers)
        .max_connections(settings.max_connections.div_ceil(workers))
        .client_request_timeout(settings.client_timeout)
        .keep_alive(settings.idle_timeout)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals()
        .bind(settings.listen)
        .map_err(|source| StartError::Listen { address: settings.listen, source })?;
        let address = server.addrs().first().copied().unwrap_or(settings.listen);
        Ok((server.run(), address))
    }

    /// Health and metrics on a listener of their own, where one thread is enough.
    fn private(self, ops: &web::Data<Ops>, address: SocketAddr) -> Result<Server, StartError> {
        let settings = self.settings.server.clone();
        let ops = ops.clone();
        let server = HttpServer::new(move || {
            let edge = Rc::new(self.edge());
            Routes::new()
                .wrap(from_fn(move |request, next| edge::around(Rc::clone(&edge), request, next)))
                .app_data(ops.clone())
                .configure(ops::routes)
                .default_service(edge::missing())
        })
        .workers(1)
        .max_connections(PRIVATE_CONNECTIONS)
        .client_request_timeout(settings.client_timeout)
        .keep_alive(settings.idle_timeout)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals()
        .bind(address)
        .map_err(|source| StartError::Listen { address, source })?;
        Ok(server.run())
    }

    fn edge(&self) -> Edge {
        Edge {
            origins: self.settings.server.allowed_origins.clone(),
            metrics: self.metrics.clone(),
            store_limit: self.settings.store.timeout_ms,
        }
    }

    /// Called on the worker's own thread, where its connection to the store then lives.
    fn for_worker(&self) -> (Rc<Edge>, web::Data<Services>) {
        let Self { settings, clock, metrics, .. } = self;
        let store = self.store.for_worker();
        let throttle = settings.throttle.clone();
        let identity = Identity::new(Arc::clone(&store), Arc::clone(&self.passwords), throttle, Arc::clone(clock));
        let directory = Directory::new(Arc::clone(&store), &settings.limits, &settings.tokens);
        let tokens = Tokens::new(store, directory, identity, settings.tokens.clone(), Arc::clone(clock));
        let trusted_proxies = settings.server.trusted_proxies.clone();
        let document = Document::new(settings.server.public_url.clone());
        let services = Services { tokens, metrics: metrics.clone(), trusted_proxies, document };
        (Rc::new(self.edge()), web::Data::new(services))
    }
}
