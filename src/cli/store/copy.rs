//! `bimgate store copy`

use std::sync::Arc;

use clap::Args;
use futures_util::stream::TryStreamExt as _;

use super::described;
use super::target::{begin, failed, half_filled};
use crate::admin::Client;
use crate::backup::{BackupError, Keeping, restore};
use crate::cli::error::CliError;
use crate::cli::target::{Aim, LOCK_WAIT, STORE_TIMEOUT};
use crate::cli::{Exit, target};
use crate::clock::SystemClock;
use crate::settings::{Settings, StoreSettings};
use crate::store::{self, refuse_half_restored};

/// Copy everything from the store of the settings into an empty one, with all sessions and tokens: nobody has to log in
/// again. No server may run on either; logins under way are lost.
#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// Where to: a URL as of `store.url`; the other settings of `[store]` count for it too.
    #[arg(long, value_name = "URL")]
    to: String,
}

pub(super) fn run(args: &CopyArgs, aim: &Aim) -> Exit {
    target::run(aim, async |settings, _| copy(args, settings).await)
}

async fn copy(args: &CopyArgs, settings: &Settings) -> Result<(), CliError> {
    let timeout_ms = settings.store.timeout_ms.max(STORE_TIMEOUT);
    let old = StoreSettings { timeout_ms, ..settings.store.clone() };
    let new = StoreSettings { url: args.to.clone(), ..old.clone() };
    if new.url == old.url {
        return Err(CliError::usage("--to names the store of the settings itself (store.url)"));
    }
    if let Some(folder) = store::data_folder(&old) {
        if Client::reach(folder).await?.is_some() {
            let sentence = format!("a server runs on the store in {}; stop it first", folder.display());
            return Err(CliError::refused(sentence));
        }
        if store::would_be_new(&old) {
            return Err(CliError::new(Exit::Unreachable, format!("there is no store in {}", folder.display())));
        }
    }
    let from = store::open(&old, Arc::new(SystemClock), LOCK_WAIT)?;
    refuse_half_restored(&*from, &old).await.map_err(|error| failed(&error))??;
    let to = begin(&new).await?;
    let now = to.time().await.map_err(|error| failed(&error))?;
    let keeping = Keeping { sessions: true, keys: true, now };
    let copied = restore(&*to, from.dump().map_err(BackupError::from), keeping).await;
    to.close().await;
    from.close().await;
    let copied = copied.map_err(|error| half_filled(&new, &error))?;
    eprintln!("Copied {}.", described(&copied));
    let secret = match (store::data_folder(&old), store::data_folder(&new)) {
        (Some(folder), _) if settings.signing.key_file.is_none() => folder.join("signing.key").display().to_string(),
        _ => settings.signing.key_file.clone().unwrap_or_default(),
    };
    eprintln!(
        "Now set store.url, and signing.key_file to {secret}: the signing keys and second factors are sealed with it."
    );
    Ok(())
}
