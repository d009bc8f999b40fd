//! A worker thread, which serves connections and closes those whose time is over.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_http::error::DispatchError;
use actix_service::Service;
use actix_web::dev::ServiceResponse;
use actix_web::{HttpResponse, rt};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;

use super::door::Arrival;
use super::places::{ConnectionSlot, Places};
use crate::http::connection::http2::{self, Room};
use crate::http::connection::{Connection, Protocol, Transport, Turn, Watch, Wire};
use crate::settings::ServerSettings;

/// How often a worker looks for connections whose time is over.
const LOOK_AROUND: Duration = Duration::from_millis(250);
/// The sample of connections to choose from when one must be closed to make room: enough to find an old one.
const SAMPLE: usize = 16;

/// An order for a worker.
pub(super) enum WorkerCommand {
    /// Serve a new connection.
    Serve(Arrival, ConnectionSlot),
    /// Say that this thread is not stuck.
    Answer(oneshot::Sender<()>),
    /// Wait for no further requests on any connection.
    Stop,
}

/// The connections of one worker.
pub(super) struct Connections {
    watch: Rc<Watch>,
    places: Arc<Places>,
    tls: Option<TlsAcceptor>,
    workers: usize,
    turns: RefCell<Vec<Turn>>,
    /// Where the next sample begins.
    next: Cell<usize>,
}

/// What answers the requests of one worker.
pub(super) struct Services<H, S> {
    /// The framework's connections.
    pub http1: H,
    /// Requests of other connections.
    pub requests: Rc<S>,
}

/// Serves connections until the channel of orders is closed.
pub(super) async fn serve<H, S>(
    services: Services<H, S>,
    connections: Rc<Connections>,
    mut orders: UnboundedReceiver<WorkerCommand>,
) where
    H: Service<(Connection, Option<SocketAddr>), Response = (), Error = DispatchError> + 'static,
    S: Service<Request, Response = ServiceResponse, Error = HttpResponse> + 'static,
    S::Future: 'static,
{
    let services = Rc::new(services);
    let mut ticks = interval(LOOK_AROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(WorkerCommand::Serve(arrival, place)) => {
                    if poll_fn(|cx| services.http1.poll_ready(cx)).await.is_ok() {
                        connections.serve(&services, arrival, place);
                    }
                }
                // Whoever asked may have gone.
                Some(WorkerCommand::Answer(asked)) => drop(asked.send(())),
                Some(WorkerCommand::Stop) => connections.stop(),
                None => return,
            },
            _ = ticks.tick() => connections.look_around(),
        }
    }
}

/// Logs requests that the framework refused before our code saw them.
fn report(outcome: Result<(), DispatchError>, turn: &Turn, peer: Option<SocketAddr>) {
    let peer = peer.map(tracing::field::display);
    let cause = match outcome {
        Err(DispatchError::Parse(error)) => error.to_string(),
        _ if turn.is_in_head() => "the head of the request did not arrive in time, or broke off".to_owned(),
        Err(error) => return tracing::debug!(peer, %error, "a connection broke"),
        Ok(()) => return,
    };
    tracing::info!(peer, cause, "what a client sent is no request");
}

/// The same of HTTP/2.
fn report_http2(outcome: Result<(), h2::Error>, peer: Option<SocketAddr>) {
    let peer = peer.map(tracing::field::display);
    match outcome {
        Ok(()) => {}
        Err(error) if error.is_io() || error.is_remote() => tracing::debug!(peer, %error, "a connection broke"),
        Err(error) => tracing::info!(peer, cause = %error, "what a client sent is no request"),
    }
}

impl Connections {
    pub(super) fn new(
        settings: &ServerSettings,
        workers: usize,
        places: Arc<Places>,
        tls: Option<TlsAcceptor>,
    ) -> Rc<Self> {
        let (head_timeout, idle_timeout) = (settings.client_timeout, settings.idle_timeout);
        let watch = Watch { now: Cell::new(Instant::now()), stopping: Cell::new(false), head_timeout, idle_timeout };
        let (turns, next) = (RefCell::default(), Cell::new(0));
        Rc::new(Self { watch: Rc::new(watch), places, tls, workers, turns, next })
    }

    /// Serves a connection in a task of its own.
    fn serve<H, S>(self: &Rc<Self>, services: &Rc<Services<H, S>>, arrival: Arrival, place: ConnectionSlot)
    where
        H: Service<(Connection, Option<SocketAddr>), Response = (), Error = DispatchError> + 'static,
        S: Service<Request, Response = ServiceResponse, Error = HttpResponse> + 'static,
        S::Future: 'static,
    {
        let (peer, network) = (arrival.address(), arrival.network());
        let stream = match self.transport(arrival) {
            Ok(stream) => stream,
            Err(error) => return tracing::warn!(%error, "a connection cannot be served"),
        };
        self.make_room_if_scarce();
        // It is closed by the wire, and by nothing else.
        let turn = self.turn(place.is_counted());
        let (connections, services) = (Rc::clone(self), Rc::clone(services));
        rt::spawn(async move {
            let mut wire = Wire::new(stream, turn.clone(), place);
            match wire.agree().await {
                Ok(Protocol::Http1) => {
                    report(services.http1.call((Connection::new(wire), peer)).await, &turn, peer);
                }
                Ok(Protocol::Http2) => {
                    let room = |has_others| connections.room(network, has_others);
                    report_http2(http2::serve(wire, Rc::clone(&services.requests), peer, room).await, peer);
                }
                Ok(Protocol::Nothing) => {}
                Err(error) => {
                    tracing::debug!(peer = peer.map(tracing::field::display), %error, "a connection broke");
                }
            }
        });
    }

    /// A turn that is watched over.
    fn turn(&self, is_evictable: bool) -> Turn {
        let turn = Turn::new(Rc::clone(&self.watch), is_evictable);
        self.turns.borrow_mut().push(turn.clone());
        turn
    }

    /// What a request needs on a connection that may have others.
    fn room(&self, network: IpAddr, has_others: bool) -> Option<Room> {
        let place = if has_others {
            let place = self.places.take_at_once(network)?;
            self.make_room_if_scarce();
            Some(place)
        } else {
            // It takes none from anybody.
            None
        };
        let turn = self.turn(self.places.counts(network));
        Some(Room { turn, place })
    }

    fn transport(&self, arrival: Arrival) -> io::Result<Transport> {
        Ok(match arrival {
            Arrival::Tcp(stream, _) => {
                stream.set_nonblocking(true)?;
                let stream = rt::net::TcpStream::from_std(stream)?;
                super::give_up_on_silence(&stream, self.watch.head_timeout);
                Transport::new(stream, self.tls.as_ref())
            }
            Arrival::Unix(stream, uid) => {
                stream.set_nonblocking(true)?;
                Transport::Unix(rt::net::UnixStream::from_std(stream)?, uid)
            }
        })
    }

    fn stop(&self) {
        self.watch.stopping.set(true);
        self.look_around();
    }

    fn look_around(&self) {
        let now = Instant::now();
        self.watch.now.set(now);
        let mut turns = self.turns.borrow_mut();
        turns.retain(|turn| !turn.is_closed());
        for turn in turns.iter() {
            if turn.is_overdue(now) {
                turn.cut_off();
            } else if self.watch.stopping.get() {
                turn.wake();
            }
        }
        drop(turns);
        // Make room for clients that wait in the kernel: connections that were busy before may be idle now.
        for _ in 0..self.places.surplus().div_ceil(self.workers) {
            if !self.make_room() {
                break;
            }
        }
    }

    /// For each place that is taken, frees another if few are left.
    fn make_room_if_scarce(&self) {
        if self.places.surplus() > 0 {
            self.make_room();
        }
    }

    /// Closes the connection of a sample that has waited for its client the longest. Returns whether there was one.
    fn make_room(&self) -> bool {
        let turns = self.turns.borrow();
        let start = self.next.get().checked_rem(turns.len()).unwrap_or_default();
        let (behind, ahead) = turns.split_at(start);
        let mut looked_at = 0;
        let candidates = ahead.iter().chain(behind).inspect(|_| looked_at += 1);
        let candidates = candidates.filter_map(|turn| turn.evictable_since().map(|since| (since, turn)));
        let oldest = candidates.take(SAMPLE).min_by_key(|(since, _)| *since);
        self.next.set(start + looked_at);
        if let Some((_, turn)) = oldest {
            turn.cut_off();
        }
        oldest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::settings::Settings;

    #[test]
    fn a_request_makes_room_only_if_it_takes_a_place() -> Result<(), Box<dyn Error>> {
        let network = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let places = Places::new(32, 32, vec![]);
        let taken: Vec<_> = (0..31).map(|_| places.take(network)).collect();
        assert_eq!((taken.len(), places.surplus()), (31, 1));
        let connections = Connections::new(&Settings::defaults()?.server, 1, places, None);
        let idle = connections.turn(true);
        for _ in 0..3 {
            assert!(connections.room(network, false).is_some());
            assert!(idle.evictable_since().is_some(), "it was cut off");
        }
        assert!(connections.room(network, true).is_some());
        assert!(idle.evictable_since().is_none(), "it has waited the longest");
        Ok(())
    }
}
