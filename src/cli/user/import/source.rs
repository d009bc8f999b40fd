//! The file to import, in a form that can be read twice.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, stdin};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::{MemfdFlags, memfd_create};
use uuid::Uuid;

use crate::cli::complaint::CliError;

/// The most that is kept in memory if there is no temporary folder to write to: some 300,000 users with hashes.
const MAX_IN_MEMORY: u64 = 64 << 20;

pub(super) struct Source {
    name: String,
    file: File,
    bytes: u64,
}

impl Source {
    /// Opens it. What cannot be read twice, such as a pipe, is first copied into a file without a name.
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        let standard_input = path == Path::new("-");
        let name = if standard_input { "standard input".to_owned() } else { path.display().to_string() };
        let opened = || {
            let given =
                if standard_input { File::from(stdin().as_fd().try_clone_to_owned()?) } else { File::open(path)? };
            let file = if given.metadata()?.is_file() { given } else { copied(given)? };
            let bytes = file.metadata()?.len();
            Ok((file, bytes))
        };
        match opened() {
            Ok((file, bytes)) => Ok(Self { name, file, bytes }),
            Err(error) => Err(unreadable(&name, &error)),
        }
    }

    /// How long it is.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file, to be read from its start.
    pub(super) fn rewound(&mut self) -> Result<File, CliError> {
        let rewound = self.file.rewind().and_then(|()| self.file.try_clone());
        rewound.map_err(|error| unreadable(&self.name, &error))
    }
}

/// A copy in the temporary folder, or in memory if that folder cannot be written to.
fn copied(mut from: File) -> io::Result<File> {
    let folder = std::env::temp_dir();
    let cannot = |error: &io::Error| {
        let folder = folder.display();
        let sentence = format!("it cannot be copied to the temporary folder {folder}: {error}; TMPDIR names another");
        io::Error::new(error.kind(), sentence)
    };
    match unnamed(&folder) {
        Ok(mut to) => io::copy(&mut from, &mut to).map(|_| to).map_err(|error| cannot(&error)),
        Err(error) => {
            let mut to = File::from(memfd_create("bimgate-import", MemfdFlags::CLOEXEC)?);
            if io::copy(&mut from.take(MAX_IN_MEMORY + 1), &mut to)? > MAX_IN_MEMORY {
                let kept = format!("{}; at most {} MiB are kept in memory", cannot(&error), MAX_IN_MEMORY >> 20);
                return Err(io::Error::new(error.kind(), kept));
            }
            Ok(to)
        }
    }
}

/// A new file that nobody else can open.
fn unnamed(folder: &Path) -> io::Result<File> {
    let path = folder.join(format!("bimgate-import-{}", Uuid::new_v4()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

fn unreadable(name: &str, error: &io::Error) -> CliError {
    CliError::refused(format!("{name} cannot be read: {error}"))
}
