//! Where the socket is by which commands reach the server that owns the embedded store.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The longest path of a socket that the kernel takes, in bytes (unix(7), less the closing NUL).
const MAX_PATH: usize = 107;

/// A path of the socket that is short enough for the kernel, valid while this value lives.
pub struct SocketAddress {
    path: PathBuf,
    _folder: Option<File>,
}

impl SocketAddress {
    /// The name of the socket in the data folder.
    pub const NAME: &str = "bimgate.sock";

    /// The address in `folder`; through the opened folder if its path is too long.
    ///
    /// # Errors
    /// The folder must be opened for that, and cannot be.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join(Self::NAME);
        if path.as_os_str().as_bytes().len() <= MAX_PATH {
            return Ok(Self { path, _folder: None });
        }
        let folder = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{}", folder.as_raw_fd(), Self::NAME));
        Ok(Self { path, _folder: Some(folder) })
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
