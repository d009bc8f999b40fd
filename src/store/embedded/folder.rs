//! The data folder, and the lock that gives it to one process.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::error::OpenError;

const LOCK: &str = "bimgate.lock";
const FILE: &str = "bimgate.redb";
const NEW_FILE: &str = "bimgate.redb.new";
/// Files that a server makes beside the store at its first start. Where one of them is, there was a store.
const SECRET: &str = "signing.key";

/// A data folder, locked while this lives.
///
/// redb locks its file too, but releases that lock when the file is reopened after a failure. This lock stays.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be and locks it, waiting at most `wait` for another process.
    pub(super) fn lock(path: &Path, wait: Duration) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::unusable(path, source);
        if !path.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
            hand_over(path).map_err(unusable)?;
        }
        let lock = private().create(true).truncate(false).open(path.join(LOCK)).map_err(unusable)?;
        hand_over(&path.join(LOCK)).map_err(unusable)?;
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

    /// The store's file. If there is none, `fill` makes a store of an empty file, which is given the name only when it
    /// is whole and on disk. So a full disk or a crash never leaves half a store under that name.
    ///
    /// Unless it is made `anew`, there must be no trace of an earlier store that is missing.
    pub(super) fn file<E: From<io::Error>>(
        &self,
        anew: bool,
        fill: impl FnOnce(File) -> Result<(), E>,
    ) -> Result<File, E> {
        let (path, new) = (self.path.join(FILE), self.path.join(NEW_FILE));
        match private().open(&path) {
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                if !anew && self.path.join(SECRET).exists() {
                    return Err(lost(
                        "bimgate.redb is missing, but signing.key is there; to begin anew move that away",
                    )
                    .into());
                }
                fill(private().create(true).truncate(true).open(&new)?)?;
                hand_over(&new)?;
                fs::rename(&new, &path)?;
                File::open(&self.path)?.sync_all()?;
                Ok(private().open(&path)?)
            }
            other => {
                let found = other?;
                // A store is never empty, not even one that is just being made.
                if found.metadata()?.len() == 0 {
                    return Err(lost("bimgate.redb is empty").into());
                }
                Ok(found)
            }
        }
    }
}

/// Whether there is surely no store in the folder, and no trace of one that was lost.
pub(in crate::store) fn is_new(folder: &Path) -> bool {
    let missing = |name| folder.join(name).try_exists().is_ok_and(|there| !there);
    missing(FILE) && missing(SECRET)
}

/// If root has made `path`, gives it the owner of its folder: root may run a command before the first start of the
/// server, and the server may run as another user.
pub(in crate::store) fn hand_over(path: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (made, above) = (fs::metadata(path)?, fs::metadata(above)?);
    if made.uid() == 0 && above.uid() != 0 {
        chown(path, Some(above.uid()), Some(above.gid()))?;
    }
    Ok(())
}

/// There was a store, and it is gone.
fn lost(how: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, how)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

/// Waits on a thread of its own, since the wait for a lock has no limit. If the caller has given up, the thread
/// releases the lock as soon as it has it.
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
