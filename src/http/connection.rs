//! A connection that knows whether its client still listens.
//!
//! The framework lets a client finish sending and still hear its answer, and so does not look whether one that waits for
//! a minute is there at all. What ends for the connection, a long poll asks here.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::HttpRequest;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A client's connection.
pub struct Connection {
    stream: TcpStream,
    finished: Finished,
}

/// Whether a client has said that it will send nothing more: it has hung up, or only hears its last answer.
#[derive(Clone, Debug, Default)]
pub struct Finished(Rc<Cell<bool>>);

impl Connection {
    /// Of this stream.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, finished: Finished::default() }
    }

    /// What tells when its client has finished.
    #[must_use]
    pub fn finished(&self) -> Finished {
        self.finished.clone()
    }
}

impl Finished {
    /// Ready when the client of this request has finished; never, if that cannot be known.
    pub async fn of(request: &HttpRequest) {
        let finished = request.conn_data::<Self>();
        // Needs no waker: what is read from the connection, its end too, has its task polled, and this with it.
        poll_fn(|_| if finished.is_some_and(|finished| finished.0.get()) { Poll::Ready(()) } else { Poll::Pending })
            .await;
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let had = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() == had && buffer.remaining() > 0 {
            self.finished.0.set(true);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
