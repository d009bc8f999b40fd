//! A file that is there when it is whole.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The owner alone reads and writes it.
const MODE: u32 = 0o600;

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
        let file = open(&partial)?;
        match file.try_lock() {
            Ok(()) if has_name(&file, &partial)? => {}
            // Whoever had the lock has kept it since it was opened, or has removed it.
            Ok(()) | Err(TryLockError::WouldBlock) => {
                let sentence = format!("another process is writing {}", partial.display());
                return Err(io::Error::new(io::ErrorKind::WouldBlock, sentence));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // One that was there may be open to others.
        file.set_permissions(Permissions::from_mode(MODE))?;
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

/// Opens a file, which is made if there is none. A link is refused: it could lead to any other file.
fn open(partial: &Path) -> io::Result<File> {
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new().write(true).create(true).truncate(false).mode(MODE).custom_flags(no_link).open(partial)
}

/// Whether that is its name at this moment.
fn has_name(file: &File, path: &Path) -> io::Result<bool> {
    let named = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        named => named?,
    };
    let file = file.metadata()?;
    Ok((file.dev(), file.ino()) == (named.dev(), named.ino()))
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // A later backup overwrites it otherwise.
            let _left_there = fs::remove_file(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_a_killed_process_left_is_for_its_owner_alone() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("key.pem");
        let partial = folder.path().join("key.pem.partial");
        fs::write(&partial, "of a longer one")?;
        fs::set_permissions(&partial, Permissions::from_mode(0o644))?;
        let mut file = NewFile::create(&path)?;
        file.write(b"key")?;
        file.keep()?;
        assert_eq!((fs::read(&path)?, fs::metadata(&path)?.mode() & 0o777), (b"key".to_vec(), 0o600));
        assert!(!partial.exists());
        Ok(())
    }

    #[test]
    fn a_link_is_not_followed() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let [other, path] = ["other", "key.pem"].map(|name| folder.path().join(name));
        fs::write(&other, "stays")?;
        symlink(&other, folder.path().join("key.pem.partial"))?;
        assert!(NewFile::create(&path).is_err());
        assert_eq!(fs::read(&other)?, b"stays");
        Ok(())
    }

    #[test]
    fn a_file_that_was_kept_meanwhile_is_not_overwritten() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let [path, partial] = ["key.pem", "key.pem.partial"].map(|name| folder.path().join(name));
        let mut first = NewFile::create(&path)?;
        first.write(b"key")?;
        assert!(NewFile::create(&path).is_err(), "another process is writing it");
        // One that opened it before that, and gets the lock after that.
        let second = open(&partial)?;
        assert!(has_name(&second, &partial)?);
        first.keep()?;
        second.try_lock()?;
        assert!(!has_name(&second, &partial)?, "it has another name");
        let _third = NewFile::create(&path)?;
        assert!(!has_name(&second, &partial)?, "another file has that name");
        assert_eq!(fs::read(&path)?, b"key");
        Ok(())
    }
}
