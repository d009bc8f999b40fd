//! Which store: the one that `store.url` names.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Store;
use super::embedded::{self, EmbeddedStore};
use crate::clock::Clock;
use crate::settings::StoreSettings;

/// Why there is no store: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The embedded store does not open.
    #[error(transparent)]
    Embedded(#[from] embedded::OpenError),
}

/// The data folder, if the settings name the embedded store.
#[must_use]
pub fn data_folder(settings: &StoreSettings) -> Option<&Path> {
    settings.url.strip_prefix("embedded:").map(Path::new)
}

/// Opens the store. The embedded one is waited for, for at most `wait`, while another process has it; Redis need not
/// be there yet.
///
/// # Errors
/// [`OpenError`].
pub fn open(settings: &StoreSettings, clock: Arc<dyn Clock>, wait: Duration) -> Result<Arc<dyn Store>, OpenError> {
    let folder = data_folder(settings).unwrap_or(Path::new("./data"));
    Ok(Arc::new(EmbeddedStore::open(folder, clock, settings.timeout_ms, wait)?))
}
