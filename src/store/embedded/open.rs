//! Opening the file, again after each failure, and what can be wrong with it.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageBackend};

use super::folder::Folder;

/// The most memory for pages of the file. Taken as pages are read, so an idle server has next to none of it; what does
/// not fit is read from the system's cache.
const PAGE_CACHE: usize = 64 << 20;

/// Why the store does not open: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or its files cannot be made, read or written.
    #[error("the data folder {} cannot be used: {source}; it must be writable by the user this runs as", folder.display())]
    Unusable {
        /// Which folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process has it.
    #[error("the data folder {} is in use by another bimgate; one process at a time can have it open", folder.display())]
    InUse {
        /// Which folder.
        folder: PathBuf,
    },
    /// No space left.
    #[error("the disk that holds the data folder {} is full", folder.display())]
    DiskFull {
        /// Which folder.
        folder: PathBuf,
    },
    /// The file is none of ours, or no longer whole.
    #[error("the store in {} is damaged or was not made by bimgate ({reason}); restore it from a backup", folder.display())]
    Damaged {
        /// Which folder.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The writer's thread did not start.
    #[error("the store's thread cannot be started: {0}")]
    Thread(io::Error),
}

impl OpenError {
    pub(super) fn unusable(folder: &Path, source: io::Error) -> Self {
        let folder = folder.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { folder },
            _ => Self::Unusable { folder, source },
        }
    }
}

type MakeDatabase = dyn Fn(&Builder) -> Result<Database, DatabaseError> + Send;

/// Opens the database, as often as need be.
pub(super) struct Opener {
    make: Box<MakeDatabase>,
    folder: PathBuf,
}

impl Opener {
    pub(super) fn file(folder: Folder) -> Self {
        let path = folder.path().to_owned();
        let make = move |builder: &Builder| {
            let database = |file| builder.create_with_backend(FileBackend::new(file)?);
            database(folder.file(|empty| database(empty).map(drop))?)
        };
        Self { make: Box::new(make), folder: path }
    }

    pub(super) fn backend<B: StorageBackend>(make: impl Fn() -> io::Result<B> + Send + 'static) -> Self {
        let make = move |builder: &Builder| builder.create_with_backend(make()?);
        Self { make: Box::new(make), folder: PathBuf::new() }
    }

    pub(super) fn open(&self) -> Result<Database, OpenError> {
        let mut builder = Builder::new();
        builder.set_cache_size(PAGE_CACHE);
        // redb says that it may panic on a file that something else has written to.
        match catch_unwind(AssertUnwindSafe(|| (self.make)(&builder))) {
            Ok(opened) => opened.map_err(|error| self.explain(error.into())),
            Err(_) => Err(self.damaged("it cannot be made sense of".into())),
        }
    }

    pub(super) fn explain(&self, error: redb::Error) -> OpenError {
        match error {
            redb::Error::DatabaseAlreadyOpen => OpenError::InUse { folder: self.folder.clone() },
            redb::Error::Io(source) if damage(&source) => self.damaged(source.to_string()),
            redb::Error::Io(source) => OpenError::unusable(&self.folder, source),
            other => self.damaged(other.to_string()),
        }
    }

    fn damaged(&self, reason: String) -> OpenError {
        OpenError::Damaged { folder: self.folder.clone(), reason }
    }
}

fn damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}
