//! One request of a connection, from its head to the end of its answer.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::{Request, Response};
use actix_service::Service;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::web::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::header::EXPECT;
use http::{Method, StatusCode};

use super::{Room, message};
use crate::http::connection::Turn;
use crate::http::connection::turn::Receiving;

/// How a request has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With an answer.
    Answered,
    /// Without all of it: the client did not want it any more, or had had its time.
    GivenUp,
}

/// A stream's turn, which is over when this is dropped.
struct OwnTurn(Turn);

impl Drop for OwnTurn {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Answers a request. When its client gives it up, it is dropped wherever it is, as when a client of HTTP/1 is gone.
///
/// It may be dropped before it is polled as well: the worker watches over its turn already.
pub(super) fn answer<S>(
    service: Rc<S>,
    request: http::Request<RecvStream>,
    respond: SendResponse<Bytes>,
    peer: Option<SocketAddr>,
    room: Room,
) -> impl Future<Output = Outcome>
where
    S: Service<Request, Response = ServiceResponse, Error = HttpResponse>,
{
    let Room { turn, place } = room;
    let turn = OwnTurn(turn);
    turn.0.received(1, Receiving::Nothing);
    async move {
        let _place = place;
        answer_in_turn(&*service, request, respond, peer, &turn.0).await
    }
}

async fn answer_in_turn<S>(
    service: &S,
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    peer: Option<SocketAddr>,
    turn: &Turn,
) -> Outcome
where
    S: Service<Request, Response = ServiceResponse, Error = HttpResponse>,
{
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key(EXPECT) && !body.is_end_stream() {
        // As the framework does it: to everybody who waits for it.
        let mut go_on = http::Response::new(());
        *go_on.status_mut() = StatusCode::CONTINUE;
        if respond.send_informational(go_on).is_err() {
            return Outcome::GivenUp;
        }
    }
    let Some(request) = message::request(&parts, body, turn, peer) else {
        respond.send_reset(Reason::PROTOCOL_ERROR);
        return Outcome::GivenUp;
    };
    let response = {
        let mut call = pin!(service.call(request));
        poll_fn(|cx| match call.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if is_over(turn, cx, |cx| respond.poll_reset(cx).is_ready()) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    };
    let response: Response<BoxBody> = match response {
        Some(Ok(response)) => response.into(),
        Some(Err(response)) => response.into(),
        None => {
            respond.send_reset(Reason::CANCEL);
            return Outcome::GivenUp;
        }
    };
    send(response, &parts.method, respond, turn).await.map_or(Outcome::GivenUp, |()| Outcome::Answered)
}

/// Whether to go on is of no use: the client has had its time, or `is_reset`. Has the task polled when that changes.
fn is_over(turn: &Turn, cx: &mut Context<'_>, is_reset: impl FnOnce(&mut Context<'_>) -> bool) -> bool {
    turn.wake_by(cx);
    turn.is_cut_off() || is_reset(cx)
}

/// Sends an answer; `None` if that was of no use.
async fn send(
    response: Response<BoxBody>,
    method: &Method,
    mut respond: SendResponse<Bytes>,
    turn: &Turn,
) -> Option<()> {
    let (response, body) = response.into_parts();
    let status = response.status().as_u16();
    let has_none = matches!(status, 204 | 304);
    let size = if has_none { BodySize::None } else { body.size() };
    let head = message::head(status, response.headers(), size)?;
    let is_end = size.is_eof() || method == Method::HEAD;
    let mut stream = respond.send_response(head, is_end).ok()?;
    if is_end {
        return Some(());
    }
    let mut body = pin!(body);
    loop {
        let chunk = poll_fn(|cx| match body.as_mut().poll_next(cx) {
            Poll::Ready(chunk) => Poll::Ready(Some(chunk)),
            Poll::Pending if is_over(turn, cx, |cx| stream.poll_reset(cx).is_ready()) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        let Some(chunk) = chunk.await else {
            stream.send_reset(Reason::CANCEL);
            return None;
        };
        match chunk {
            Some(Ok(chunk)) => send_chunk(chunk, &mut stream, turn).await?,
            Some(Err(_)) => {
                stream.send_reset(Reason::INTERNAL_ERROR);
                return Some(());
            }
            None => return stream.send_data(Bytes::new(), true).ok(),
        }
    }
}

async fn send_chunk(mut chunk: Bytes, stream: &mut SendStream<Bytes>, turn: &Turn) -> Option<()> {
    while !chunk.is_empty() {
        stream.reserve_capacity(chunk.len());
        let capacity = poll_fn(|cx| match stream.poll_capacity(cx) {
            Poll::Ready(capacity) => Poll::Ready(capacity.and_then(Result::ok)),
            Poll::Pending => {
                turn.wake_by(cx);
                if turn.is_not_taking() { Poll::Ready(None) } else { Poll::Pending }
            }
        });
        let Some(capacity) = capacity.await else {
            stream.send_reset(Reason::CANCEL);
            return None;
        };
        stream.send_data(chunk.split_to(capacity.min(chunk.len())), false).ok()?;
    }
    turn.has_taken();
    Some(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::error::Error;
    use std::time::{Duration, Instant};

    use actix_service::fn_service;
    use futures_util::future::try_join;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::http::connection::Watch;

    /// A request as `h2` hands it out.
    async fn request() -> Result<(http::Request<RecvStream>, SendResponse<Bytes>), Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (client, (server, _)) = try_join(TcpStream::connect(listener.local_addr()?), listener.accept()).await?;
        let (client, mut server) = try_join(h2::client::handshake(client), h2::server::handshake(server)).await?;
        let (mut requests, connection) = client;
        let sent = requests.send_request(http::Request::get("https://localhost/").body(())?, true)?;
        tokio::select! {
            request = server.accept() => Ok(request.ok_or("no request")??),
            _ = connection => Err(format!("it is closed: {sent:?}").into()),
        }
    }

    #[tokio::test]
    async fn a_request_that_is_dropped_before_it_is_polled_has_no_turn_any_more() -> Result<(), Box<dyn Error>> {
        let timeout = Duration::from_secs(5);
        let (now, stopping) = (Cell::new(Instant::now()), Cell::new(false));
        let turn = Turn::new(Rc::new(Watch { now, stopping, head_timeout: timeout, idle_timeout: timeout }), true);
        let service =
            fn_service(|_: Request| async { Err::<ServiceResponse, _>(HttpResponse::NotImplemented().finish()) });
        let (request, respond) = request().await?;
        let room = Room { turn: turn.clone(), place: None };
        let unpolled = answer(Rc::new(service), request, respond, None, room);
        assert!(turn.evictable_since().is_none() && !turn.is_closed(), "it is the server's turn");
        drop(unpolled);
        assert!(turn.is_closed());
        Ok(())
    }
}
