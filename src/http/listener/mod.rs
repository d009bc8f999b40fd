//! A listener: its threads, its limits, and the middleware around its routes.

mod door;
mod places;
mod worker;

use std::fmt::Display;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_http::HttpService;
use actix_service::{IntoServiceFactory as _, ServiceFactory as _, ServiceFactoryExt as _, fn_factory, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use actix_web::middleware::from_fn;
use actix_web::rt::Runtime;
use actix_web::web::ServiceConfig;
use ipnet::IpNet;
use rustls::ServerConfig;
use tokio::net::TcpSocket;
use tokio::sync::mpsc::{UnboundedSender, WeakUnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, LINGER};
use super::middleware::{self, Middleware};
use super::routes::not_found;
use crate::settings::ServerSettings;
use door::{Arrival, Door, UnixSocket};
use places::Places;
use worker::{Connections, Services, WorkerCommand};

pub use places::ConnectionSlot;

/// With how much to listen.
#[derive(Clone, Debug)]
pub struct Size {
    /// Threads, each with everything of its own.
    pub workers: usize,
    /// Connections at once, all threads together.
    pub connections: usize,
    /// Connections at once from one network.
    pub per_network: usize,
    /// Networks that may have more.
    pub exempt: Vec<IpNet>,
}

/// How many connections may wait in the kernel to be accepted: a crowd of clients comes back at once after a restart.
const BACKLOG: u32 = 4096;
/// How long connections that a client has begun to open may take to be open when the server stops: some round trips.
const HANDSHAKE: Duration = Duration::from_millis(300);
/// How long to wait when the system has no more file descriptors for connections.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(500);

/// A listener that accepts connections, until it is stopped or dropped.
pub struct Server {
    acceptor: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    orders: Vec<UnboundedSender<WorkerCommand>>,
    places: Arc<Places>,
}

/// Tells whether the threads of a listener serve, for as long as the listener is there.
pub struct Pulse(Vec<WeakUnboundedSender<WorkerCommand>>);

/// What a listener is bound to.
pub enum Bound {
    /// A port.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixSocket),
}

/// Makes the Unix socket in a data folder, of which the caller must hold the lock: one that is there already was left
/// by a killed server, and is removed. It is removed when the listener has been stopped.
///
/// # Errors
/// The folder is not writable, or something other than a socket has the name.
pub fn bind_unix(folder: &Path) -> io::Result<UnixSocket> {
    UnixSocket::bind(folder)
}

/// Binds an address; with port 0, a port that is free.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// Serves what [`bind`] or [`bind_unix`] has bound, encrypted where there is `tls`. `around` and `routes` are called
/// on each of its threads; connections are accepted from now on.
///
/// # Errors
/// When the system refuses to listen.
pub fn listen(
    settings: &ServerSettings,
    size: Size,
    bound: Bound,
    tls: Option<Arc<ServerConfig>>,
    around: impl Fn() -> Middleware + Clone + Send + 'static,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> io::Result<Server> {
    let door = Door::new(bound)?;
    let places = Places::new(size.connections, size.per_network, size.exempt);
    let tls = tls.map(TlsAcceptor::from);
    let mut orders = Vec::new();
    for _ in 0..size.workers {
        let (sender, receiver) = unbounded_channel();
        let (around, routes, places, tls) = (around.clone(), routes.clone(), Arc::clone(&places), tls.clone());
        let (workers, settings) = (size.workers, settings.clone());
        let serve = async move || {
            // As `actix_web::HttpServer` does it, but for the type of the connection.
            let around = Rc::new(around());
            let app = App::new()
                .wrap(from_fn(move |request, next| middleware::handle(Rc::clone(&around), request, next)))
                .configure(routes)
                .default_service(not_found());
            let app = app.into_factory().map_err(|error| error.error_response());
            let app = map_config(app, |()| AppConfig::default()).new_service(()).await;
            let Ok(requests) = app.map(Rc::new) else { return cannot_start(&"the routes are wrong") };
            let app = Rc::clone(&requests);
            let http = HttpService::build()
                .keep_alive(settings.idle_timeout)
                .client_request_timeout(settings.client_timeout)
                .client_disconnect_timeout(LINGER)
                .on_connect_ext(|connection: &Connection, data| {
                    data.insert(connection.turn().clone());
                    if let Some(uid) = connection.peer_uid() {
                        data.insert(uid);
                    }
                })
                .h1(fn_factory(move || ready(Ok::<_, ()>(Rc::clone(&app)))));
            let Ok(http1) = http.new_service(()).await else { return cannot_start(&"there is no service") };
            let connections = Connections::new(&settings, workers, places, tls);
            worker::serve(Services { http1, requests }, connections, receiver).await;
        };
        let serve = move || match Runtime::new() {
            Ok(runtime) => runtime.block_on(serve()),
            Err(error) => cannot_start(&error),
        };
        thread::Builder::new().name("worker".to_owned()).spawn(serve)?;
        orders.push(sender);
    }
    let (stop, stopped) = oneshot::channel();
    let acceptor = Acceptor { door, places: Arc::clone(&places), workers: orders.clone(), next: 0 };
    let acceptor = tokio::spawn(acceptor.run(stopped));
    Ok(Server { acceptor, stop, orders, places })
}

fn cannot_start(error: &dyn Display) {
    tracing::error!(%error, "a worker thread cannot start");
}

impl Pulse {
    /// Ready as soon as every thread has answered: never while one hangs. False if one has ended.
    pub async fn beats(&self) -> bool {
        let asked = self.0.iter().map(|worker| {
            let (asked, answer) = oneshot::channel();
            worker.upgrade()?.send(WorkerCommand::Answer(asked)).ok().map(|()| answer)
        });
        // All are asked before the first is waited for.
        let Some(answers) = asked.collect::<Option<Vec<_>>>() else { return false };
        for answer in answers {
            if answer.await.is_err() {
                return false;
            }
        }
        true
    }
}

impl Server {
    /// What tells whether its threads serve.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        Pulse(self.orders.iter().map(UnboundedSender::downgrade).collect())
    }

    /// Takes no new connection, answers what has been asked on those that there are and the first request of each, and
    /// closes them; whatever is not done within `timeout` is broken off.
    pub async fn stop(self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        for worker in &self.orders {
            let _ = worker.send(WorkerCommand::Stop);
        }
        let _ = self.stop.send(());
        let acceptor = self.acceptor.abort_handle();
        let finished = async {
            let _ = self.acceptor.await;
            self.places.empty().await;
        };
        if timeout_at(deadline, finished).await.is_err() {
            tracing::warn!("not everything was answered within server.shutdown_timeout");
        }
        // Workers end when nobody can give them orders any more.
        acceptor.abort();
    }
}

/// Hands connections to the workers in turn.
struct Acceptor {
    door: Door,
    places: Arc<Places>,
    workers: Vec<UnboundedSender<WorkerCommand>>,
    next: usize,
}

impl Acceptor {
    /// Runs until `stop` is told, and then until no client is left that takes the server for open.
    async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                () = self.accept() => {}
                _ = &mut stop => break,
            }
        }
        // The kernel resets what waits in a listener when it closes. So nobody may come in any more, …
        self.door.let_nobody_in();
        let deadline = Instant::now() + HANDSHAKE;
        // … who has begun to is awaited, …
        while timeout_at(deadline, self.accept()).await.is_ok() {}
        // … and nobody is left behind.
        while let Some(arrival) = self.door.try_accept() {
            self.hand_on(arrival);
        }
    }

    /// Accepts a connection as soon as there is one, and a place for it.
    async fn accept(&mut self) {
        self.places.room().await;
        match self.door.accept().await {
            Ok(arrival) => self.hand_on(arrival),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "connections cannot be accepted");
                sleep(ACCEPT_BACKOFF).await;
            }
        }
    }

    /// A connection that gets no place is closed by being dropped.
    fn hand_on(&mut self, arrival: Arrival) {
        let Some(place) = self.places.take(arrival.network()) else { return };
        let mut order = WorkerCommand::Serve(arrival, place);
        for _ in 0..self.workers.len() {
            self.next = (self.next + 1) % self.workers.len();
            match self.workers[self.next].send(order) {
                Ok(()) => return,
                // That worker is gone: the next one.
                Err(refused) => order = refused.0,
            }
        }
    }
}

/// Whether the next connection may be accepted nonetheless.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Has the system close a connection whose client takes nothing of what it asked for (Linux's `TCP_USER_TIMEOUT`).
fn give_up_on_silence(stream: &impl AsFd, timeout: Duration) {
    let millis = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, millis) {
        tracing::debug!(%error, "a connection has no timeout for its client's silence");
    }
}
