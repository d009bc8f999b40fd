//! A provider that says whatever a test wants: what no certified one can be brought to say. It stands in for attackers
//! and broken servers only; that logins work is shown with a real provider.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::fixtures::NONCE;
use crate::forge::{KEYS, public, signed};
use crate::support::openid_provider::CLIENT;

/// Where its certificates lie.
pub const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls");

/// What it answers to one path.
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
    pub issuer: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<BTreeMap<String, Answer>>,
    asked: Mutex<Vec<String>>,
    ends: AtomicBool,
}

impl Liar {
    /// One that has not lied yet: whoever redeems a code is `sub`, for a login with [`NONCE`] at `now`.
    pub fn start(now: u64) -> Self {
        Self::listen(now, None)
    }

    /// As [`Self::start`], over TLS.
    pub fn start_with_tls(now: u64) -> Self {
        let read = |name: &str| fs::read(format!("{TLS}/{name}")).expect("a file");
        let certificate = CertificateDer::from_pem_slice(&read("server.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(&read("server-key.pem")).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(vec![certificate], key));
        Self::listen(now, Some(Arc::new(config.expect("TLS"))))
    }

    fn listen(now: u64, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let issuer = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
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
        let liar = Self { issuer, address, shared, thread: Some(thread) };
        liar.says("/.well-known/openid-configuration", Answer::Json(liar.metadata()));
        liar.says("/jwks", Answer::Json(json!({"keys": [public(&KEYS[0], "one")]})));
        liar.sends(&signed(&header(), &liar.claims(now), &KEYS[0], Algorithm::RS256));
        liar
    }

    /// What it tells about itself, as long as it does not lie.
    pub fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/auth"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/me"),
            "jwks_uri": at("/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        })
    }

    /// The claims of a good ID token, complete.
    pub fn claims(&self, now: u64) -> Value {
        json!({"iss": self.issuer, "aud": CLIENT, "sub": "somebody", "nonce": NONCE, "iat": now, "exp": now + 300,
               "email": "a@example.org", "email_verified": true, "name": "Somebody"})
    }

    /// Has it answer so to a path.
    pub fn says(&self, path: &str, answer: Answer) {
        lock(&self.shared.answers).insert(path.to_owned(), answer);
    }

    /// Has its token endpoint send this ID token.
    pub fn sends(&self, id_token: &str) {
        let tokens = json!({"access_token": "access", "token_type": "Bearer", "id_token": id_token});
        self.says("/token", Answer::Json(tokens));
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        let begins = format!(" {path} HTTP/1.1");
        lock(&self.shared.asked)
            .iter()
            .filter(|asked| asked.lines().next().is_some_and(|l| l.ends_with(&begins)))
            .count()
    }

    /// The last request, as it came.
    pub fn last_asked(&self) -> String {
        lock(&self.shared.asked).last().cloned().unwrap_or_default()
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The header of a good ID token.
pub fn header() -> Value {
    json!({"alg": "RS256", "kid": "one", "typ": "JWT"})
}

/// A whole response.
pub fn response(status: &str, content_type: &str, body: impl AsRef<[u8]>) -> Answer {
    let length = body.as_ref().len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    Answer::Raw([head.as_bytes(), body.as_ref()].concat())
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
    let request = String::from_utf8_lossy(&request);
    let path = request.split(' ').nth(1).unwrap_or_default();
    lock(&shared.asked).push(request.clone().into_owned());
    let bytes = match lock(&shared.answers).get(path) {
        Some(Answer::Json(json)) => {
            let Answer::Raw(bytes) = response("200 OK", "application/json", json.to_string()) else { return Ok(()) };
            bytes
        }
        Some(Answer::Raw(bytes)) => bytes.clone(),
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
