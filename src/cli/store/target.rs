//! The store that a backup goes into.

use std::sync::Arc;

use crate::admin::Client;
use crate::backup::BackupError;
use crate::cli::error::CliError;
use crate::cli::target::{LOCK_WAIT, STORE_TIMEOUT};
use crate::cli::{Exit, output};
use crate::clock::SystemClock;
use crate::settings::StoreSettings;
use crate::store::{self, Store, StoreError, how_to_empty, open_to_restore, refuse_unfit};

/// Opens a store of which nobody serves and in which nothing is, and marks it as one that is being filled.
pub(super) async fn begin(settings: &StoreSettings) -> Result<Arc<dyn Store>, CliError> {
    if let Some(folder) = store::data_folder(settings)
        && Client::reach(folder).await?.is_some()
    {
        let sentence = format!("a server runs on the store in {}; stop it first", folder.display());
        return Err(CliError::refused(sentence));
    }
    let patient = StoreSettings { timeout_ms: settings.timeout_ms.max(STORE_TIMEOUT), ..settings.clone() };
    let store = open_to_restore(&patient, Arc::new(SystemClock), LOCK_WAIT)?;
    refuse_unfit(&*store, settings).await.map_err(|error| failed(&error))??;
    if store.begin_restore().await.map_err(|error| failed(&error))? {
        return Ok(store);
    }
    store.close().await;
    let sentence = format!(
        "there is something in the store {} already, and only an empty one is filled; {}, then try again",
        output::plain(&settings.url),
        how_to_empty(settings),
    );
    Err(CliError::refused(sentence))
}

/// What to do after a store could not be filled.
pub(super) fn half_filled(settings: &StoreSettings, error: &BackupError) -> CliError {
    let sentence = format!(
        "the store could not be filled: {error}. What is in it is no whole backup; {}, then try again",
        how_to_empty(settings)
    );
    CliError::refused(sentence)
}

/// The store does not answer.
pub(super) fn failed(error: &StoreError) -> CliError {
    CliError::new(Exit::Unreachable, format!("{error}; try again when that is mended"))
}
