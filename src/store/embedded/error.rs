//! Why the store does not open.

use std::io;
use std::path::{Path, PathBuf};

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
