//! Where the socket is, and what travels through it: one connection a request, one JSON line each way.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

/// The name of the socket in the data folder.
pub(super) const NAME: &str = "bimgate.sock";
/// The longest line, in bytes; the largest batch is less than half as long.
pub(super) const MAX_LINE: usize = 4 << 20;
/// The longest path of a socket that the kernel takes, in bytes (unix(7), less the closing NUL).
const MAX_PATH: usize = 107;

/// A path of the socket that is short enough for the kernel, valid while this value lives.
pub(super) struct Address {
    path: PathBuf,
    _folder: Option<File>,
}

impl Address {
    /// The address in `folder`; through the opened folder if its path is too long.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join(NAME);
        if path.as_os_str().as_bytes().len() <= MAX_PATH {
            return Ok(Self { path, _folder: None });
        }
        let folder = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()));
        Ok(Self { path, _folder: Some(folder) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes one line, within `deadline`.
pub(super) async fn write<T: Serialize>(
    to: &mut (impl AsyncWrite + Unpin),
    value: &T,
    deadline: Duration,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    if line.len() > MAX_LINE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the message is too long for the socket"));
    }
    timeout(deadline, async {
        to.write_all(&line).await?;
        to.flush().await
    })
    .await?
}

/// Reads one line, within `deadline`; `None` if there is none.
pub(super) async fn read<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
    deadline: Duration,
) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    let mut limited = BufReader::new(from.take(MAX_LINE as u64));
    timeout(deadline, limited.read_until(b'\n', &mut line)).await??;
    if line.is_empty() {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the line is cut off, or longer than 4 MiB"));
    }
    // Say where, but not what: the line may have password hashes.
    serde_json::from_slice(&line).map(Some).map_err(|error| {
        io::Error::new(io::ErrorKind::InvalidData, format!("it is not understood, at byte {}", error.column()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::runtime::Builder;

    use super::*;
    use crate::admin::{Request, Response};

    const DEADLINE: Duration = Duration::from_secs(10);

    fn wait<T>(until: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        Builder::new_current_thread().enable_time().build()?.block_on(until)
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(
            mut line in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..200),
                r#"\{"(Add|List|Show|Check|Create|Change|AddRedirect|Redirects|SignOff|RotateKey)":[\[\]{}":,a-z0-9]{0,40}"#.prop_map(String::into_bytes),
            ],
            ended in any::<bool>(),
        ) {
            if ended {
                line.push(b'\n');
            }
            let _ = wait(read::<Request>(&mut &line[..], DEADLINE));
            let _ = wait(read::<Response>(&mut &line[..], DEADLINE));
        }

        #[test]
        fn what_is_written_is_read(value in proptest::collection::vec("(?s).{0,20}", 0..20)) {
            let mut sent = Vec::new();
            wait(write(&mut sent, &value, DEADLINE))?;
            prop_assert_eq!(sent.iter().position(|byte| *byte == b'\n'), Some(sent.len() - 1), "one line");
            prop_assert_eq!(wait(read::<Vec<String>>(&mut &sent[..], DEADLINE))?, Some(value));
        }
    }
}
