//! `bimgate health`: is the server alive that runs here with these settings? For supervisors that can only run a
//! command, for example in a container without a shell.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::{Exit, load};
use crate::http::Route;
use crate::settings::Sources;

/// How long the connection, the request and the answer may take, each.
const DEADLINE: Duration = Duration::from_secs(1);

pub(super) fn run(sources: &Sources) -> Exit {
    let Some(settings) = load(sources) else { return Exit::Usage };
    let address = reachable(settings.server.private_listen.unwrap_or(settings.server.listen));
    match ask(address) {
        Ok(true) => Exit::Done,
        Ok(false) => {
            eprintln!("the server at {address} is not healthy");
            Exit::Refused
        }
        Err(error) => {
            eprintln!("the server at {address} does not answer: {error}");
            Exit::Unreachable
        }
    }
}

/// Where to connect to a server that listens on `address`: one that listens everywhere also listens on loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

fn ask(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    let path = Route::Healthz.pattern();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(status.ends_with(b" 200"))
}
