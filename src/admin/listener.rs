//! The server's end of the socket.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::socket::{self, Address};
use super::{AdminError, KeyMaker, Request, Response, execute};
use crate::clock::Clock;
use crate::store::Store;

/// How many connections are served at once; further ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 16;
/// How long a client may take to send its request, and to take the answer.
const CLIENT_DEADLINE: Duration = Duration::from_secs(10);
/// How long running requests may take to finish when the server stops.
const STOP_DEADLINE: Duration = Duration::from_secs(5);
/// The pause after a connection could not be accepted, for example because no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Takes requests of operators, from the server's own user and root alone.
pub struct Listener {
    socket: StdListener,
    path: PathBuf,
}

impl Listener {
    /// Listens in `folder`, on `bimgate.sock` with mode 0600.
    ///
    /// The caller must hold the lock of the store in `folder`: a socket that is there already was left by a killed
    /// server, and is removed.
    ///
    /// # Errors
    /// The folder is not writable, or something other than a socket has the name.
    pub fn bind(folder: &Path) -> io::Result<Self> {
        let path = folder.join(socket::NAME);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_socket() => fs::remove_file(&path)?,
            Ok(_) => {
                let message = format!("{} is in the way: it is no socket; move it elsewhere", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let socket = StdListener::bind(Address::of(folder)?.path())?;
        let listener = Self { socket, path };
        fs::set_permissions(&listener.path, Permissions::from_mode(0o600))?;
        listener.socket.set_nonblocking(true)?;
        Ok(listener)
    }

    /// Serves until `shutdown` is ready, then removes the socket and lets running requests finish, for at most 5
    /// seconds. Await it before the store is closed, while its lock is still held.
    ///
    /// No request can end it. Needs a runtime with I/O and time.
    ///
    /// # Errors
    /// The runtime does not take the socket.
    pub async fn run(
        self,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        keys: KeyMaker,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let listener = UnixListener::from_std(self.socket.try_clone()?)?;
        let keys = Arc::new(keys);
        let mut shutdown = std::pin::pin!(shutdown);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve(stream, Arc::clone(&store), Arc::clone(&clock), Arc::clone(&keys)));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection to the admin socket could not be accepted");
                        if timeout(ACCEPT_PAUSE, &mut shutdown).await.is_ok() {
                            break;
                        }
                    }
                },
            }
        }
        drop(listener);
        drop(self);
        let finished = async { while connections.join_next().await.is_some() {} };
        if timeout(STOP_DEADLINE, finished).await.is_err() {
            tracing::warn!("a request on the admin socket was cut off, because the server stops");
        }
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "the admin socket could not be removed");
        }
    }
}

/// Serves one connection: one request, one answer.
async fn serve(mut stream: UnixStream, store: Arc<dyn Store>, clock: Arc<dyn Clock>, keys: Arc<KeyMaker>) {
    if let Err(error) = converse(&mut stream, &*store, &*clock, &keys).await {
        tracing::debug!(%error, "a connection to the admin socket ended early");
    }
}

async fn converse(stream: &mut UnixStream, store: &dyn Store, clock: &dyn Clock, keys: &KeyMaker) -> io::Result<()> {
    let peer = stream.peer_cred()?.uid();
    if peer != 0 && peer != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("user {peer} is not heard")));
    }
    let response: Response = match socket::read::<Request>(stream, CLIENT_DEADLINE).await {
        Ok(None) => return Ok(()),
        Ok(Some(request)) => execute(store, clock, keys, peer, request).await,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(AdminError::Malformed(error.to_string())),
        Err(error) => return Err(error),
    };
    match socket::write(stream, &response, CLIENT_DEADLINE).await {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let failure: Response = Err(AdminError::Malformed("the answer is too long for the socket".to_owned()));
            socket::write(stream, &failure, CLIENT_DEADLINE).await
        }
        written => written,
    }
}
