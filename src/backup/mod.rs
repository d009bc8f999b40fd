//! A backup as a file, the same from every kind of store: `docs/operations/backup.md`.
//!
//! | part | what |
//! | --- | --- |
//! | head | `bimgate backup 1` and a newline; the number is the version of the format |
//! | body | one deflate stream (RFC 1951) of frames, each its length (4 bytes, big-endian) and a record ([`crate::store::codec`]): first [`Origin`], then every [`Entry`](crate::store::Entry); then four zero bytes, and how many entries there were (8 bytes) |
//! | sum | the SHA-256 of all before it: of a file that was cut or changed, not of one that somebody forged |

use std::io;

use minicbor::{Decode, Encode};

use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::codec::Record;

mod arriving;
mod metrics;
mod mirror;
mod new_file;
mod reader;
mod regular;
mod restore;
mod summary;
mod writer;

pub use arriving::Arriving;
pub use metrics::BackupMetrics;
pub use mirror::Mirror;
pub use new_file::NewFile;
pub use reader::{Backup, Entries};
pub use regular::take_regularly;
pub use restore::{Keeping, restore};
pub use summary::Summary;
pub use writer::chunks;

/// What a backup begins with; the version of the format and a newline follow.
const MAGIC: &[u8] = b"bimgate backup ";
/// The version of the format that this release writes, and the latest that it reads.
const VERSION: u32 = 1;
/// How long the sum is.
const SUM: usize = 32;
/// The longest record, in bytes: several times as long as a person can be who has as many tokens as the settings allow.
const MAX_RECORD: usize = 128 << 20;

/// When a backup was taken, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Origin {
    /// When it was begun, by the store's clock.
    #[n(0)]
    pub taken: Timestamp,
    /// The release that wrote it.
    #[n(1)]
    pub release: Box<str>,
}

impl Record for Origin {
    const NAME: &'static str = "beginning of a backup";
}

/// Why a file is no backup that can be used: a sentence for the operator, without the file's name.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It begins with something else.
    #[error("it is no backup of bimgate")]
    Foreign,
    /// It is read more than once.
    #[error("it is no file that can be read twice; put the backup into a file first")]
    NoFile,
    /// A format that is not known here.
    #[error("it was written by a later release, in version {0} of the format; use that release")]
    Newer(u32),
    /// The sum is another one.
    #[error("it is cut off or damaged: its checksum does not match; use another backup")]
    Damaged,
    /// The sum is right, but what it is about makes no sense.
    #[error("it cannot be read: {0}; was it written by a later release?")]
    Unreadable(String),
    /// The file.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The store that is being filled.
    #[error(transparent)]
    Store(#[from] StoreError),
}
