//! A client's connection that speaks HTTP/1, between the socket and the framework.
//!
//! The framework gives a deadline to the first head of a connection alone, refuses a POST of HTTP/1.0 that tells no
//! length, and sends `100 Continue` to whoever asks for it. So a connection hands heads on whole, changes those two kinds,
//! and keeps account of [whose turn it is](Turn). HTTP/2 has a [room of its own](http2).

mod framing;
pub(super) mod http2;
mod transport;
mod turn;
mod wire;

use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use framing::{Framing, Rest};
use turn::Receiving;

pub use transport::PeerUid;
pub(super) use transport::{Protocol, Transport};
pub use turn::{EndOfRequests, Turn};
pub(super) use turn::{LINGER, Watch};
pub(super) use wire::Wire;

/// The longest head that is held back; the framework refuses longer ones.
const MAX_HEAD: usize = 128 * 1024;
/// How much is read at once while a head is held back.
const PIECE: usize = 4096;

/// A client's connection that speaks HTTP/1.
pub struct Connection {
    wire: Wire,
    framing: Framing,
    held: HeldBack,
}

/// What has been received and not gone on: mostly nothing. An incomplete head, behind bytes that may go on.
#[derive(Default)]
struct HeldBack {
    bytes: Vec<u8>,
    /// So many of them may go on.
    ready: usize,
    /// The head was looked at when it was so long.
    seen: usize,
    /// Nothing that follows goes on.
    is_last: bool,
    /// A head has begun, though with nothing but empty lines, which are not kept.
    begun: bool,
}

impl Connection {
    /// On this wire.
    pub(super) fn new(wire: Wire) -> Self {
        Self { wire, framing: Framing::default(), held: HeldBack::default() }
    }

    /// Whose turn it is.
    pub fn turn(&self) -> &Turn {
        self.wire.turn()
    }

    /// Who is at the other end, if the system says.
    pub(super) fn peer_uid(&self) -> Option<PeerUid> {
        self.wire.peer_uid()
    }

    /// Receives until something can go on; whether something can. No: the client has finished.
    fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        loop {
            if self.held.ready > 0 {
                self.held.release(buffer);
                return Poll::Ready(Ok(true));
            }
            if self.turn().is_cut_off() {
                return Poll::Ready(Ok(false));
            }
            if self.held.is_last {
                let mut dropped = [0; PIECE];
                let mut dropped = ReadBuf::new(&mut dropped);
                ready!(Pin::new(&mut self.wire).poll_read(cx, &mut dropped))?;
                if dropped.filled().is_empty() {
                    return Poll::Ready(Ok(false));
                }
            } else if self.held.bytes.is_empty() {
                // The usual case: whole requests, which go straight to the framework.
                let had = buffer.filled().len();
                ready!(Pin::new(&mut self.wire).poll_read(cx, buffer))?;
                let bytes = &buffer.filled()[had..];
                if bytes.is_empty() {
                    return Poll::Ready(Ok(buffer.remaining() == 0));
                }
                let progress = self.framing.advance(bytes);
                if progress.rest == Rest::Nothing {
                    self.account(progress.heads);
                    return Poll::Ready(Ok(true));
                }
                self.held.bytes.extend_from_slice(&bytes[progress.passed..]);
                buffer.set_filled(had + progress.passed);
                self.look_at_held(progress.heads);
                if progress.passed > 0 {
                    return Poll::Ready(Ok(true));
                }
            } else {
                let had = self.held.bytes.len();
                let mut piece = [0; PIECE];
                let mut piece = ReadBuf::new(&mut piece);
                ready!(Pin::new(&mut self.wire).poll_read(cx, &mut piece))?;
                if piece.filled().is_empty() {
                    return Poll::Ready(Ok(false));
                }
                self.held.bytes.extend_from_slice(piece.filled());
                if self.held.may_be_whole(had) {
                    self.look_at_held(0);
                }
            }
        }
    }

    /// Finds out what of the held bytes may go on, behind so many heads that have.
    fn look_at_held(&mut self, mut heads: u32) {
        let held = &mut self.held;
        // Empty lines in front of a head are to be ignored; without end they would fill the memory.
        let blank = held.bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        held.bytes.drain(..blank);
        held.begun |= blank > 0;
        if held.bytes.len() >= MAX_HEAD {
            self.framing.give_up();
        }
        loop {
            let progress = self.framing.advance(&held.bytes[held.ready..]);
            heads += progress.heads;
            match progress.rest {
                Rest::Amend(amendment) => {
                    held.is_last = amendment.is_last();
                    let mut rest = held.bytes.split_off(held.ready);
                    amendment.apply(&mut rest);
                    held.bytes.append(&mut rest);
                    held.ready += progress.passed;
                }
                Rest::Nothing | Rest::PartialHead => {
                    held.ready += progress.passed;
                    break;
                }
            }
        }
        held.seen = held.bytes.len() - held.ready;
        self.account(heads);
    }

    fn account(&mut self, heads: u32) {
        self.held.begun &= heads == 0;
        let receiving = if self.framing.is_in_body() {
            Receiving::Body
        } else if self.held.begun || self.held.bytes.len() > self.held.ready {
            Receiving::Head
        } else {
            Receiving::Nothing
        };
        self.turn().received(heads, receiving);
    }
}

impl HeldBack {
    /// Hands on what may go on, as far as there is room.
    fn release(&mut self, buffer: &mut ReadBuf<'_>) {
        let length = self.ready.min(buffer.remaining());
        buffer.put_slice(&self.bytes[..length]);
        self.ready -= length;
        self.bytes.drain(..length);
        if self.bytes.is_empty() {
            // Large heads are rare, and connections stay open for long.
            drop(mem::take(&mut self.bytes));
        }
    }

    /// Whether to look at a head again that had this length before: when it may have ended, when there is twice as much
    /// of it, which may be no head, or when it is too long. Looking at each byte that trickles in would cost too much.
    fn may_be_whole(&self, had: usize) -> bool {
        let new = &self.bytes[had.saturating_sub(2)..];
        let has_end = new.windows(2).any(|two| two == b"\n\n") || new.windows(3).any(|three| three == b"\n\r\n");
        has_end || self.bytes.len() >= MAX_HEAD || self.bytes.len() >= 2 * self.seen
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.turn().wake_by(cx);
        match self.poll_receive(cx, buffer) {
            Poll::Ready(Ok(true)) => Poll::Ready(Ok(())),
            Poll::Ready(Ok(false)) => {
                self.turn().finish();
                Poll::Ready(Ok(()))
            }
            Poll::Pending if self.turn().may_leave() && self.wire.is_silent() => Poll::Ready(Ok(())),
            other => other.map_ok(drop),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }
}
