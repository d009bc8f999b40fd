//! The bytes of a client's connection, whatever is spoken there: its place among the connections, and how long its client
//! may take to agree on TLS and to take what it is sent.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::transport::{PeerUid, Protocol, Transport};
use super::turn::Turn;
use crate::http::listener::ConnectionSlot;

/// A client's connection, not yet HTTP.
pub(in crate::http) struct Wire {
    stream: Transport,
    turn: Turn,
    /// Its place among the connections, free again when dropped.
    _place: ConnectionSlot,
}

impl Wire {
    /// Of this stream.
    pub(in crate::http) fn new(stream: Transport, turn: Turn, place: ConnectionSlot) -> Self {
        Self { stream, turn, _place: place }
    }

    /// Agrees on TLS, if there is to be any, and returns what is spoken inside.
    ///
    /// # Errors
    /// When the client does not agree, or not within the time for a head, or the server stops meanwhile.
    pub(in crate::http) async fn agree(&mut self) -> io::Result<Protocol> {
        self.turn.must_send_within(Some(self.turn.watch().head_timeout));
        poll_fn(|cx| {
            self.turn.wake_by(cx);
            match self.stream.poll_agree(cx) {
                Poll::Pending if self.turn.is_cut_off() || (self.turn.may_leave() && self.is_silent()) => {
                    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
                }
                other => other,
            }
        })
        .await?;
        self.turn.must_send_within(None);
        Ok(self.stream.protocol())
    }

    /// Whose turn it is.
    pub(super) const fn turn(&self) -> &Turn {
        &self.turn
    }

    /// Who is at the other end, if the system says.
    pub(super) const fn peer_uid(&self) -> Option<PeerUid> {
        self.stream.peer_uid()
    }

    /// Whether there is nothing to read, asked of the system: what the runtime knows may be older.
    pub(super) fn is_silent(&self) -> bool {
        let peek = |socket| recv(socket, &mut [0_u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        matches!(self.stream.socket().map(peek), Some(Err(Errno::AGAIN)))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.turn.close();
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if written.is_pending() && self.turn.is_not_taking() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Whoever writes flushes when everything is written; TLS may hold some of it still.
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() {
            self.turn.has_taken();
        } else if self.turn.is_not_taking() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        if written.is_pending() && self.turn.is_not_taking() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
