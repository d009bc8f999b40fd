//! Which store: the one that `store.url` names.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Store;
use super::embedded::{self, EmbeddedStore};
use super::redis::{self, RedisStore};
use crate::clock::Clock;
use crate::settings::StoreSettings;

/// Why there is no store: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The embedded store does not open.
    #[error(transparent)]
    Embedded(#[from] embedded::OpenError),
    /// The settings of Redis cannot be right.
    #[error(transparent)]
    Redis(#[from] redis::ConnectError),
    /// It is another store that counts.
    #[error(
        "this store was copied to {to} and takes no changes since then: set store.url to that; or, if no server ever ran on \
         that copy and this store is to count again, `bimgate store copy --undo`"
    )]
    Moved {
        /// The URL of the other store.
        to: String,
    },
    /// Nothing may serve it.
    #[error("a backup is being restored into this store, or was when that was cut off: {advice}")]
    HalfRestored {
        /// What to do.
        advice: String,
    },
}

/// The data folder, if the settings name the embedded store.
#[must_use]
pub fn data_folder(settings: &StoreSettings) -> Option<&Path> {
    settings.url.strip_prefix("embedded:").map(Path::new)
}

/// Whether opening makes a new store: a data folder without one, and without a trace of one that was lost.
#[must_use]
pub fn would_be_new(settings: &StoreSettings) -> bool {
    data_folder(settings).is_some_and(embedded::is_new)
}

/// Gives what root has made in a folder the folder's owner, for whom a server runs.
///
/// # Errors
/// What the system says.
pub fn hand_over(path: &Path) -> io::Result<()> {
    embedded::hand_over(path)
}

/// Opens the store. The embedded one is waited for, for at most `wait`, while another process has it; Redis need not
/// be there yet.
///
/// # Errors
/// [`OpenError`].
pub fn open(settings: &StoreSettings, clock: Arc<dyn Clock>, wait: Duration) -> Result<Arc<dyn Store>, OpenError> {
    if let Some(folder) = data_folder(settings) {
        return Ok(Arc::new(EmbeddedStore::open(folder, clock, settings.timeout_ms, wait)?));
    }
    Ok(Arc::new(RedisStore::connect(settings)?))
}

/// As [`open`], for a backup: a data folder may have the secret of an earlier store, and no store.
///
/// # Errors
/// [`OpenError`].
pub fn open_to_restore(
    settings: &StoreSettings,
    clock: Arc<dyn Clock>,
    wait: Duration,
) -> Result<Arc<dyn Store>, OpenError> {
    if let Some(folder) = data_folder(settings) {
        return Ok(Arc::new(EmbeddedStore::open_anew(folder, clock, settings.timeout_ms, wait)?));
    }
    open(settings, clock, wait)
}

/// Refuses a store into which a backup is being restored, or was when that was cut off, and one that has moved.
///
/// # Errors
/// [`OpenError::HalfRestored`], [`OpenError::Moved`]; the inner error is the store's.
pub async fn refuse_unfit(store: &dyn Store, settings: &StoreSettings) -> super::Result<Result<(), OpenError>> {
    if let Some(to) = store.moved_to().await? {
        return Ok(Err(OpenError::Moved { to }));
    }
    if !store.is_half_restored().await? {
        return Ok(Ok(()));
    }
    let advice = how_to_empty(settings);
    Ok(Err(OpenError::HalfRestored { advice: format!("if no restore runs, {advice}, then restore again") }))
}

/// What an operator does who wants the store to be empty: the middle of a sentence.
#[must_use]
pub fn how_to_empty(settings: &StoreSettings) -> String {
    match data_folder(settings) {
        Some(folder) => format!("move {} away", folder.join("bimgate.redb").display()),
        None => format!("remove every key that begins with {} (store.key_prefix)", settings.key_prefix),
    }
}
