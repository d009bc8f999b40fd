//! The one thread that writes: it gathers the acts that wait, commits them together, publishes the snapshot, then
//! answers.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use redb::Database;
use tokio::sync::{broadcast, oneshot};

use super::OpenError;
use super::open::Opener;
use super::schema::{self, Snapshot, TxnError};
use super::txn::Txn;
use crate::domain::TokenDigest;
use crate::store::{Result, StoreError, StoreEvents};

/// How many acts may wait; one more is refused at once.
const QUEUE: usize = 1024;
/// How many acts share one commit.
const BATCH: usize = 256;
/// How long to refuse writes after a failure before the file is opened again: doubled each time, up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Answers one caller, after the commit.
type Answer = Box<dyn FnOnce() + Send>;
/// One act. If the act or its answer is dropped, its caller is told [`StoreError::Unavailable`].
type Act = Box<dyn FnOnce(&mut Txn<'_>) -> std::result::Result<Option<Answer>, redb::Error> + Send>;

/// Tells listeners which native logins a commit has decided; `None`: some may have been missed.
pub(super) type Decided = broadcast::Sender<Option<TokenDigest>>;

enum Message {
    Act(Act),
    /// Finish what came before, close the file, then drop this.
    Stop(oneshot::Sender<()>),
}

/// The handle of the thread, which ends when this is dropped or told to stop.
pub(super) struct Writer {
    queue: SyncSender<Message>,
    events: StoreEvents,
}

impl Writer {
    /// Opens the file and starts the thread.
    pub(super) fn start(
        opener: Opener,
        decided: Decided,
        events: StoreEvents,
    ) -> std::result::Result<(Self, Shared), OpenError> {
        let (database, snapshot) = open(&opener)?;
        let snapshot = Shared::new(ArcSwap::from_pointee(snapshot));
        let (queue, waiting) = sync_channel(QUEUE);
        let thread = Thread { database: Some(database), opener, snapshot: snapshot.clone(), decided, waiting };
        thread::Builder::new().name("store-writer".into()).spawn(|| thread.run()).map_err(OpenError::Thread)?;
        Ok((Self { queue, events }, snapshot))
    }

    /// Runs `act` alone with the tables. Answers when it is on disk, and the sessions that it closed and the credentials
    /// that it changed are reported. The act is not run if its caller is gone when its turn comes, or has waited for `limit`.
    pub(super) async fn act<T: Send + 'static>(
        &self,
        limit: Duration,
        act: impl FnOnce(&mut Txn<'_>) -> std::result::Result<T, TxnError> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let events = self.events.clone();
        let act: Act = Box::new(move |txn| {
            if reply.is_closed() {
                return Ok(None);
            }
            let result = match act(txn) {
                Ok(value) => Ok(value),
                Err(TxnError::Record(error)) => Err(error),
                Err(TxnError::Database(error)) => return Err(error),
            };
            let (closed, told) = (mem::take(&mut txn.closed), txn.told.take());
            let happened = mem::take(&mut txn.happened);
            Ok(Some(Box::new(move || {
                events.report(happened);
                events.emit(closed);
                events.tell(told);
                drop(reply.send(result));
            })))
        });
        self.send(Message::Act(act))?;
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Unavailable("the write failed".into())),
            Err(_) => Err(StoreError::Unavailable("the write took too long".into())),
        }
    }

    /// Finishes what waits and closes the file; gives up waiting after `limit`.
    pub(super) async fn stop(&self, limit: Duration) {
        let (done, stopped) = oneshot::channel();
        if self.send(Message::Stop(done)).is_ok() && tokio::time::timeout(limit, stopped).await.is_err() {
            tracing::warn!("the store took too long to close; the next start repairs it");
        }
    }

    fn send(&self, message: Message) -> Result<()> {
        self.queue.try_send(message).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Unavailable("too many writes are waiting".into()),
            TrySendError::Disconnected(_) => StoreError::Unavailable("the store is closed".into()),
        })
    }
}

/// Where readers find the newest snapshot.
pub(super) type Shared = Arc<ArcSwap<Snapshot>>;

struct Thread {
    /// `None` while it cannot be opened. Closed before the opener lets go of the folder.
    database: Option<Database>,
    snapshot: Shared,
    decided: Decided,
    waiting: Receiver<Message>,
    opener: Opener,
}

impl Thread {
    fn run(mut self) {
        while let Ok(first) = self.waiting.recv() {
            let mut batch = Vec::new();
            let mut stop = None;
            for message in std::iter::once(first).chain(self.waiting.try_iter()).take(BATCH) {
                match message {
                    Message::Act(act) => batch.push(act),
                    Message::Stop(done) => {
                        stop = Some(done);
                        break;
                    }
                }
            }
            if let Err(reason) = self.commit(batch) {
                tracing::error!(%reason, "the store cannot write; opening it again");
                stop = stop.or_else(|| self.recover());
            }
            if let Some(done) = stop {
                drop(self);
                drop(done);
                return;
            }
        }
    }

    /// Runs the acts in one transaction and answers each; or fails as a whole, and answers none.
    fn commit(&self, batch: Vec<Act>) -> std::result::Result<(), String> {
        let Some(database) = &self.database else { return Err("it is closed".into()) };
        // A panic in redb must not end the only thread that writes.
        let answers = catch_unwind(AssertUnwindSafe(|| self.write(database, batch)))
            .unwrap_or_else(|_| Err(redb::Error::Corrupted("redb panicked".into())))
            .map_err(|error| error.to_string())?;
        for answer in answers {
            answer();
        }
        Ok(())
    }

    fn write(&self, database: &Database, batch: Vec<Act>) -> std::result::Result<Vec<Answer>, redb::Error> {
        let transaction = database.begin_write()?;
        let mut txn = Txn::new(&transaction)?;
        let mut answers = Vec::with_capacity(batch.len());
        for act in batch {
            answers.extend(act(&mut txn)?);
        }
        let (changed, decided) = (txn.changed, mem::take(&mut txn.decided));
        drop(txn);
        if changed {
            transaction.commit()?;
            self.snapshot.store(Arc::new(Snapshot::take(database)?));
            for native in decided {
                self.tell(Some(native));
            }
        } else {
            transaction.abort()?;
        }
        Ok(answers)
    }

    fn tell(&self, decision: Option<TokenDigest>) {
        let _nobody_listens = self.decided.send(decision);
    }

    /// Tries to open the file again until that succeeds, and refuses all writes meanwhile. Readers keep the last
    /// snapshot, and are answered as far as it is in memory. Returns early if told to stop.
    fn recover(&mut self) -> Option<oneshot::Sender<()>> {
        self.database = None;
        let mut pause = PAUSES.0;
        loop {
            let end = Instant::now() + pause;
            loop {
                match self.waiting.recv_timeout(end.saturating_duration_since(Instant::now())) {
                    Ok(Message::Act(act)) => drop(act),
                    Ok(Message::Stop(done)) => return Some(done),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            }
            match open(&self.opener) {
                Ok((database, snapshot)) => {
                    self.database = Some(database);
                    self.snapshot.store(Arc::new(snapshot));
                    // A commit that failed may be on disk all the same.
                    self.tell(None);
                    tracing::info!("the store writes again");
                    return None;
                }
                Err(error) => tracing::warn!(%error, "the store cannot be opened again yet"),
            }
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

fn open(opener: &Opener) -> std::result::Result<(Database, Snapshot), OpenError> {
    let database = opener.open()?;
    let snapshot = schema::create(&database).and_then(|()| Snapshot::take(&database));
    snapshot.map(|snapshot| (database, snapshot)).map_err(|error| opener.explain(error))
}
