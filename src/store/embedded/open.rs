//! Opening the file, again after each failure.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageBackend};

use super::error::OpenError;
use super::folder::Folder;

/// The most memory for pages of the file. Taken as pages are read, so an idle server has next to none of it; what does
/// not fit is read from the system's cache.
const PAGE_CACHE: usize = 64 << 20;

type MakeDatabase = dyn Fn(&Builder) -> Result<Database, DatabaseError> + Send;

/// Opens the database, at first and after each failure.
pub(super) struct Opener {
    make: Box<MakeDatabase>,
    pub(super) folder: PathBuf,
}

impl Opener {
    /// `anew`: also where an earlier store is missing.
    pub(super) fn file(folder: Folder, anew: bool) -> Self {
        let path = folder.path().to_owned();
        let make = move |builder: &Builder| {
            let database = |file| builder.create_with_backend(FileBackend::new(file)?);
            database(folder.file(anew, |empty| database(empty).map(drop))?)
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
        // By its documentation redb may panic on a file that another program has written to.
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
