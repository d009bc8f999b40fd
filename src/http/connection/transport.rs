//! What carries a connection's bytes: a socket, or TLS over it.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::rt::net::{TcpStream, UnixStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use crate::tls::{ACME, HTTP_2};

/// The operating system's user at the other end of a Unix socket.
#[derive(Clone, Copy, Debug)]
pub struct PeerUid(pub u32);

/// What a client and the server speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Protocol {
    Http1,
    Http2,
    /// Nothing: an ACME server has seen what it looked for.
    Nothing,
}

/// One end of a client's connection.
pub(in crate::http) enum Transport {
    /// The socket itself.
    Plain(TcpStream),
    /// TLS that is being agreed on. Boxed, as below: most servers have none.
    Agreeing(Box<Accept<TcpStream>>),
    /// TLS.
    Tls(Box<TlsStream<TcpStream>>),
    /// A socket of this machine alone, and the user whose process has the other end.
    Unix(UnixStream, PeerUid),
}

impl Transport {
    /// Over this socket, encrypted if there is a way to.
    pub(in crate::http) fn new(socket: TcpStream, tls: Option<&TlsAcceptor>) -> Self {
        match tls {
            Some(tls) => Self::Agreeing(Box::new(tls.accept(socket))),
            None => Self::Plain(socket),
        }
    }

    /// Ready when TLS is agreed on, if there is to be any.
    pub(super) fn poll_agree(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Self::Agreeing(accept) = self {
            let stream = ready!(Pin::new(accept.as_mut()).poll(cx))?;
            *self = Self::Tls(Box::new(stream));
        }
        Poll::Ready(Ok(()))
    }

    /// What was agreed on to speak inside of TLS.
    pub(super) fn protocol(&self) -> Protocol {
        let Self::Tls(stream) = self else { return Protocol::Http1 };
        match stream.get_ref().1.alpn_protocol() {
            Some(HTTP_2) => Protocol::Http2,
            Some(ACME) => Protocol::Nothing,
            _ => Protocol::Http1,
        }
    }

    /// The socket; none if TLS could not be agreed on.
    pub(super) fn socket(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Plain(socket) => Some(socket.as_fd()),
            Self::Agreeing(accept) => accept.get_ref().map(TcpStream::as_fd),
            Self::Tls(stream) => Some(stream.get_ref().0.as_fd()),
            Self::Unix(socket, _) => Some(socket.as_fd()),
        }
    }

    /// Who is at the other end, if the system says.
    pub(super) const fn peer_uid(&self) -> Option<PeerUid> {
        match self {
            Self::Unix(_, uid) => Some(*uid),
            Self::Plain(_) | Self::Agreeing(_) | Self::Tls(_) => None,
        }
    }

    /// Nobody is answered before TLS is agreed on.
    fn too_early<T>() -> Poll<io::Result<T>> {
        Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
    }
}

impl AsyncRead for Transport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_agree(cx))?;
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
            Self::Unix(socket, _) => Pin::new(socket).poll_read(cx, buffer),
            Self::Agreeing(_) => Self::too_early(),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
            Self::Unix(socket, _) => Pin::new(socket).poll_write(cx, bytes),
            Self::Agreeing(_) => Self::too_early(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Self::Unix(socket, _) => Pin::new(socket).poll_flush(cx),
            Self::Agreeing(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Self::Unix(socket, _) => Pin::new(socket).poll_shutdown(cx),
            Self::Agreeing(accept) => match accept.get_mut() {
                Some(socket) => Pin::new(socket).poll_shutdown(cx),
                None => Poll::Ready(Ok(())),
            },
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, slices),
            Self::Unix(socket, _) => Pin::new(socket).poll_write_vectored(cx, slices),
            Self::Agreeing(_) => Self::too_early(),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
            Self::Unix(socket, _) => socket.is_write_vectored(),
            Self::Agreeing(_) => true,
        }
    }
}
