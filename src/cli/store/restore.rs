//! `bimgate store restore`

use std::path::PathBuf;

use clap::Args;
use futures_util::stream;

use super::target::{begin, failed, half_filled};
use super::{described, taken, unusable};
use crate::auth::FactorKey;
use crate::backup::{Backup, BackupError, Keeping, restore};
use crate::bearer::{Sealer, opens};
use crate::cli::error::CliError;
use crate::cli::output::count;
use crate::cli::target::Aim;
use crate::cli::{Exit, target};
use crate::settings::Settings;
use crate::store::{self, Entry};

/// Fill an empty store from a backup, whichever kind of store it is of; no server may run. Nothing is written before the
/// whole file was read once.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Keep sessions, tokens, single sign-on, invitations and links; also those that were ended after the backup.
    #[arg(long)]
    with_sessions: bool,
}

/// What of a backup opens with the secret that is here.
struct Sealed {
    /// The signing keys.
    keys: bool,
    /// How many second factors do not.
    closed_factors: u64,
}

pub(super) fn run(args: &RestoreArgs, aim: &Aim) -> Exit {
    target::run(aim, async |settings, _| fill(args, settings).await)
}

async fn fill(args: &RestoreArgs, settings: &Settings) -> Result<(), CliError> {
    let wrong = |error| unusable(&args.file, &error);
    let mut backup = Backup::open(&args.file).map_err(wrong)?;
    let sealer = sealer(settings)?;
    let found = look_through(&mut backup, sealer.as_ref()).map_err(wrong)?;
    let store = begin(&settings.store).await?;
    let now = store.time().await.map_err(|error| failed(&error))?;
    let keeping = Keeping { sessions: args.with_sessions, keys: found.keys, now };
    let restored = match backup.entries() {
        Ok(entries) => restore(&*store, stream::iter(entries), keeping).await,
        Err(error) => Err(error),
    };
    store.close().await;
    let restored = restored.map_err(|error| half_filled(&settings.store, &error))?;

    eprintln!("Restored the backup {}: {}.", taken(backup.origin()), described(&restored));
    eprintln!(
        "Passwords, disablings, app passwords and links to identity providers are those of the backup: who was disabled, or \
         changed a password, after it is as before that."
    );
    if args.with_sessions {
        eprintln!(
            "{}, {} and {} come to life, those among them that were ended after the backup; so do invitations and links \
             to set a password.",
            count(restored.sessions, "session"),
            count(restored.tokens, "token"),
            count(restored.sign_ons, "signed-on browser"),
        );
    } else {
        eprintln!(
            "No session, token, invitation or link to set a password counts any more: everybody logs in again. Licences \
             stay out until their time is over."
        );
    }
    if !found.keys {
        eprintln!(
            "The signing keys of the backup do not open with the secret that is here (signing.key_file, or signing.key in \
             the data folder), so they are left out; the server makes new ones when it starts."
        );
    }
    if found.closed_factors > 0 {
        eprintln!(
            "{} cannot be opened with the secret that is here: bring back the one that the backup was taken with, or take \
             them from their people (`bimgate user reset-factor`).",
            count(found.closed_factors, "second factor")
        );
    }
    Ok(())
}

/// The sealer of the secret that is here; none is made.
fn sealer(settings: &Settings) -> Result<Option<Sealer>, CliError> {
    let folder = store::data_folder(&settings.store);
    let is_there = Sealer::is_there(&settings.signing, folder);
    let sealer = is_there.then(|| Sealer::of(&settings.signing, folder)).transpose();
    sealer.map_err(|error| CliError::refused(error.to_string()))
}

/// Reads every entry, and what is sealed in it.
fn look_through(backup: &mut Backup, sealer: Option<&Sealer>) -> Result<Sealed, BackupError> {
    let factors = sealer.map(|sealer| FactorKey::new(sealer.secret()));
    let mut found = Sealed { keys: true, closed_factors: 0 };
    for entry in backup.entries()? {
        match entry? {
            Entry::KeyRing(ring) => {
                found.keys = ring.keys.is_empty() || sealer.is_some_and(|sealer| opens(sealer, &ring));
            }
            Entry::Person(person) => {
                let account = &person.account;
                let is_closed = account
                    .second_factor
                    .as_ref()
                    .is_some_and(|factor| factors.as_ref().is_none_or(|factors| !factors.opens(account.id, factor)));
                found.closed_factors += u64::from(is_closed);
            }
            _ => {}
        }
    }
    Ok(found)
}
