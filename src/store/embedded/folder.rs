//! The data folder and the lock that makes it one process's.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::OpenError;

const LOCK: &str = "bimgate.lock";
const FILE: &str = "bimgate.redb";
const NEW_FILE: &str = "bimgate.redb.new";

/// A data folder, locked while this lives.
///
/// redb locks its file too, but lets go of it when the file is reopened after a failure; this lock stays.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be and locks it, waiting at most `wait` for another process.
    pub(super) fn lock(path: &Path, wait: Duration) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::unusable(path, source);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let lock = private().create(true).truncate(false).open(path.join(LOCK)).map_err(unusable)?;
        let lock = match lock.try_lock() {
            Ok(()) => Some(lock),
            Err(std::fs::TryLockError::WouldBlock) => locked_within(lock, wait).map_err(unusable)?,
            Err(std::fs::TryLockError::Error(source)) => return Err(unusable(source)),
        };
        let lock = lock.ok_or_else(|| OpenError::InUse { folder: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The store's file. Where there is none, `fill` makes a store of an empty one, which gets the name only when it is
    /// whole and on disk: nobody ever finds half of one, wherever a full disk or a crash interrupts this.
    pub(super) fn file<E: From<io::Error>>(&self, fill: impl FnOnce(File) -> Result<(), E>) -> Result<File, E> {
        let (path, new) = (self.path.join(FILE), self.path.join(NEW_FILE));
        match private().open(&path) {
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                fill(private().create(true).truncate(true).open(&new)?)?;
                fs::rename(&new, &path)?;
                File::open(&self.path)?.sync_all()?;
                Ok(private().open(&path)?)
            }
            other => Ok(other?),
        }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

/// Waits on a thread of its own, for a lock can be waited for only without a limit. One that waits in vain lets go of
/// the lock as soon as it has it, since nobody receives it.
fn locked_within(lock: File, wait: Duration) -> io::Result<Option<File>> {
    if wait.is_zero() {
        return Ok(None);
    }
    let (give, taken) = mpsc::sync_channel(0);
    thread::Builder::new().name("store-lock".into()).spawn(move || {
        let result = lock.lock().map(|()| lock);
        let _nobody_waits_any_more = give.send(result);
    })?;
    taken.recv_timeout(wait).ok().transpose()
}
