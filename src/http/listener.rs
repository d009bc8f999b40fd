//! A listener: its threads, its limits, and the edge around its routes.

use std::any::Any;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use tokio::net::TcpSocket;

use super::edge::{self, Edge};
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
    let patience = settings.client_timeout;
    let server = HttpServer::new(move || {
        let edge = Rc::new(edge());
        App::new()
            .wrap(from_fn(move |request, next| edge::around(Rc::clone(&edge), request, next)))
            .configure(routes.clone())
            .default_service(edge::missing())
    })
    .workers(size.workers)
    .max_connections(size.connections.div_ceil(size.workers))
    .on_connect(move |connection, _| give_up_on_silence(connection, patience))
    .client_request_timeout(settings.client_timeout)
    .keep_alive(settings.idle_timeout)
    .shutdown_timeout(settings.shutdown_timeout.as_secs())
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

/// Has the system close a connection whose client takes nothing of what it asked for (Linux's `TCP_USER_TIMEOUT`): the
/// framework waits for it for ever, and enough of them would take all places.
fn give_up_on_silence(connection: &dyn Any, patience: Duration) {
    let millis = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, millis)
    {
        tracing::debug!(%error, "a connection has no timeout for its client's silence");
    }
}
