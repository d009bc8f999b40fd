//! The file to import, in a form that can be read twice.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, stdin};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use uuid::Uuid;

use crate::cli::complaint::Complaint;

pub(super) struct Source {
    name: String,
    file: File,
    bytes: u64,
}

impl Source {
    /// Opens it. What cannot be read twice, as a pipe, is copied into a file without a name first.
    pub(super) fn open(path: &Path) -> Result<Self, Complaint> {
        let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
        let opened = || {
            let given = if path == Path::new("-") {
                File::from(stdin().as_fd().try_clone_to_owned()?)
            } else {
                File::open(path)?
            };
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
    pub(super) fn rewound(&mut self) -> Result<File, Complaint> {
        let rewound = self.file.rewind().and_then(|()| self.file.try_clone());
        rewound.map_err(|error| unreadable(&self.name, &error))
    }
}

fn copied(mut from: File) -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("bimgate-import-{}", Uuid::new_v4()));
    let mut to = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    io::copy(&mut from, &mut to)?;
    Ok(to)
}

fn unreadable(name: &str, error: &io::Error) -> Complaint {
    Complaint::refused(format!("{name} cannot be read: {error}"))
}
