//! Where connections come in: a TCP port, or a Unix socket in the data folder for the server's own user and root.

use std::fs::{self, Permissions};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::net::sockopt::socket_peercred;
use rustix::process::geteuid;
use socket2::{SockFilter, SockRef};

use super::Bound;
use crate::admin::SocketAddress;
use crate::http::connection::PeerUid;

/// A Unix socket that is bound, and removed when dropped.
pub struct UnixSocket {
    listener: UnixListener,
    file: SocketFile,
}

/// The name of a Unix socket.
pub(super) struct SocketFile(PathBuf);

/// What connections come in by.
pub(super) enum Door {
    Tcp(tokio::net::TcpListener),
    /// Its name is gone once nobody is to come in.
    Unix(tokio::net::UnixListener, Option<SocketFile>),
}

/// Who has come in.
pub(super) enum Arrival {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream, PeerUid),
}

impl UnixSocket {
    /// On `bimgate.sock` in `folder`, with mode 0600.
    pub(super) fn bind(folder: &Path) -> io::Result<Self> {
        let path = folder.join(SocketAddress::NAME);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_socket() => fs::remove_file(&path)?,
            Ok(_) => {
                let message = format!("{} is in the way: it is no socket; move it elsewhere", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(SocketAddress::of(folder)?.path())?;
        let file = SocketFile(path);
        fs::set_permissions(&file.0, Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, file })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(%error, "the socket for commands could not be removed");
        }
    }
}

impl Door {
    pub(super) fn new(bound: Bound) -> io::Result<Self> {
        Ok(match bound {
            Bound::Tcp(listener) => Self::Tcp(tokio::net::TcpListener::from_std(listener)?),
            Bound::Unix(UnixSocket { listener, file }) => {
                Self::Unix(tokio::net::UnixListener::from_std(listener)?, Some(file))
            }
        })
    }

    /// The next who comes in; of a Unix socket, none but the server's own user and root.
    pub(super) async fn accept(&self) -> io::Result<Arrival> {
        match self {
            // The worker's thread will wait for it, not this one.
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok(Arrival::Tcp(stream.into_std()?, peer))
            }
            Self::Unix(listener, _) => loop {
                let (stream, _) = listener.accept().await?;
                if let Some(arrival) = known(stream.into_std()?) {
                    return Ok(arrival);
                }
            },
        }
    }

    /// Who waits to come in, if anybody does.
    pub(super) fn try_accept(&self) -> Option<Arrival> {
        match self {
            Self::Tcp(listener) => loop {
                let (stream, peer) = SockRef::from(listener).accept().ok()?;
                if let Some(peer) = peer.as_socket() {
                    return Some(Arrival::Tcp(stream.into(), peer));
                }
            },
            Self::Unix(listener, _) => loop {
                let (stream, _) = SockRef::from(listener).accept().ok()?;
                if let Some(arrival) = known(stream.into()) {
                    return Some(arrival);
                }
            },
        }
    }

    /// Has nobody begin to come in any more, while those who have begun still may.
    pub(super) fn let_nobody_in(&mut self) {
        match self {
            Self::Tcp(listener) => drop_handshakes(listener),
            Self::Unix(_, file) => drop(file.take()),
        }
    }
}

impl Arrival {
    /// Where it comes from; `None` from this machine's own socket.
    pub(super) const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(_, peer) => Some(*peer),
            Self::Unix(..) => None,
        }
    }

    /// What its connections are counted by: all of a Unix socket are of this machine.
    pub(super) fn network(&self) -> IpAddr {
        self.address().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip())
    }
}

/// A connection to the Unix socket, if it is from the server's own user or root. The file's mode says the same, but a
/// mode can be changed.
fn known(stream: UnixStream) -> Option<Arrival> {
    let uid = match socket_peercred(&stream) {
        Ok(peer) => peer.uid.as_raw(),
        Err(error) => {
            tracing::warn!(%error, "who is at the socket for commands cannot be known");
            return None;
        }
    };
    if uid != 0 && uid != geteuid().as_raw() {
        tracing::warn!(uid, "another user is not heard at the socket for commands");
        return None;
    }
    Some(Arrival::Unix(stream, PeerUid(uid)))
}

/// Has the kernel drop what asks a TCP listener for a new connection, so that handshakes under way can be completed
/// before it closes. Clients ask again after a second; then nobody listens, and they are told so.
fn drop_handshakes(listener: &impl AsFd) {
    // In the kernel's words: load byte 13 of the TCP header, its flags; if SYN is set, keep nothing, else everything.
    const SYN: u32 = 2;
    let program = [(0x30, 0, 13), (0x45, 1, SYN), (0x06, 0, 0), (0x06, 0, u32::MAX)];
    let program = program.map(|(code, otherwise, value)| SockFilter::new(code, 0, otherwise, value));
    if let Err(error) = SockRef::from(listener).attach_filter(&program) {
        tracing::debug!(%error, "new connections cannot be held off while the server stops");
    }
}
