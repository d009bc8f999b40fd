//! Threads of low priority with a bounded queue in front.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::hasher::Hasher;
use super::queue::{Full, Job, Queue};

/// Why a job was not taken.
#[derive(Debug)]
pub(super) enum PoolRefusal {
    Full,
    Stopped,
}

/// The threads and their queue. Dropping it stops them, and waits for the hashes that are running.
pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// How many jobs may be waiting and running.
    places: usize,
}

#[derive(Default)]
struct State {
    waiting: Queue,
    running: usize,
    begun: u64,
    stopping: bool,
}

impl Pool {
    /// Starts one thread a hasher; `queue` jobs may wait while all of them are busy.
    pub fn start(hashers: Vec<Hasher>, queue: usize) -> io::Result<Self> {
        let places = hashers.len().saturating_add(queue);
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), places });
        let mut pool = Self { shared, threads: Vec::with_capacity(hashers.len()) };
        for (index, mut hasher) in hashers.into_iter().enumerate() {
            let shared = Arc::clone(&pool.shared);
            let thread = thread::Builder::new().name(format!("hash-{index}")).spawn(move || {
                lower_priority();
                shared.work(&mut hasher);
            })?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Queues a job, or refuses it at once.
    pub fn submit(&self, job: Job) -> Result<(), PoolRefusal> {
        let mut state = self.shared.lock();
        if state.stopping {
            return Err(PoolRefusal::Stopped);
        }
        let places = self.shared.places.saturating_sub(state.running);
        let given_up = state.waiting.push(job, places).map_err(|Full| PoolRefusal::Full)?;
        drop(state);
        self.shared.changed.notify_one();
        if let Some(job) = given_up {
            (job.work)(None);
        }
        Ok(())
    }

    pub fn waiting(&self) -> usize {
        self.shared.lock().waiting.len()
    }

    pub fn running(&self) -> usize {
        self.shared.lock().running
    }

    pub fn begun(&self) -> u64 {
        self.shared.lock().begun
    }

    /// Takes no more jobs and forgets those that wait; the threads end with what they are doing.
    pub fn stop(&self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        let forgotten = std::mem::take(&mut state.waiting);
        drop(state);
        drop(forgotten);
        self.shared.changed.notify_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, hasher: &mut Hasher) {
        while let Some(job) = self.next() {
            // A bug met by one hash must not take the thread from all others; its caller is told Stopped. What it may
            // leave behind is memory that the next hash overwrites.
            let _ = catch_unwind(AssertUnwindSafe(|| (job.work)(Some(hasher))));
            self.lock().running -= 1;
        }
    }

    /// The next job whose caller still waits; `None` when the pool stops.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.stopping {
                return None;
            }
            if let Some(job) = state.waiting.pop() {
                state.running += 1;
                state.begun += 1;
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Puts the calling thread behind everything else, so that checks do not feel a storm of what takes long to compute.
pub fn lower_priority() {
    // Linux keeps a priority for each thread, and "no process" means the calling one; elsewhere it is the whole
    // process's, which must not be lowered.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::warn!(%error, "a thread that computes for long keeps the normal priority");
    }
}
