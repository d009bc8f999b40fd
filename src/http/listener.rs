//! A listener: its threads, its limits, and the edge around its routes.

use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use actix_http::HttpService;
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::App;
use actix_web::dev::{AppConfig, Server};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use tokio::net::TcpSocket;

use super::connection::Connection;
use super::edge::{self, Edge};
use super::mount::missing;
use crate::settings::ServerSettings;

/// With how much to listen.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Threads, each with everything of its own.
    pub workers: usize,
    /// Connections at once, all threads together.
    pub connections: usize,
}

/// How many connections may wait in the kernel to be accepted: a crowd of clients comes back at once after a restart.
const BACKLOG: u32 = 4096;
/// How long a client that was refused halfway may take to read why.
const LINGER: Duration = Duration::from_secs(1);

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

/// Serves what [`bind`] has bound. `edge` and `routes` are called on each of its threads, also while it is not yet
/// polled; connections are accepted from now on.
///
/// # Errors
/// When the system refuses to listen.
pub fn listen(
    settings: &ServerSettings,
    size: Size,
    listener: TcpListener,
    edge: impl Fn() -> Edge + Clone + Send + 'static,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> io::Result<Server> {
    let ServerSettings { client_timeout: patience, idle_timeout, .. } = *settings;
    let server = Server::build()
        .workers(size.workers)
        .max_concurrent_connections(size.connections.div_ceil(size.workers))
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    // As `actix_web::HttpServer` does it, but for the type of the connection.
    let service = move || {
        let (edge, stopping) = (Rc::new(edge()), stopping.clone());
        let app = App::new()
            .wrap(from_fn(move |request, next| edge::around(Rc::clone(&edge), request, next)))
            .configure(routes.clone())
            .default_service(missing());
        let app = app.into_factory().map_err(|error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(idle_timeout)
            .client_request_timeout(patience)
            .client_disconnect_timeout(LINGER)
            .on_connect_ext(|connection: &Connection, data| drop(data.insert(connection.finished())))
            .h1(map_config(app, |()| AppConfig::default()));
        let accept = fn_service(move |stream: TcpStream| {
            give_up_on_silence(&stream, patience);
            let peer = stream.peer_addr().ok();
            ready(Ok((Connection::new(stream), peer)))
        });
        accept.and_then(http)
    };
    Ok(server.listen("http", listener, service)?.run())
}

/// Has the system close a connection whose client takes nothing of what it asked for (Linux's `TCP_USER_TIMEOUT`): the
/// framework waits for it for ever, and enough of them would take all places.
fn give_up_on_silence(stream: &TcpStream, patience: Duration) {
    let millis = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, millis) {
        tracing::debug!(%error, "a connection has no timeout for its client's silence");
    }
}
