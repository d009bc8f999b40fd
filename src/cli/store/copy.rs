//! `bimgate store copy`

use std::env::temp_dir;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use uuid::Uuid;

use super::described;
use super::target::{begin, failed, half_filled};
use crate::admin::bodies::Hold;
use crate::admin::{Answer, Client, Request};
use crate::backup::{Backup, BackupError, Mirror, Summary};
use crate::cli::error::CliError;
use crate::cli::target::{Aim, LOCK_WAIT, STORE_TIMEOUT, Target};
use crate::cli::{Exit, output, target};
use crate::clock::SystemClock;
use crate::domain::Timestamp;
use crate::settings::{Settings, StoreSettings};
use crate::store::{self, HELD_FOR, HoldStep, Store};

/// How long changes are held at the longest.
const MAX_PAUSE: Duration = Duration::from_secs(300);
/// How often a hold is renewed: before two renewals are lost it still lasts.
const RENEW_EVERY: Duration = Duration::from_secs(5);
const _: () = assert!(HELD_FOR.as_secs() >= 3 * RENEW_EVERY.as_secs());
/// With so few entries that changed since the round before, changes are held for the last round; and after so many rounds.
const FEW: u64 = 500;
const MAX_ROUNDS: usize = 5;

/// Move to another store, with all sessions and tokens: nobody has to log in again. Copies everything while the server
/// runs; then changes are held (logins and logouts are answered 503, checks go on) while the rest is copied and compared, and
/// stay held until the server is started with the other store.
#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// Where to: a URL as of `store.url`; the other settings of `[store]` count for it too. Nothing may be there.
    #[arg(long, value_name = "URL", required_unless_present = "undo")]
    to: Option<String>,
    /// Have the store of the settings take changes again after a copy. What happened in the copy since then does not
    /// count.
    #[arg(long, conflicts_with = "to")]
    undo: bool,
}

pub(super) fn run(args: &CopyArgs, aim: &Aim) -> Exit {
    target::run(aim, async |settings, target| match &args.to {
        Some(to) => copy(to, settings, target).await,
        None => undo(settings).await,
    })
}

async fn copy(to: &str, settings: &Settings, from: &mut Target) -> Result<(), CliError> {
    let timeout_ms = settings.store.timeout_ms.max(STORE_TIMEOUT);
    let new = StoreSettings { url: to.to_owned(), timeout_ms, ..settings.store.clone() };
    if new.url == settings.store.url {
        return Err(CliError::usage("--to names the store of the settings itself (store.url)"));
    }
    // Before the other store is made: whatever is wrong with this one is told first.
    let _read = from.call(Request::Keys).await?;
    let to = begin(&new).await?;
    let moved = Move { by: Uuid::new_v4(), from, to: Arc::clone(&to), new: &new }.run().await;
    to.close().await;
    let (copied, pause) = moved?;
    eprintln!("Copied {}; changes are held since {} ms.", described(&copied), pause.as_millis());
    let secret = match (store::data_folder(&settings.store), store::data_folder(&new)) {
        (Some(folder), _) if settings.signing.key_file.is_none() => folder.join("signing.key").display().to_string(),
        _ => settings.signing.key_file.clone().unwrap_or_default(),
    };
    eprintln!(
        "Now set store.url to {}, and signing.key_file to {secret}: the signing keys and second factors are sealed with it. \
         Then start the server again: until then logins and logouts are answered 503. To stay with the store of before, and \
         let it take changes again: `bimgate store copy --undo`.",
        output::plain(&new.url),
    );
    Ok(())
}

/// A move under way.
struct Move<'a> {
    by: Uuid,
    from: &'a mut Target,
    to: Arc<dyn Store>,
    new: &'a StoreSettings,
}

impl Move<'_> {
    /// How much was copied, and for how long changes were held by then.
    async fn run(mut self) -> Result<(Summary, Duration), CliError> {
        let wrong = |error: BackupError| half_filled(self.new, &error);
        let since = self.to.time().await.map_err(|error| failed(&error))?;
        let mut mirror = Mirror::new(Arc::clone(&self.to), since);
        for _ in 0..MAX_ROUNDS {
            let (_, changes) = follow(&mut mirror, since, spool(self.from).await?).await.map_err(wrong)?;
            if changes <= FEW {
                break;
            }
        }
        let began = Instant::now();
        if !self.step(Hold::Begin { by: self.by }).await? {
            let advice = store::how_to_empty(self.new);
            let sentence =
                "changes are held already, by another copy or since one; `bimgate store copy --undo` ends that";
            return Err(CliError::refused(format!("{sentence}. Then {advice}, and try again")));
        }
        let ended = match timeout(MAX_PAUSE, self.finish(&mut mirror)).await {
            Ok(ended) => ended,
            Err(_) => Err(self
                .emptied("what has changed could not be copied within five minutes, and logins must not wait longer")),
        };
        match ended {
            Ok(copied) => {
                let pause = began.elapsed();
                self.to.end_restore().await.map_err(|error| self.undecided(&error.to_string()))?;
                // The copy could be served from here on, so it counts only if the store of before is held still.
                match self.step(self.keep()).await {
                    Ok(true) => Ok((copied, pause)),
                    Ok(false) => Err(self.emptied("changes are held no more, so do not use the copy")),
                    Err(error) => Err(self.undecided(error.told())),
                }
            }
            // Without it they are held no more in a moment, unless they were to be held for good and nobody knows whether
            // they are.
            Err(error) => Err(match self.step(Hold::Lift { by: self.by }).await {
                Ok(_) => error,
                Err(_) => error.and("if changes stay held: `bimgate store copy --undo`"),
            }),
        }
    }

    /// The last round, while changes are held; then they are held for good.
    async fn finish(&mut self, mirror: &mut Mirror) -> Result<Summary, CliError> {
        let new = self.new;
        let wrong = |error: BackupError| half_filled(new, &error);
        // It is compared before that.
        let until = self.to.time().await.map_err(|error| failed(&error))?.plus(MAX_PAUSE);
        let chunks = self.from.backup().await?;
        let last = async {
            let (copied, _) = follow(mirror, until, spooled(chunks).await?).await.map_err(wrong)?;
            Ok::<_, CliError>((copied, mirror.compare().await.map_err(wrong)?))
        };
        let mut last = std::pin::pin!(last);
        let (copied, is_same) = loop {
            match timeout(RENEW_EVERY, &mut last).await {
                Ok(done) => break done?,
                Err(_) if self.step(Hold::Renew { by: self.by }).await? => {}
                Err(_) => return Err(self.emptied("changes were not held all the time")),
            }
        };
        if !is_same {
            return Err(self.emptied("the copy is not the same as the store"));
        }
        if !self.step(self.keep()).await? {
            return Err(self.emptied("changes were not held all the time"));
        }
        Ok(copied)
    }

    fn keep(&self) -> Hold {
        Hold::Keep { by: self.by, to: self.new.url.clone() }
    }

    async fn step(&mut self, step: Hold) -> Result<bool, CliError> {
        let Answer::Held(taken) = self.from.call(Request::Hold(step)).await? else { return Err(Target::surprised()) };
        Ok(taken)
    }

    /// The store of before takes no changes, and nobody knows whether the copy has its mark still; or the other way round.
    fn undecided(&self, why: &str) -> CliError {
        let advice = store::how_to_empty(self.new);
        let sentence = format!(
            "{why}: whether the copy counts is not known, and changes may stay held. `bimgate store copy --undo` ends \
             that; {advice}, then try again"
        );
        CliError::new(Exit::Unreachable, sentence)
    }

    /// It did not come to a copy.
    fn emptied(&self, why: &str) -> CliError {
        let advice = store::how_to_empty(self.new);
        CliError::refused(format!("{why}. The store of the settings is the one that counts; {advice}, then try again"))
    }
}

async fn follow(mirror: &mut Mirror, until: Timestamp, mut backup: Backup) -> Result<(Summary, u64), BackupError> {
    mirror.follow(until, stream::iter(backup.entries()?)).await
}

/// A backup as a file without a name, so that nothing is copied of one that is not whole.
async fn spool(from: &mut Target) -> Result<Backup, CliError> {
    spooled(from.backup().await?).await
}

async fn spooled(mut chunks: target::Chunks) -> Result<Backup, CliError> {
    let failed = |error: std::io::Error| {
        CliError::refused(format!("a backup cannot be kept in {} (TMPDIR): {error}", temp_dir().display()))
    };
    let mut file = nameless().map_err(failed)?;
    while let Some(chunk) = chunks.next().await {
        file.write_all(&chunk?).map_err(failed)?;
    }
    // All of it is read, which takes longer than a hold lasts if it is large; the hold is renewed meanwhile.
    match spawn_blocking(move || Backup::of(file)).await {
        Ok(backup) => backup.map_err(|error| unread(&error.to_string())),
        Err(stopped) => Err(unread(&stopped.to_string())),
    }
}

fn unread(why: &str) -> CliError {
    CliError::new(Exit::Unreachable, format!("the store could not be read: {why}"))
}

fn nameless() -> std::io::Result<File> {
    let path = temp_dir().join(format!("bimgate-{}", Uuid::new_v4()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

async fn undo(settings: &Settings) -> Result<(), CliError> {
    let sentence = "Done: the store of the settings takes changes. Empty the copy before you copy again.";
    if let Some(folder) = store::data_folder(&settings.store) {
        if let Some(server) = Client::reach(folder).await? {
            server.call(&Request::Hold(Hold::Undo {})).await?;
            eprintln!("{sentence}");
            return Ok(());
        }
        if store::would_be_new(&settings.store) {
            return Err(CliError::new(Exit::Unreachable, format!("there is no store in {}", folder.display())));
        }
    }
    let patient = StoreSettings { timeout_ms: settings.store.timeout_ms.max(STORE_TIMEOUT), ..settings.store.clone() };
    let store = store::open(&patient, Arc::new(SystemClock), LOCK_WAIT)?;
    store.hold(HoldStep::Undo).await.map_err(|error| failed(&error))?;
    store.close().await;
    eprintln!("{sentence}");
    Ok(())
}
