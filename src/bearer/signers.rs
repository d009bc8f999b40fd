//! Threads that sign. An RSA signature takes a millisecond of computing, which must not hold up other requests of the
//! same thread.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::keys::Key;
use crate::auth::lower_priority;
use crate::error::ServiceError;

/// How many jobs may wait for a thread: a quarter of a second's work for two cores.
const QUEUE: usize = 256;
/// How long a caller waits for a place in the queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// One thread for each core, of low priority, and their queue. Dropping it stops them.
pub(super) struct Signers {
    /// `None` while the threads are stopping.
    queue: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

/// Two bearers to sign with one key.
struct Job {
    key: Arc<Key>,
    messages: [String; 2],
    reply: oneshot::Sender<Result<[String; 2], ServiceError>>,
}

impl Signers {
    /// Starts the threads.
    pub(super) fn start() -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let mut signers = Self { queue: Some(queue), threads: Vec::new() };
        for index in 0..thread::available_parallelism().map_or(1, usize::from) {
            let jobs = Arc::clone(&jobs);
            let thread = thread::Builder::new().name(format!("sign-{index}")).spawn(move || {
                lower_priority();
                work(&jobs);
            })?;
            signers.threads.push(thread);
        }
        Ok(signers)
    }

    /// Signs both messages.
    ///
    /// # Errors
    /// [`ServiceError::SigningBusy`] if the queue stays full for too long, [`ServiceError::Bug`].
    pub(super) async fn sign(&self, key: Arc<Key>, messages: [String; 2]) -> Result<[String; 2], ServiceError> {
        let (reply, signed) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(ServiceError::SigningBusy)?;
        let job = Job { key, messages, reply };
        queue.send_timeout(job, QUEUE_TIMEOUT).await.map_err(|_| ServiceError::SigningBusy)?;
        signed.await.map_err(|_| ServiceError::SigningBusy)?
    }
}

impl Drop for Signers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Signs the jobs of the queue until the queue is closed.
fn work(jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        // One thread holds the lock while it waits for a job; the others wait for the lock.
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Job { key, messages: [one, other], reply }) = next else { return };
        if !reply.is_closed() {
            let signed = key.sign(one).and_then(|one| Ok([one, key.sign(other)?]));
            let _ = reply.send(signed);
        }
    }
}
