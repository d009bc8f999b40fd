//! Clients that speak HTTP/2 over TLS: one that does it right, and one that sends whatever frames a test says.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use actix_web::web::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use socket2::{Domain, Socket, Type};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::client::{DEADLINE, Reply, Request};
use super::liar::TLS;

/// What a client trusts: both certificates that a server of the tests may have. It offers to speak these, best first.
pub fn trusting(protocols: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for name in ["authority.pem", "other.pem"] {
        let certificate = CertificateDer::from_pem_file(format!("{TLS}/{name}")).expect("a certificate");
        roots.add(certificate).expect("one to trust");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.expect("versions").with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// The name in the certificates.
pub fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

/// A connection of a client that does it right.
pub struct Http2 {
    runtime: Runtime,
    requests: SendRequest<Bytes>,
    to: SocketAddr,
}

/// A request that is under way.
pub struct UnderWay {
    response: ResponseFuture,
    pub body: SendStream<Bytes>,
}

impl Http2 {
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let requests = runtime.block_on(async {
            let socket = tokio::net::TcpStream::connect(to).await?;
            let tls = TlsConnector::from(trusting(&["h2", "http/1.1"])).connect(localhost(), socket).await?;
            assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            let (requests, connection) = h2::client::handshake(tls).await.map_err(io::Error::other)?;
            tokio::spawn(connection);
            io::Result::Ok(requests)
        })?;
        Ok(Self { runtime, requests, to })
    }

    /// Sends a request, but for the end of its body.
    pub fn begin(&mut self, request: &Request) -> io::Result<UnderWay> {
        self.send(request, false)
    }

    /// Sends a request.
    pub fn send(&mut self, request: &Request, is_whole: bool) -> io::Result<UnderWay> {
        let (head, body) = request.http2(self.to);
        let requests = &self.requests;
        let sent = async {
            let mut requests = requests.clone().ready().await?;
            let is_end = is_whole && body.is_empty();
            let (response, mut stream) = requests.send_request(head, is_end)?;
            if !body.is_empty() {
                stream.send_data(Bytes::from(body), is_whole)?;
            }
            // Has it on its way before anything else is done.
            tokio::task::yield_now().await;
            Ok::<_, h2::Error>(UnderWay { response, body: stream })
        };
        self.runtime.block_on(sent).map_err(io::Error::other)
    }

    /// The answer to it.
    pub fn answer(&mut self, under_way: UnderWay) -> io::Result<Reply> {
        let answer = async {
            let response = under_way.response.await?;
            let (head, body) = response.into_parts();
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            Ok::<_, h2::Error>(Reply::new(head.status.as_u16(), headers, collect(body).await?))
        };
        self.runtime.block_on(async { timeout(DEADLINE, answer).await })?.map_err(io::Error::other)
    }

    /// A request and its answer.
    pub fn ask(&mut self, request: &Request) -> io::Result<Reply> {
        let under_way = self.send(request, true)?;
        self.answer(under_way)
    }
}

async fn collect(mut body: RecvStream) -> Result<Vec<u8>, h2::Error> {
    let mut whole = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

/// What a frame is (RFC 9113, 6).
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const CONTINUATION: u8 = 9;
/// Flags of a frame; of a ping that it is an answer.
pub const NONE: u8 = 0;
pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// A connection of which a test sends the frames.
pub struct Frames(StreamOwned<ClientConnection, TcpStream>);

/// A frame of the server's.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frames {
    /// Begins as every client does.
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        Self::open_from(Ipv4Addr::LOCALHOST, to)
    }

    /// As [`Self::open`], from another address of this machine.
    pub fn open_from(from: Ipv4Addr, to: SocketAddr) -> io::Result<Self> {
        let mut frames = Self::agree(from, to)?;
        frames.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")?;
        Ok(frames)
    }

    /// Agrees on HTTP/2, and says nothing yet.
    pub fn agree(from: Ipv4Addr, to: SocketAddr) -> io::Result<Self> {
        let connection = ClientConnection::new(trusting(&["h2"]), localhost()).expect("a connection");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        socket.connect_timeout(&to.into(), DEADLINE)?;
        let socket = TcpStream::from(socket);
        socket.set_read_timeout(Some(DEADLINE))?;
        socket.set_write_timeout(Some(DEADLINE))?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self(stream))
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)?;
        self.0.flush()
    }

    /// The next frame; none: the server has closed the connection.
    pub fn next(&mut self) -> io::Result<Option<Frame>> {
        let mut head = [0; 9];
        match self.0.read_exact(&mut head) {
            Err(error) if is_end(&error) => return Ok(None),
            read => read?,
        }
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload)?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Ok(Some(Frame { kind: head[3], flags: head[4], stream, payload }))
    }

    /// The next frame of this kind.
    pub fn hears(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.next().expect("a frame").expect("it is open");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// Reads until the server closes the connection; the last reason that it gave, if it could be read.
    pub fn closed_for(&mut self) -> Option<u32> {
        let mut reason = None;
        while let Some(frame) = self.next().expect("it is closed in time") {
            if frame.kind == GOAWAY {
                reason = Some(frame.code());
            }
        }
        reason
    }

    /// Has the server have seen everything before.
    pub fn catch_up(&mut self) {
        self.send(&frame(PING, NONE, 0, b"catch up")).expect("sent");
        while self.hears(PING).flags != ACK {}
    }
}

/// Closed, with or without a word.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

impl Frame {
    /// Why a stream is reset, or the connection closed.
    pub fn code(&self) -> u32 {
        let code = if self.kind == GOAWAY { &self.payload[4..8] } else { &self.payload[..4] };
        u32::from_be_bytes(code.try_into().expect("four bytes"))
    }
}

/// A frame as it goes over the wire.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short one").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The head of a request.
pub fn head(method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let own = [(":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost")];
    fields(&[&own, more].concat())
}

/// Fields, each spelled out (RFC 7541, 6.2.2).
pub fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 127).expect("a short one");
        [&[length], text.as_bytes()].concat()
    };
    fields.iter().flat_map(|(name, value)| [&[0], &text(name)[..], &text(value)].concat()).collect()
}
