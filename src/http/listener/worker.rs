//! A worker thread, which serves connections and closes those whose time is over.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::error::DispatchError;
use actix_service::Service;
use actix_web::rt;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;

use super::door::Arrival;
use super::places::{ConnectionSlot, Places};
use crate::http::connection::{Connection, Transport, Turn, Watch};

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

/// Serves connections until the channel of orders is closed.
pub(super) async fn serve<S>(service: S, connections: Rc<Connections>, mut orders: UnboundedReceiver<WorkerCommand>)
where
    S: Service<(Connection, Option<SocketAddr>), Response = (), Error = DispatchError>,
    S::Future: 'static,
{
    let mut ticks = interval(LOOK_AROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(WorkerCommand::Serve(arrival, place)) => {
                    let peer = arrival.address();
                    if poll_fn(|cx| service.poll_ready(cx)).await.is_err() {
                        continue;
                    }
                    if let Some((connection, turn)) = connections.add(arrival, place) {
                        let served = service.call((connection, peer));
                        rt::spawn(async move { report(served.await, &turn, peer) });
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

impl Connections {
    pub(super) fn new(
        head_timeout: Duration,
        workers: usize,
        places: Arc<Places>,
        tls: Option<TlsAcceptor>,
    ) -> Rc<Self> {
        let watch = Watch { now: Cell::new(Instant::now()), stopping: Cell::new(false), head_timeout };
        let (turns, next) = (RefCell::default(), Cell::new(0));
        Rc::new(Self { watch: Rc::new(watch), places, tls, workers, turns, next })
    }

    fn add(&self, arrival: Arrival, place: ConnectionSlot) -> Option<(Connection, Turn)> {
        if self.places.surplus() > 0 {
            self.make_room();
        }
        let stream = self.transport(arrival);
        let stream = stream.inspect_err(|error| tracing::warn!(%error, "a connection cannot be served")).ok()?;
        let turn = Turn::new(Rc::clone(&self.watch), place.is_counted());
        self.turns.borrow_mut().push(turn.clone());
        Some((Connection::new(stream, turn.clone(), place), turn))
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
