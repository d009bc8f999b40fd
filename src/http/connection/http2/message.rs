//! Requests and answers as the framework has them, which knows the types of an older `http`, and as they are on a
//! connection of HTTP/2 (RFC 9113, 8).

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use actix_http::{Payload, Request};
use actix_web::error::PayloadError;
use actix_web::http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HOST, HeaderMap, HeaderName, HeaderValue, HttpDate, TRANSFER_ENCODING, UPGRADE,
};
use actix_web::http::{Method, Uri, Version};
use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, body::BodySize};
use futures_util::Stream;
use h2::RecvStream;
use http::request::Parts;

use crate::clock::{Clock as _, SystemClock};
use crate::http::connection::Turn;
use crate::http::connection::turn::Receiving;

/// The request as the framework would have it from HTTP/1: a path, and the host in a header. `None` if what it names
/// cannot be named there.
pub(super) fn request(parts: &Parts, body: RecvStream, turn: &Turn, peer: Option<SocketAddr>) -> Option<Request> {
    let method = Method::from_bytes(parts.method.as_str().as_bytes()).ok()?;
    let authority = parts.uri.authority();
    let target = match parts.uri.path_and_query() {
        Some(target) if method != Method::CONNECT => target.as_str(),
        _ => authority?.as_str(),
    };
    let target = Uri::try_from(target).ok()?;
    let payload = Payload::Stream { payload: Box::pin(Body { stream: body, turn: turn.clone() }) as Pin<Box<_>> };
    let mut request = Request::with_payload(payload);
    let head = request.head_mut();
    (head.method, head.uri, head.version, head.peer_addr) = (method, target, Version::HTTP_2, peer);
    for (name, value) in &parts.headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        head.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    if let Some(authority) = authority {
        // This one counts (RFC 9113, 8.3.1).
        head.headers.insert(HOST, HeaderValue::from_str(authority.as_str()).ok()?);
    }
    request.extensions_mut().insert(turn.clone());
    Some(request)
}

/// The head of an answer whose body has this size.
pub(super) fn head(status: u16, headers: &HeaderMap, size: BodySize) -> Option<http::Response<()>> {
    let mut head = http::Response::builder().status(status).version(http::Version::HTTP_2);
    for (name, value) in headers {
        if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE].contains(name) {
            head = head.header(name.as_str(), value.as_bytes());
        }
    }
    // Without a body, a status says by itself that it has none.
    if let BodySize::Sized(length) = size {
        head = head.header(CONTENT_LENGTH.as_str(), length);
    }
    if !headers.contains_key(DATE) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(SystemClock.now().millis());
        head = head.header(DATE.as_str(), HttpDate::from(now).to_string());
    }
    head.body(()).ok()
}

/// A request's body.
struct Body {
    stream: RecvStream,
    turn: Turn,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.stream.poll_data(cx);
        // Somebody waits for it from now on, and no longer. For each chunk anew: who reads bounds the whole.
        self.turn.received(0, if polled.is_pending() { Receiving::Body } else { Receiving::Nothing });
        let broken = |error: h2::Error| PayloadError::Io(std::io::Error::other(error));
        Poll::Ready(match ready!(polled) {
            Some(Ok(chunk)) => {
                let released = self.stream.flow_control().release_capacity(chunk.len());
                Some(released.map(|()| chunk).map_err(broken))
            }
            other => other.map(|chunk| chunk.map_err(broken)),
        })
    }
}
