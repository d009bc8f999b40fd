//! Opening the embedded store's folder: whose it is, and what may be wrong with it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bimgate::clock::SystemClock;
use bimgate::store::embedded::{EmbeddedStore, OpenError};
use bimgate::store::{Health as _, Tokens as _};
use tempfile::TempDir;

use crate::Outcome;
use crate::given::{self, TIMEOUT};

#[tokio::test]
async fn what_was_stored_is_there_after_closing_and_opening_again() -> Outcome {
    let parent = TempDir::new()?;
    let folder = parent.path().join("deep/data");
    let store = open(&folder, Duration::ZERO)?;
    let user = given::user(&store).await?;
    let (_, token) = given::log_in(&store, user).await?;
    assert!(store.warnings().await?.is_empty());
    store.close().await;
    let store = open(&folder, Duration::ZERO)?;
    assert!(store.access_token(token).await?.is_some());
    Ok(())
}

#[test]
fn the_folder_and_its_files_are_for_their_owner_alone() -> Outcome {
    let parent = TempDir::new()?;
    let folder = parent.path().join("data");
    let _store = open(&folder, Duration::ZERO)?;
    assert_eq!(fs::metadata(&folder)?.permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        assert_eq!(entry.metadata()?.permissions().mode() & 0o777, 0o600, "{}", entry.path().display());
    }
    Ok(())
}

#[tokio::test]
async fn one_at_a_time_has_the_folder_open_and_others_may_wait() -> Outcome {
    let folder = TempDir::new()?;
    let store = open(folder.path(), Duration::ZERO)?;
    let refused = open(folder.path(), Duration::ZERO).err().ok_or("opened twice")?;
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    let asked = Instant::now();
    let refused = open(folder.path(), Duration::from_millis(200)).err().ok_or("opened twice")?;
    assert!(matches!(refused, OpenError::InUse { .. }) && asked.elapsed() >= Duration::from_millis(200));

    let path = folder.path().to_owned();
    let waiting = std::thread::spawn(move || open(&path, TIMEOUT).map(drop));
    store.close().await;
    waiting.join().map_err(|_| "panicked")??;
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_made_is_a_sentence() -> Outcome {
    let parent = TempDir::new()?;
    fs::write(parent.path().join("file"), "")?;
    let refused = open(&parent.path().join("file/data"), Duration::ZERO).err().ok_or("opened")?;
    assert!(matches!(refused, OpenError::Unusable { .. }));
    assert!(refused.to_string().contains("file/data"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_damaged_file_is_a_sentence() -> Outcome {
    let folder = TempDir::new()?;
    let file = folder.path().join("bimgate.redb");
    let store = open(folder.path(), Duration::ZERO)?;
    given::user(&store).await?;
    store.close().await;
    let whole = fs::read(&file)?;
    let mut zeroed = whole.clone();
    zeroed[4096..].fill(0);
    for damaged in [b"not a store at all".repeat(1000), whole[..whole.len() / 2].to_vec(), zeroed] {
        fs::write(&file, &damaged)?;
        let refused = open(folder.path(), TIMEOUT).err().ok_or("opened")?;
        assert!(matches!(refused, OpenError::Damaged { .. }), "{refused:?}");
    }
    fs::write(&file, &whole)?;
    open(folder.path(), TIMEOUT)?;
    Ok(())
}

#[tokio::test]
async fn a_throw_away_store_says_so() -> Outcome {
    let store = EmbeddedStore::throw_away(Arc::new(SystemClock), TIMEOUT)?;
    let user = given::user(&store).await?;
    let (_, token) = given::log_in(&store, user).await?;
    assert!(store.access_token(token).await?.is_some());
    assert_eq!(store.warnings().await?.len(), 1);
    Ok(())
}

fn open(folder: &Path, wait: Duration) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(folder, Arc::new(SystemClock), TIMEOUT, wait)
}
