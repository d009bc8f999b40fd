//! What is kept between orders, and between runs of the server.

use std::fs;
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::backup::NewFile;

/// When the next order may begin.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct State {
    /// Where the last order was made.
    pub(super) directory: String,
    /// For what.
    pub(super) domains: Vec<String>,
    /// When the next one may begin, in seconds since 1970.
    pub(super) next_order: u64,
    /// How many failed since one succeeded, one under way included.
    pub(super) failures: u32,
    /// When the certificate ends that there was then, in seconds since 1970. By that one knows whether it is still there, or
    /// one from a backup.
    #[serde(default)]
    pub(super) certificate_end: u64,
}

impl State {
    const NAME: &str = "state.json";

    /// Reads it; nothing has been ordered where there is none.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        Ok(read(&folder.join(Self::NAME))?.unwrap_or_default())
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), String> {
        let text = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        write(&folder.join(Self::NAME), &text)
    }
}

/// What this file says, if it is there.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    let wrong = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| wrong(&error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(&error)),
    }
}

/// Writes a file that its owner alone can read, whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let written = NewFile::create(path).and_then(|mut file| {
        file.write(bytes)?;
        file.keep()
    });
    written.map_err(|error| format!("{}: {error}", path.display()))
}
