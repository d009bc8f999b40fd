//! A service that says whatever a test wants: what no real one can be brought to say. It stands in for attackers and broken
//! servers only.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// Where its certificates lie.
pub const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls");

/// What it answers to one path.
#[derive(Clone)]
pub enum Answer {
    /// 200, this JSON.
    Json(Value),
    /// To the letter, headers included.
    Raw(Vec<u8>),
    /// Nothing; the connection stays open.
    Nothing,
}

/// A running one; it ends when dropped.
pub struct Liar {
    /// Scheme, address and port.
    pub url: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<BTreeMap<String, Answer>>,
    asked: Mutex<Vec<Vec<u8>>>,
    ends: AtomicBool,
}

impl Liar {
    /// One that knows no path yet.
    pub fn start() -> Self {
        Self::listen(free_port(), None)
    }

    /// As [`Self::start`], where this listens.
    pub fn start_on(listener: TcpListener) -> Self {
        Self::listen(listener, None)
    }

    /// As [`Self::start`], over TLS.
    pub fn start_with_tls() -> Self {
        Self::listen(free_port(), Some(server_config("server")))
    }

    fn listen(listener: TcpListener, tls: Option<Arc<ServerConfig>>) -> Self {
        let address = listener.local_addr().expect("bound");
        let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
        let shared = Arc::new(Shared::default());
        let (served, until) = (shared.clone(), shared.clone());
        let thread = thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if until.ends.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), served, tls) = (stream, served.clone(), tls.clone()) else { continue };
                open.extend(stream.try_clone());
                // A client may well hang up on it.
                thread::spawn(move || drop(talk(stream, tls, &served)));
            }
        });
        Self { url, address, shared, thread: Some(thread) }
    }

    /// Has it answer so to a path, or to a method and a path: `POST /path`.
    pub fn says(&self, path: &str, answer: Answer) {
        lock(&self.shared.answers).insert(path.to_owned(), answer);
    }

    /// How often a path, or a method and a path, was asked for.
    pub fn asked(&self, path: &str) -> usize {
        let is_it = |asked: &&String| {
            let line = asked.lines().next().and_then(|line| line.strip_suffix(" HTTP/1.1")).unwrap_or_default();
            line == path || line.split_once(' ').is_some_and(|(_, asked)| asked == path)
        };
        self.everything_asked().iter().filter(is_it).count()
    }

    /// Every request, as it came.
    pub fn everything_asked(&self) -> Vec<String> {
        lock(&self.shared.asked).iter().map(|asked| String::from_utf8_lossy(asked).into_owned()).collect()
    }

    /// Every request, to the byte.
    pub fn everything_received(&self) -> Vec<Vec<u8>> {
        lock(&self.shared.asked).clone()
    }

    /// The last request, as it came.
    pub fn last_asked(&self) -> String {
        self.everything_asked().pop().unwrap_or_default()
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A whole response.
pub fn response(status: &str, content_type: &str, body: impl AsRef<[u8]>) -> Answer {
    let length = body.as_ref().len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    Answer::Raw([head.as_bytes(), body.as_ref()].concat())
}

/// TLS with a certificate of [`TLS`], by its name.
pub fn server_config(name: &str) -> Arc<ServerConfig> {
    let read = |file: String| fs::read(format!("{TLS}/{file}")).expect("a file");
    let certificate = CertificateDer::from_pem_slice(&read(format!("{name}.pem"))).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(&read(format!("{name}-key.pem"))).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![certificate], key));
    Arc::new(config.expect("TLS"))
}

fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free port")
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn talk(stream: TcpStream, tls: Option<Arc<ServerConfig>>, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let Some(config) = tls else { return answer(stream, shared) };
    answer(StreamOwned::new(ServerConnection::new(config).map_err(io::Error::other)?, stream), shared)
}

fn answer(mut stream: impl Read + Write, shared: &Shared) -> io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !complete(&request) {
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            read => request.extend_from_slice(&piece[..read]),
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let mut words = text.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    lock(&shared.asked).push(request);
    let found = {
        let answers = lock(&shared.answers);
        answers.get(&format!("{method} {path}")).or_else(|| answers.get(path)).cloned()
    };
    let bytes = match found {
        Some(Answer::Json(json)) => {
            let Answer::Raw(bytes) = response("200 OK", "application/json", json.to_string()) else { return Ok(()) };
            bytes
        }
        Some(Answer::Raw(bytes)) => bytes,
        Some(Answer::Nothing) => Vec::new(),
        None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
    };
    if bytes.is_empty() {
        // Until the client gives up.
        while stream.read(&mut piece)? > 0 {}
        return Ok(());
    }
    stream.write_all(&bytes)?;
    stream.flush()
}

/// Whether the whole request is there.
fn complete(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    request.len() >= head + 4 + length.unwrap_or(0)
}
