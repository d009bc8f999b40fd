//! A connection that stays open: requests one after another, or a piece at a time.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use socket2::{Domain, Socket, Type};

use super::client::{DEADLINE, Reply, Request};

/// An open connection to a server.
pub struct Connection {
    stream: TcpStream,
    /// Received, but not yet part of a response.
    received: Vec<u8>,
}

impl Connection {
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        Self::of(TcpStream::connect_timeout(&to, DEADLINE)?)
    }

    /// As [`Self::open`], from another address of this machine: all of 127.0.0.0/8 are.
    pub fn open_from(from: Ipv4Addr, to: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        socket.connect_timeout(&to.into(), DEADLINE)?;
        Self::of(socket.into())
    }

    fn of(stream: TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Sends a request and reads its answer.
    pub fn ask(&mut self, request: &Request) -> io::Result<Reply> {
        self.send(&request.bytes("keep-alive"))?;
        self.reply()
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more will be sent.
    pub fn finish_sending(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// The next response to a request that has one with a body and its length: not `HEAD`, not chunked.
    pub fn reply(&mut self) -> io::Result<Reply> {
        loop {
            if let Some(end) = complete(&self.received) {
                let answer: Vec<_> = self.received.drain(..end).collect();
                return Reply::parse(&answer, false);
            }
            self.receive()?;
        }
    }

    /// The next response, which must be an interim one, of no headers: its line.
    pub fn interim(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                let line: Vec<_> = self.received.drain(..end + 4).take(end).collect();
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            self.receive()?;
        }
    }

    /// All that came since the last answer, as soon as this is in it.
    pub fn hears(&mut self, awaited: &str) -> io::Result<String> {
        let asked = Instant::now();
        loop {
            let text = String::from_utf8_lossy(&self.received).into_owned();
            if text.contains(awaited) {
                return Ok(text);
            }
            // Other things may come without end.
            if asked.elapsed() > DEADLINE {
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            self.receive()?;
        }
    }

    /// Where it comes from.
    pub fn local(&self) -> SocketAddr {
        self.stream.local_addr().expect("it is open")
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut more = [0; 4096];
        match self.stream.read(&mut more)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.received.extend_from_slice(&more[..read]);
                Ok(())
            }
        }
    }

    /// Whether something of an answer is there, asked without waiting.
    pub fn has_answer(&self) -> bool {
        self.stream.set_nonblocking(true).expect("a socket");
        let found = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).expect("a socket");
        found.is_ok_and(|found| found > 0)
    }

    /// Whether the other side has closed it, asked without waiting. What arrives meanwhile is dropped.
    pub fn is_closed(&mut self) -> bool {
        self.stream.set_nonblocking(true).expect("a socket");
        let read = self.stream.read(&mut [0; 4096]);
        self.stream.set_nonblocking(false).expect("a socket");
        match read {
            Ok(read) => read == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

/// Where the first response ends, if all of it is there.
fn complete(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let length = str::from_utf8(&received[..head]).ok()?.to_ascii_lowercase();
    // These never have a body.
    if ["http/1.1 204 ", "http/1.1 100 "].iter().any(|status| length.starts_with(status)) {
        return Some(head);
    }
    let (_, length) = length.split_once("content-length: ")?;
    let end = head + length.split("\r\n").next()?.parse::<usize>().ok()?;
    (received.len() >= end).then_some(end)
}
