//! A file that is there when it is whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A file under another name until it is whole, readable by its owner alone. Removed if it is dropped before.
pub struct NewFile {
    file: File,
    path: PathBuf,
    partial: PathBuf,
    is_kept: bool,
}

impl NewFile {
    /// Begins a file at `path`, under that name with `.partial` behind it. One that a process left there that was killed is
    /// overwritten.
    ///
    /// # Errors
    /// What the system says, also if another process writes it.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&partial)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let sentence = format!("another process is writing {}", partial.display());
                return Err(io::Error::new(io::ErrorKind::WouldBlock, sentence));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        Ok(Self { file, path: path.to_owned(), partial, is_kept: false })
    }

    /// Adds to it.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.file.write_all(chunk)
    }

    /// Brings it to disk and gives it its name, in place of what has that name.
    ///
    /// # Errors
    /// What the system says. Then what was there is there.
    pub fn keep(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.partial, &self.path)?;
        self.is_kept = true;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // A later backup overwrites it otherwise.
            let _left_there = fs::remove_file(&self.partial);
        }
    }
}
