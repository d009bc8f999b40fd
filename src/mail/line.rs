//! The line to a mail server: TCP, TLS, and the bounds that the library above has not. That one reads a line of any length,
//! and takes for an answer under TLS what somebody on the way has said in the clear before it. So STARTTLS happens here, and
//! what the server says is counted.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The most that a server may say while one mail is sent. Some kilobytes are usual.
const MAX_BYTES: usize = 64 * 1024;
/// The greeting of a server with which TLS was agreed upon: it has greeted already, and the library waits for it.
const GREETED: &[u8] = b"220 greeted\r\n";

/// How a line is encrypted.
#[derive(Clone)]
pub(super) enum Encryption {
    /// Not at all: on this machine.
    None,
    /// From the first byte (RFC 8314).
    Tls(TlsConnector, ServerName<'static>),
    /// After a word in the clear (RFC 3207); nothing is sent without it.
    StartTls(TlsConnector, ServerName<'static>),
}

/// Connects to a server, as a client that calls itself `name`.
pub(super) async fn open(
    host: &str,
    port: u16,
    encryption: &Encryption,
    name: &str,
) -> io::Result<Box<dyn AsyncTokioStream>> {
    let mut tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    Ok(match encryption {
        Encryption::None => Box::new(Bounded { line: tcp, first: &[], left: MAX_BYTES }),
        Encryption::Tls(tls, host) => {
            let line = tls.connect(host.clone(), tcp).await?;
            Box::new(Bounded { line, first: &[], left: MAX_BYTES })
        }
        Encryption::StartTls(tls, host) => {
            start_tls(&mut tcp, name).await?;
            let line = tls.connect(host.clone(), tcp).await?;
            Box::new(Bounded { line, first: GREETED, left: MAX_BYTES })
        }
    })
}

/// Asks for TLS. What the server has said in the clear beyond its answer becomes a part of the handshake, and breaks it.
async fn start_tls(tcp: &mut (impl AsyncRead + AsyncWrite + Unpin), name: &str) -> io::Result<()> {
    expect(tcp, "220").await?;
    tcp.write_all(format!("EHLO {name}\r\n").as_bytes()).await?;
    let offered = expect(tcp, "250").await?;
    if !offered.iter().any(|keyword| keyword.eq_ignore_ascii_case("STARTTLS")) {
        return Err(io::Error::other("it offers no STARTTLS"));
    }
    tcp.write_all(b"STARTTLS\r\n").await?;
    expect(tcp, "220").await.map(drop)
}

/// Reads a reply (RFC 5321, 4.2), to its last byte and no further: what its lines say after the code, which must be this.
async fn expect(from: &mut (impl AsyncRead + Unpin), code: &str) -> io::Result<Vec<String>> {
    let nonsense = || io::Error::other("what it says is no SMTP");
    let mut lines = Vec::new();
    let mut line = Vec::new();
    for _ in 0..MAX_BYTES {
        line.push(from.read_u8().await.map_err(closed)?);
        let Some(said) = line.strip_suffix(b"\r\n") else { continue };
        let said = String::from_utf8_lossy(said);
        let (said_code, rest) = said.split_at_checked(3).ok_or_else(nonsense)?;
        if said_code != code {
            let is_code = said_code.bytes().all(|digit| digit.is_ascii_digit());
            let refused = || io::Error::other(format!("it refuses TLS, with the code {said_code}"));
            return Err(if is_code { refused() } else { nonsense() });
        }
        let is_last = !rest.starts_with('-');
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        if is_last {
            return Ok(lines);
        }
        line.clear();
    }
    Err(nonsense())
}

fn closed(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { io::Error::other("it closed the connection") } else { error }
}

/// A line on which a server may say only so much.
#[derive(Debug)]
struct Bounded<L> {
    line: L,
    /// What is read before anything that the server says.
    first: &'static [u8],
    /// How much the server may say yet, in bytes.
    left: usize,
}

impl<L: AsyncRead + Unpin> AsyncRead for Bounded<L> {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(into.remaining()));
            into.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = into.filled().len();
        ready!(Pin::new(&mut self.line).poll_read(task, into))?;
        let Some(left) = self.left.checked_sub(into.filled().len() - before) else {
            into.set_filled(before);
            return Poll::Ready(Err(io::Error::other(format!("it says more than {MAX_BYTES} bytes"))));
        };
        self.left = left;
        Poll::Ready(Ok(()))
    }
}

impl<L: AsyncWrite + Unpin> AsyncWrite for Bounded<L> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write(task, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_shutdown(task)
    }
}

impl<L: AsyncRead + AsyncWrite + std::fmt::Debug + Send + Sync + Unpin> AsyncTokioStream for Bounded<L> {
    /// Nobody asks.
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    async fn asked(said: &[u8]) -> (Result<(), String>, usize) {
        let (mut ours, mut theirs) = duplex(2 * MAX_BYTES);
        theirs.write_all(said).await.expect("there is room");
        theirs.shutdown().await.expect("it is open");
        let asked = start_tls(&mut ours, "login.example.org").await.map_err(|error| error.to_string());
        let mut rest = Vec::new();
        ours.read_to_end(&mut rest).await.expect("it is open");
        (asked, rest.len())
    }

    #[tokio::test]
    async fn tls_is_agreed_upon_or_nothing_is() {
        let (greeting, offer) = ("220-one\r\n220 two\r\n", "250-mail.example.org\r\n250-SIZE 1\r\n250 starttls\r\n");
        let agreed = format!("{greeting}{offer}220 go\r\n");
        assert_eq!(asked(agreed.as_bytes()).await, (Ok(()), 0));
        // What follows in the clear stays for the handshake to break on.
        assert_eq!(asked(format!("{agreed}250 injected\r\n").as_bytes()).await, (Ok(()), 14));
        let nonsense = "what it says is no SMTP";
        let endless = "2".repeat(MAX_BYTES + 1);
        for (said, told) in [
            (format!("{greeting}250 mail.example.org\r\n"), "it offers no STARTTLS"),
            (format!("{greeting}{offer}454 not now\r\n"), "it refuses TLS, with the code 454"),
            ("554 go away\r\n".to_owned(), "it refuses TLS, with the code 554"),
            ("HTTP/1.1 400 Bad Request\r\n".to_owned(), nonsense),
            ("\r\n".to_owned(), nonsense),
            ("\u{e9}\u{e9}\r\n".to_owned(), nonsense),
            (endless, nonsense),
            (greeting.to_owned(), "it closed the connection"),
        ] {
            let (outcome, _) = asked(said.as_bytes()).await;
            assert_eq!(outcome, Err(told.to_owned()), "{}", &said[..said.len().min(40)]);
        }
    }

    #[tokio::test]
    async fn a_server_that_says_too_much_is_not_listened_to() {
        for (said, enough) in [(MAX_BYTES, true), (MAX_BYTES + 1, false)] {
            let said = vec![b'2'; said];
            let mut line =
                Bounded { line: tokio::io::join(&said[..], tokio::io::sink()), first: GREETED, left: MAX_BYTES };
            let mut heard = Vec::new();
            let read = line.read_to_end(&mut heard).await;
            assert_eq!(read.is_ok(), enough);
            assert!(heard.starts_with(GREETED) && heard.len() <= GREETED.len() + MAX_BYTES);
        }
    }
}
