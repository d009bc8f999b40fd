//! A small HTTP/1.1 client that sends exactly what a test says, malformed bytes included.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// No answer takes longer in a test.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// A request being put together.
#[derive(Clone)]
pub struct Request {
    to: SocketAddr,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(to: SocketAddr, method: &str, target: &str) -> Self {
        Self { to, method: method.into(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("Authorization", &format!("BimPlus {token}"))
    }

    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        body.as_ref().clone_into(&mut self.body);
        self
    }

    /// What it asks for, without what it carries.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// As it goes over the wire, with this in its header `Connection`; to the host of its header `Host`, if it has one.
    pub fn bytes(&self, connection: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nConnection: {connection}\r\n", self.method, self.target);
        if !self.headers.iter().any(|(name, _)| name == "Host") {
            let _ = write!(head, "Host: {}\r\n", self.to);
        }
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() || self.method == "POST" {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        [head.as_bytes(), &self.body].concat()
    }

    /// The same for HTTP/2, its head and its body.
    pub fn http2(&self, to: SocketAddr) -> (http::Request<()>, Vec<u8>) {
        let host =
            self.headers.iter().find(|(name, _)| name == "Host").map_or(to.to_string(), |(_, host)| host.clone());
        let uri = http::Uri::builder().scheme("https").authority(host).path_and_query(self.target.as_str());
        let mut head = http::Request::builder().method(self.method.as_str()).uri(uri.build().expect("a target"));
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "Host") {
            head = head.header(name, value);
        }
        (head.version(http::Version::HTTP_2).body(()).expect("a request"), self.body.clone())
    }

    /// Sends it on a connection of its own.
    pub fn try_send(self) -> io::Result<Reply> {
        exchange(self.to, &self.bytes("close"), self.method == "HEAD")
    }

    /// As [`Self::try_send`]; no answer fails the test.
    pub fn send(self) -> Reply {
        let what = self.name();
        self.try_send().unwrap_or_else(|error| panic!("{what}: {error}"))
    }
}

/// Sends bytes as they are, and reads what comes back until the connection closes.
pub fn exchange(to: SocketAddr, bytes: &[u8], headers_only: bool) -> io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&to, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    // A server may answer, and close, before it has read everything.
    let sent = stream.write_all(bytes);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = stream.shutdown(Shutdown::Both);
    if answer.is_empty() {
        sent?;
        read?;
    }
    Reply::parse(&answer, headers_only)
}

impl Reply {
    pub fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { status, headers, body }
    }

    pub fn parse(answer: &[u8], headers_only: bool) -> io::Result<Self> {
        let broken = || io::Error::other(format!("no HTTP response: {:?}", String::from_utf8_lossy(answer)));
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(broken)?;
        let head = str::from_utf8(&answer[..end]).map_err(|_| broken())?;
        let (line, rest) = head.split_once("\r\n").unwrap_or((head, ""));
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
        let headers = rest
            .split("\r\n")
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.into(), value.into()));
        let mut reply = Self { status, headers: headers.collect(), body: answer[end + 4..].to_vec() };
        let chunked = reply.header("transfer-encoding").is_some_and(|coding| coding == "chunked");
        if chunked {
            reply.body = unchunk(&reply.body).ok_or_else(broken)?;
        } else if !headers_only
            && let Some(length) = reply.header("content-length").and_then(|length| length.parse().ok())
        {
            if reply.body.len() < length {
                return Err(io::Error::other("the response was cut short"));
            }
            reply.body.truncate(length);
        }
        Ok(reply)
    }

    /// The value of a header, its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which must be JSON and say that it is.
    #[track_caller]
    pub fn json(&self) -> Value {
        let kind = self.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{} {kind:?}: {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// Checks that this is an error with the envelope, all its members and nothing that should not be there.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["error"], true, "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        let id = body["uuid"].as_str().expect("uuid is a string");
        assert_eq!(self.header("x-request-id"), Some(id), "the header names the same request");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(4), "{body}");
        body
    }
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 2 + size + 2..)?;
    }
}
