//! The line to an LDAP server: TCP, TLS, and the bounds that the library above has not. That one takes any length, and
//! goes as deep into a message as it is nested, so that somebody on the way to a server could end this process before TLS
//! has begun. So it is given the end of a socket pair, and only messages that have been looked at.

use std::io;
use std::ops::Range;
use std::os::unix::net::UnixStream as StdUnixStream;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// The most that a server may say to one login. An entry with its groups is some kilobytes.
const MAX_BYTES: usize = 256 * 1024;
/// How deep a message may be nested; the values of an entry lie five deep.
const MAX_DEPTH: usize = 16;

/// A request for `StartTLS` (RFC 4511, 4.14), as message 1.
const START_TLS: [u8; 31] = *b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// Tags of BER (X.690, 8.1.2), as RFC 4511 uses them.
const SEQUENCE: u8 = 0x30;
const CONSTRUCTED: u8 = 0x20;
const LONG_TAG: u8 = 0x1f;
const ENUMERATED: u8 = 0x0a;
const EXTENDED_RESPONSE: u8 = 0x78;

/// How a line is encrypted.
#[derive(Clone)]
pub(super) enum Encryption {
    /// Not at all: on a loopback address.
    None,
    /// From the first byte.
    Tls(TlsConnector, ServerName<'static>),
    /// After a word in the clear.
    StartTls(TlsConnector, ServerName<'static>),
}

/// Connects to a server. What is said passes through a task in `tasks`, which ends when the line does, with the reason.
pub(super) async fn open(
    host: &str,
    port: u16,
    encryption: Encryption,
    tasks: &mut JoinSet<io::Result<()>>,
) -> io::Result<StdUnixStream> {
    let mut tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    match encryption {
        Encryption::None => relay(tcp, tasks),
        Encryption::Tls(tls, name) => relay(tls.connect(name, tcp).await?, tasks),
        Encryption::StartTls(tls, name) => {
            start_tls(&mut tcp).await?;
            relay(tls.connect(name, tcp).await?, tasks)
        }
    }
}

/// Asks for TLS. What the server has said in the clear beyond its answer becomes a part of the handshake, and breaks it.
async fn start_tls(tcp: &mut TcpStream) -> io::Result<()> {
    tcp.write_all(&START_TLS).await?;
    let answer = read_message(tcp, &mut MAX_BYTES.clone()).await?;
    match result_code(&answer) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::other(format!("it refuses StartTLS (result {code})"))),
        None => Err(nonsense()),
    }
}

/// The result of an extended response.
fn result_code(message: &[u8]) -> Option<u8> {
    let (_, content) = element(message)?;
    let content = message.get(content)?;
    let (_, id) = element(content)?;
    let response = content.get(id.end..)?;
    let (tag, content) = element(response)?;
    let content = response.get(content).filter(|_| tag == EXTENDED_RESPONSE)?;
    let (tag, code) = element(content)?;
    content.get(code).filter(|code| tag == ENUMERATED && code.len() == 1)?.first().copied()
}

/// Carries what is said between the library, which is given the end that is returned, and a server.
fn relay(
    server: impl AsyncRead + AsyncWrite + Send + 'static,
    tasks: &mut JoinSet<io::Result<()>>,
) -> io::Result<StdUnixStream> {
    let (ours, theirs) = StdUnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let (mut from_library, mut to_library) = UnixStream::from_std(ours)?.into_split();
    tasks.spawn(async move {
        let (mut from_server, mut to_server) = tokio::io::split(server);
        let asking = async {
            tokio::io::copy(&mut from_library, &mut to_server).await?;
            to_server.shutdown().await
        };
        let answering = async {
            let mut left = MAX_BYTES;
            loop {
                let message = read_message(&mut from_server, &mut left).await?;
                to_library.write_all(&message).await?;
            }
        };
        tokio::select! {
            ended = asking => ended,
            ended = answering => ended,
        }
    });
    Ok(theirs)
}

/// The next message, whole. Takes its length from `left`.
async fn read_message(from: &mut (impl AsyncRead + Unpin), left: &mut usize) -> io::Result<Vec<u8>> {
    let mut message = vec![0; 2];
    read_exact(from, &mut message).await?;
    let digits = match message[1] {
        long @ 0x81..=0x84 => usize::from(long & 0x7f),
        _ => 0,
    };
    message.resize(2 + digits, 0);
    read_exact(from, &mut message[2..]).await?;
    let (_, content) = element(&message).filter(|(tag, _)| *tag == SEQUENCE).ok_or_else(nonsense)?;
    *left = left
        .checked_sub(content.end)
        .ok_or_else(|| io::Error::other(format!("it says more than {MAX_BYTES} bytes")))?;
    message.resize(content.end, 0);
    read_exact(from, &mut message[content.start..]).await?;
    if is_shallow(&message) { Ok(message) } else { Err(nonsense()) }
}

async fn read_exact(from: &mut (impl AsyncRead + Unpin), into: &mut [u8]) -> io::Result<()> {
    let read = from.read_exact(into).await;
    read.map(drop).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::other("it closed the connection"),
        _ => error,
    })
}

/// The tag of the element at the beginning, and where its content is; the content itself need not be there.
fn element(bytes: &[u8]) -> Option<(u8, Range<usize>)> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (digits, length) = match first {
        0..=0x7f => (0, usize::from(first)),
        // Four bytes of length are more than any message may have.
        0x81..=0x84 => {
            let digits = rest.get(..usize::from(first & 0x7f))?;
            (digits.len(), digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
        }
        _ => return None,
    };
    let start = 2 + digits;
    (tag & LONG_TAG != LONG_TAG).then_some((tag, start..start.checked_add(length)?))
}

/// Whether every element lies within the one around it, none deeper than [`MAX_DEPTH`].
fn is_shallow(message: &[u8]) -> bool {
    let mut ends = vec![message.len()];
    let mut at = 0;
    while at < message.len() {
        while ends.last() == Some(&at) {
            ends.pop();
        }
        let Some((tag, content)) = element(&message[at..]) else { return false };
        let (start, end) = (at + content.start, at + content.end);
        if ends.len() > MAX_DEPTH || ends.last().is_none_or(|outer| end > *outer) {
            return false;
        }
        at = end;
        if tag & CONSTRUCTED != 0 {
            ends.push(end);
            at = start;
        }
    }
    true
}

fn nonsense() -> io::Error {
    io::Error::other("what it says is no LDAP")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An element of BER.
    fn ber(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).expect("short");
        [&[tag, 0x84], &length.to_be_bytes()[..], content].concat()
    }

    fn nested(depth: usize) -> Vec<u8> {
        (0..depth).fold(Vec::new(), |inner, _| ber(SEQUENCE, &inner))
    }

    async fn read(said: &[u8]) -> Result<usize, String> {
        let mut left = MAX_BYTES;
        let read = read_message(&mut &*said, &mut left).await;
        read.map(|message| message.len()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_message_is_short_shallow_and_whole() {
        let good = nested(MAX_DEPTH);
        assert_eq!(read(&[&good[..], b"the next"].concat()).await, Ok(good.len()));
        assert_eq!(read(b"\x30\x03\x02\x01\x07").await, Ok(5));
        let wrong = Err("what it says is no LDAP".to_owned());
        // As deep as a whole message lets it be.
        let deepest = nested((MAX_BYTES - 8) / 6);
        for said in [
            &nested(MAX_DEPTH + 1)[..],
            &deepest,
            b"HTTP/1.1",
            b"\x30\x80\x02\x01\x07\x00\x00",
            b"\x30\x03\x02\x02\x07",
        ] {
            assert_eq!(read(said).await, wrong, "{:?}", &said[..said.len().min(16)]);
        }
        assert_eq!(
            read(&ber(SEQUENCE, &vec![0; MAX_BYTES])).await,
            Err(format!("it says more than {MAX_BYTES} bytes"))
        );
        assert_eq!(read(b"\x30\x84\xff\xff\xff\xff").await, Err(format!("it says more than {MAX_BYTES} bytes")));
        assert_eq!(read(b"\x30\x03\x02").await, Err("it closed the connection".to_owned()));
    }

    #[test]
    fn an_answer_to_start_tls_is_read_in_every_length() {
        let short = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        assert_eq!(result_code(short), Some(0));
        let refused = ber(ENUMERATED, &[53]);
        let long = ber(SEQUENCE, &[ber(0x02, &[1]), ber(EXTENDED_RESPONSE, &refused)].concat());
        assert_eq!(result_code(&long), Some(53));
        let other = ber(SEQUENCE, &[ber(0x02, &[1]), ber(0x61, &refused)].concat());
        assert_eq!(result_code(&other), None, "an answer to something else");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_looked_at_to_their_end(said in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = (is_shallow(&said), result_code(&said));
        }
    }
}
