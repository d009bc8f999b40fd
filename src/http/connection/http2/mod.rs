//! A client's connection that speaks HTTP/2.
//!
//! The framework speaks it too, but bounds too little there (docs/adr/0007-http2-by-h2.md). So this module drives the
//! crate `h2`, and hands each request to the same service that answers HTTP/1.
//!
//! What bounds a connection of HTTP/1 bounds a stream here: one beside others takes a place among the connections, each
//! has a [turn](Turn) with the same deadlines, and may be ended to make room. The connection has a turn as well, for what
//! comes before its first stream, for the time without any, and for bytes that its client does not take.

mod message;
mod stream;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::Request;
use actix_service::Service;
use actix_web::HttpResponse;
use actix_web::dev::ServiceResponse;
use actix_web::web::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use tokio::time::timeout;

use super::turn::LINGER;
use super::{Turn, Wire};
use crate::http::listener::ConnectionSlot;
use stream::Outcome;

/// Requests under way on one connection. A browser has fewer; a proxy opens another connection.
const MAX_STREAMS: u16 = 32;
/// The largest head, counted as HPACK does: the fields, and 32 bytes for each. A bearer of somebody in many teams is 12 KiB.
const MAX_HEAD: u32 = 32 * 1024;
/// How much of a body is received before it is read, of each stream. No stream takes it from another.
const WINDOW: u32 = 64 * 1024 - 1;
/// How much of an answer is held for a client that takes it slowly, of each stream.
const SEND_BUFFER: usize = 16 * 1024;
/// How many streams a client may open and reset before anybody has looked at them (CVE-2023-44487).
const MAX_UNSEEN_RESETS: usize = 20;
/// How many frames a client may send that have the server reset a stream (CVE-2025-8671).
const MAX_WRONG_FRAMES: usize = 100;
/// How many more requests a client may give up, or have refused for want of places, than it lets be answered.
const MAX_GIVEN_UP: u32 = 100;
/// How long a client without a request may take to hear that the server stops. One round trip; it may be lost twice.
const FAREWELL: Duration = Duration::from_secs(3);

/// The turn of a stream, and its place beside others.
pub(in crate::http) struct Room {
    /// Of the stream alone.
    pub turn: Turn,
    /// The only stream has that of its connection.
    pub place: Option<ConnectionSlot>,
}

/// One connection.
struct Http2<S, F> {
    connection: Connection<Wire, Bytes>,
    turn: Turn,
    service: Rc<S>,
    peer: Option<SocketAddr>,
    room: F,
    streams: FuturesUnordered<Pin<Box<dyn Future<Output = Outcome>>>>,
    /// How many more requests were given up than answered.
    given_up: u32,
    is_stopping: bool,
}

/// Serves a connection until it is closed. `room` is asked for each stream, and told whether there are others; `None`: no
/// place is free.
///
/// # Errors
/// What was wrong with what the client sent, or with the connection.
pub(in crate::http) async fn serve<S>(
    wire: Wire,
    service: Rc<S>,
    peer: Option<SocketAddr>,
    room: impl Fn(bool) -> Option<Room>,
) -> Result<(), h2::Error>
where
    S: Service<Request, Response = ServiceResponse, Error = HttpResponse> + 'static,
    S::Future: 'static,
{
    let turn = wire.turn().clone();
    // For the preface and the first head.
    turn.must_send_within(Some(turn.watch().head_timeout));
    let mut handshake = pin!(builder().handshake(wire));
    let connection = poll_fn(|cx| {
        turn.wake_by(cx);
        match handshake.as_mut().poll(cx) {
            Poll::Pending if turn.is_cut_off() || turn.may_leave() => Poll::Ready(None),
            other => other.map(Some),
        }
    });
    let Some(connection) = connection.await.transpose()? else { return Ok(()) };
    let streams = FuturesUnordered::new();
    let mut http = Http2 { connection, turn, service, peer, room, streams, given_up: 0, is_stopping: false };
    let Some(reason) = poll_fn(|cx| http.poll(cx)).await? else { return Ok(()) };
    // Nobody waits any more for what is under way.
    http.streams.clear();
    http.connection.abrupt_shutdown(reason);
    let told = timeout(LINGER, poll_fn(|cx| http.connection.poll_closed(cx))).await;
    if reason == Reason::NO_ERROR { told.unwrap_or(Ok(())) } else { Err(reason.into()) }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(MAX_STREAMS.into())
        .max_header_list_size(MAX_HEAD)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW * u32::from(MAX_STREAMS))
        .max_send_buffer_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(MAX_UNSEEN_RESETS)
        .max_local_error_reset_streams(Some(MAX_WRONG_FRAMES));
    builder
}

impl<S, F> Http2<S, F>
where
    S: Service<Request, Response = ServiceResponse, Error = HttpResponse> + 'static,
    S::Future: 'static,
    F: Fn(bool) -> Option<Room>,
{
    /// Ready when the connection is closed, or with why the server is to close it.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Reason>, h2::Error>> {
        self.turn.wake_by(cx);
        // Other connections have their share of the thread.
        for _ in 0..2 * MAX_STREAMS {
            if self.turn.is_cut_off() {
                return Poll::Ready(Ok(Some(Reason::NO_ERROR)));
            }
            if self.given_up > MAX_GIVEN_UP {
                return Poll::Ready(Ok(Some(Reason::ENHANCE_YOUR_CALM)));
            }
            if self.turn.watch().stopping.get() && !self.is_stopping {
                self.is_stopping = true;
                self.connection.graceful_shutdown();
                self.look_at_turn();
            }
            match self.poll_begin(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => self.begin(request, respond),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(None) => return Poll::Ready(Ok(None)),
                Poll::Pending => match self.streams.poll_next_unpin(cx) {
                    Poll::Ready(Some(outcome)) => self.end(outcome),
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                },
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The next request. For a client that does not take its answers none is begun: they would collect. Nor is one beyond
    /// the most at once: `h2` counts a request that its client has given up no more, though it is under way still. The
    /// end of any has the next begun.
    #[expect(clippy::type_complexity, reason = "what `h2` hands out")]
    fn poll_begin(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(http::Request<RecvStream>, SendResponse<Bytes>), h2::Error>>> {
        if self.turn.is_sending() {
            match self.connection.poll_closed(cx) {
                Poll::Ready(closed) => return Poll::Ready(closed.err().map(Err)),
                Poll::Pending if self.turn.is_sending() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
        if self.streams.len() >= usize::from(MAX_STREAMS) {
            return self.connection.poll_closed(cx).map(|closed| closed.err().map(Err));
        }
        self.connection.poll_accept(cx)
    }

    fn begin(&mut self, request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let Some(room) = (self.room)(!self.streams.is_empty()) else {
            // It was not begun, so that the client may ask again.
            respond.send_reset(Reason::REFUSED_STREAM);
            self.given_up += 1;
            return;
        };
        let answer = stream::answer(Rc::clone(&self.service), request, respond, self.peer, room);
        self.streams.push(Box::pin(answer));
        self.look_at_turn();
    }

    fn end(&mut self, outcome: Outcome) {
        self.given_up = match outcome {
            Outcome::Answered => self.given_up.saturating_sub(1),
            Outcome::GivenUp => self.given_up + 1,
        };
        self.look_at_turn();
    }

    /// It is the client's turn where there is no request.
    fn look_at_turn(&self) {
        self.turn.has_requests(self.streams.len());
        let timeout = if self.is_stopping { FAREWELL } else { self.turn.watch().idle_timeout };
        self.turn.must_send_within(self.streams.is_empty().then_some(timeout));
    }
}
