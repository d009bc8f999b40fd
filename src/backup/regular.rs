//! Backups that the server takes by itself, and how many of them stay.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};
use futures_util::StreamExt as _;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::{BackupMetrics, NewFile, chunks};
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::settings::BackupSettings;
use crate::store::{Store, StoreError};

/// How long to wait at most before looking whether a backup is due: the clock may be set.
const LOOK: Duration = Duration::from_secs(60);
/// The names of backups, but for what [`NewFile`] adds: by no other name anything is removed.
const NAME: &str = "bimgate-%Y%m%dT%H%M%SZ.backup";

/// Why a backup was not taken.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    File(PathBuf, io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a backup whenever one is due, and removes the oldest, until dropped. Logs a failure once, until a backup is taken
/// again; tries again once a minute.
pub async fn take_regularly(
    settings: BackupSettings,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    metrics: BackupMetrics,
) {
    let Some(folder) = settings.folder.map(PathBuf::from) else { return };
    let mut works = true;
    loop {
        let now = clock.now();
        let newest = backups(&folder).into_iter().map(|(taken, _)| taken).filter(|taken| *taken <= now).max();
        metrics.note_newest(newest.unwrap_or_default());
        let due = newest.map_or(now, |newest| newest.plus(settings.every));
        if due > now {
            sleep(due.since(now).min(LOOK)).await;
            continue;
        }
        let taken = take(&folder, &*store, now).await;
        metrics.count(taken.is_ok());
        match taken {
            Ok(path) => {
                works = true;
                tracing::info!(file = %path.display(), "a backup was taken");
                remove_old(&folder, settings.keep);
            }
            Err(error) => {
                if works {
                    tracing::error!(%error, "no backup could be taken (backup.folder); trying again every minute");
                }
                works = false;
                sleep(LOOK).await;
            }
        }
    }
}

async fn take(folder: &Path, store: &dyn Store, now: Timestamp) -> Result<PathBuf, Failure> {
    let path = folder.join(name(now));
    let failed = |error| Failure::File(path.clone(), error);
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let mut file = NewFile::create(&path).map_err(failed)?;
    let mut chunks = std::pin::pin!(chunks(store, now));
    while let Some(chunk) = chunks.next().await {
        file.write(&chunk?).map_err(failed)?;
    }
    // Others on this thread need not wait for the disk.
    let kept = spawn_blocking(|| file.keep()).await;
    kept.unwrap_or_else(|stopped| Err(io::Error::other(stopped))).map_err(failed)?;
    Ok(path)
}

/// Removes all but the newest, and what is left of those that were cut off.
fn remove_old(folder: &Path, keep: usize) {
    let mut there = backups(folder);
    there.sort_unstable();
    let old = there.len().saturating_sub(keep);
    let old = there.drain(..old).map(|(_, path)| path);
    let cut_off = files(folder, ".partial").into_iter().map(|(_, path)| path).filter(|path| is_nobodys(path));
    for path in old.chain(cut_off) {
        match fs::remove_file(&path) {
            Ok(()) => tracing::info!(file = %path.display(), "an old backup was removed"),
            Err(error) => tracing::warn!(file = %path.display(), %error, "an old backup cannot be removed"),
        }
    }
}

/// Whether no process is writing it.
fn is_nobodys(partial: &Path) -> bool {
    File::open(partial).is_ok_and(|file| file.try_lock().is_ok())
}

/// The backups in a folder, and when each was begun.
fn backups(folder: &Path) -> Vec<(Timestamp, PathBuf)> {
    files(folder, "")
}

/// The files that have the name of a backup, with `more` behind it.
fn files(folder: &Path, more: &str) -> Vec<(Timestamp, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let named = paths.filter_map(|path| {
        let stem = path.file_name()?.to_str()?.strip_suffix(more)?;
        let taken = NaiveDateTime::parse_from_str(stem, NAME).ok()?.and_utc().timestamp_millis();
        let taken = Timestamp::from_millis(u64::try_from(taken).ok()?);
        (name(taken) == stem && path.is_file()).then_some((taken, path))
    });
    named.collect()
}

fn name(taken: Timestamp) -> String {
    let taken = i64::try_from(taken.millis()).ok().and_then(DateTime::from_timestamp_millis);
    taken.unwrap_or(DateTime::UNIX_EPOCH).format(NAME).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_backups_by_that_name_go_and_the_newest_stay() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let others = ["bimgate-20200101.backup", "bimgate-20200101T000000Z.backup.old", "mine.backup", "bimgate.redb"];
        let ours = [2_019, 2_020, 2_021, 2_022].map(|year| format!("bimgate-{year}0101T000000Z.backup"));
        for file in others.into_iter().chain(ours.iter().map(String::as_str)) {
            fs::write(folder.path().join(file), "")?;
        }
        fs::create_dir(folder.path().join("bimgate-20180101T000000Z.backup"))?;
        let [idle, busy] = ["bimgate-20200101T000000Z", "bimgate-20210101T000000Z"]
            .map(|name| folder.path().join(format!("{name}.backup.partial")));
        fs::write(&idle, "")?;
        let writing = File::create(&busy)?;
        writing.lock()?;
        remove_old(folder.path(), 2);
        let is_there = |file: &str| folder.path().join(file).exists();
        assert_eq!(ours.each_ref().map(|file| is_there(file)), [false, false, true, true]);
        assert!(others.iter().all(|file| is_there(file)) && is_there("bimgate-20180101T000000Z.backup"));
        assert!(!idle.exists() && busy.exists());
        Ok(())
    }
}
