//! TLS on the listener itself, and another certificate while it serves.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConnection, StreamOwned};
use serde_json::json;
use tempfile::TempDir;

use crate::support::app::{App, Kind, token};
use crate::support::client::{Reply, Request};
use crate::support::connection::Connection;
use crate::support::http2::{localhost, trusting};
use crate::support::liar::TLS;
use crate::support::wait::until;

pub const PATIENCE: Duration = Duration::from_secs(60);
/// As long as these settings may be, in seconds.
pub const LONG: &str = "3600";

/// A server that speaks TLS, and its certificate and key, which may be replaced.
pub struct Place {
    pub app: App,
    folder: TempDir,
}

/// An open connection, encrypted.
pub struct Encrypted(StreamOwned<ClientConnection, TcpStream>);

impl Place {
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::with_prefix("bimgate-tls-").expect("a folder");
        replace(&folder, "server");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (certificate, key) = (path("certificate.pem"), path("key.pem"));
        let own = [
            ("tls.certificate", certificate.as_str()),
            ("tls.key", &key),
            ("server.public_url", "https://localhost"),
            ("server.private_listen", "127.0.0.1:0"),
        ];
        Self { app: App::start(Kind::Embedded, &[&own, settings].concat()), folder }
    }

    pub fn open(&self) -> io::Result<Encrypted> {
        Encrypted::open(self.app.address())
    }

    /// Has the server look at its files.
    pub fn replace_certificate(&self, name: &str) {
        replace(&self.folder, name);
        self.app.server.signal(Signal::HUP);
    }
}

/// Puts a certificate and its key where the server looks for them.
fn replace(folder: &TempDir, name: &str) {
    for (from, to) in [(format!("{name}.pem"), "certificate.pem"), (format!("{name}-key.pem"), "key.pem")] {
        fs::copy(format!("{TLS}/{from}"), folder.path().join(to)).expect("a file");
    }
}

impl Encrypted {
    /// Speaks HTTP/1.1 alone.
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        let connection = ClientConnection::new(trusting(&["http/1.1"]), localhost()).expect("a connection");
        let socket = TcpStream::connect_timeout(&to, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self(stream))
    }

    /// The certificate of the other side.
    pub fn certificate(&self) -> Vec<u8> {
        self.0.conn.peer_certificates().expect("it has one")[0].to_vec()
    }

    /// One request and its answer, read to the length that it tells.
    pub fn ask(&mut self, request: &Request) -> io::Result<Reply> {
        self.0.write_all(&request.bytes("keep-alive"))?;
        let mut received = Vec::new();
        loop {
            if received.starts_with(b"HTTP/1.1 100 ")
                && let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n")
            {
                received.drain(..end + 4);
            }
            let end = received.windows(4).position(|four| four == b"\r\n\r\n").map(|head| head + 4);
            if end.is_some() && received.starts_with(b"HTTP/1.1 204 ") {
                return Reply::parse(&received, true);
            }
            if let Some(end) = end
                && let Some((_, rest)) = String::from_utf8_lossy(&received[..end]).split_once("content-length: ")
                && let Some(length) = rest.split("\r\n").next().and_then(|length| length.parse::<usize>().ok())
                && received.len() >= end + length
            {
                return Reply::parse(&received, false);
            }
            let mut more = [0; 16_384];
            match self.0.read(&mut more)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => received.extend_from_slice(&more[..read]),
            }
        }
    }
}

pub fn certificate(name: &str) -> Vec<u8> {
    CertificateDer::from_pem_file(format!("{TLS}/{name}.pem")).expect("a certificate").to_vec()
}

#[test]
fn a_client_logs_in_over_tls_and_nobody_without() {
    let place = Place::start(&[]);
    let user = place.app.user();
    let mut connection = place.open().expect("TLS");
    assert_eq!(connection.0.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    let login = place.app.request("POST", "/v2/authorize").header("Content-Type", "application/json").body(body);
    let access = token(&connection.ask(&login).expect("an answer").ok(), "access_token");
    // On the connection that is open, and on one that begins with what the first has agreed on.
    let check = || place.app.request("GET", "/v2/authorize").token(&access);
    connection.ask(&check()).expect("an answer").ok();
    place.open().expect("TLS").ask(&check()).expect("an answer").ok();
    // An answer of many packets.
    let document = connection.ask(&place.app.request("GET", "/openapi.json")).expect("an answer");
    assert!(document.body.len() > 100_000, "{}", document.body.len());

    let mut plain = Connection::open(place.app.address()).expect("a socket");
    assert!(plain.ask(&check()).is_err(), "in the clear nothing is answered");
}

#[test]
fn another_certificate_counts_at_once_and_no_connection_is_lost() {
    let place = Place::start(&[]);
    let mut before = place.open().expect("TLS");
    assert_eq!(before.certificate(), certificate("server"));
    place.replace_certificate("other");
    until("the other certificate", PATIENCE, || {
        (place.open().expect("TLS").certificate() == certificate("other")).then_some(())
    });
    assert_eq!(before.ask(&place.app.request("GET", "/v2/authorize")).expect("it is open").status, 401);
}

#[test]
fn files_that_are_wrong_change_nothing_and_are_told() {
    let place = Place::start(&[]);
    let told = |what: &str| {
        until(what, PATIENCE, || place.app.server.log().contains(what).then_some(()));
        assert_eq!(place.open().expect("TLS").certificate(), certificate("server"));
    };
    fs::copy(format!("{TLS}/other-key.pem"), place.folder.path().join("key.pem")).expect("a file");
    place.app.server.signal(Signal::HUP);
    told("key.pem: is not the key of the certificate");
    fs::remove_file(place.folder.path().join("certificate.pem")).expect("it was there");
    place.app.server.signal(Signal::HUP);
    told("certificate.pem: No such file");
    place.replace_certificate("other");
    until("the other certificate", PATIENCE, || {
        (place.open().expect("TLS").certificate() == certificate("other")).then_some(())
    });
}

#[test]
fn who_agrees_on_nothing_is_cut_off() {
    let place = Place::start(&[("server.client_timeout", "1")]);
    let mut silent = Connection::open(place.app.address()).expect("a socket");
    let mut slow = Connection::open(place.app.address()).expect("a socket");
    // The beginning of a record of a handshake.
    slow.send(&[22, 3, 1, 2, 0, 1]).expect("sent");
    for connection in [&mut silent, &mut slow] {
        until("it is closed", PATIENCE, || connection.is_closed().then_some(()));
    }
    place.open().expect("TLS");
}

#[test]
fn a_server_that_stops_does_not_wait_for_who_says_nothing() {
    // No other deadline ends the connections.
    let timeouts = ["server.shutdown_timeout", "server.client_timeout", "server.idle_timeout"];
    let mut place = Place::start(&timeouts.map(|timeout| (timeout, LONG)));
    let mut idle = place.open().expect("TLS");
    assert_eq!(idle.ask(&place.app.request("GET", "/v2/authorize")).expect("an answer").status, 401);
    let begun = Connection::open(place.app.address()).expect("a socket");
    let started = Instant::now();
    place.app.server.ask_to_stop();
    assert!(place.app.server.stopped().success());
    assert!(started.elapsed() < PATIENCE);
    drop(begun);
}
