//! Threads of low priority, each with a worker of its own, and a bounded queue in front.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::queue::{Full, Job, Queue, Requester};

/// Why a pool did not do some work.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The queue is full.
    #[error("the queue of the hashing threads is full")]
    Busy,
    /// The threads were stopped.
    #[error("the hashing threads were stopped")]
    Stopped,
}

/// Called without a worker when it must give up its place.
type Work<W> = Box<dyn FnOnce(Option<&mut W>) + Send>;

/// The threads and their queue. Dropping it stops them, and waits for the work that is running.
pub(super) struct Pool<W: Send + 'static> {
    shared: Arc<Shared<W>>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared<W> {
    state: Mutex<State<W>>,
    changed: Condvar,
    /// How many jobs may be waiting and running.
    places: usize,
}

struct State<W> {
    waiting: Queue<Work<W>>,
    running: usize,
    begun: u64,
    stopping: bool,
}

impl<W: Send + 'static> Pool<W> {
    /// Starts one thread a worker; `queue` jobs may wait while all of them are busy.
    pub fn start(workers: Vec<W>, queue: usize) -> io::Result<Self> {
        let state = Mutex::new(State { waiting: Queue::default(), running: 0, begun: 0, stopping: false });
        let places = workers.len().saturating_add(queue);
        let shared = Arc::new(Shared { state, changed: Condvar::new(), places });
        let mut pool = Self { shared, threads: Vec::with_capacity(workers.len()) };
        for (index, mut worker) in workers.into_iter().enumerate() {
            let shared = Arc::clone(&pool.shared);
            let thread = thread::Builder::new().name(format!("hash-{index}")).spawn(move || {
                lower_priority();
                shared.work(&mut worker);
            })?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Has a worker do this when the requester's turn comes. A future that is dropped before that costs no work.
    ///
    /// # Errors
    /// [`PoolError::Busy`] when there is no place in the queue: at once, or later when another network needs the place.
    pub async fn run<T: Send + 'static>(
        &self,
        requester: Requester,
        work: impl FnOnce(&mut W) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (reply, answer) = oneshot::channel();
        let caller = Arc::new(());
        let work = Box::new(move |worker: Option<&mut W>| drop(reply.send(worker.map(work))));
        self.submit(Job { caller: Arc::downgrade(&caller), requester, work })?;
        let answer = answer.await.map_err(|_| PoolError::Stopped);
        drop(caller);
        answer?.ok_or(PoolError::Busy)
    }

    fn submit(&self, job: Job<Work<W>>) -> Result<(), PoolError> {
        let mut state = self.shared.lock();
        if state.stopping {
            return Err(PoolError::Stopped);
        }
        let places = self.shared.places.saturating_sub(state.running);
        let given_up = state.waiting.push(job, places).map_err(|Full| PoolError::Busy)?;
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

    /// Takes no more jobs and drops the waiting ones. Each thread ends after its running job.
    pub fn stop(&self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        let dropped = std::mem::take(&mut state.waiting);
        drop(state);
        drop(dropped);
        self.shared.changed.notify_all();
    }
}

impl<W: Send + 'static> Drop for Pool<W> {
    fn drop(&mut self) {
        self.stop();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl<W> Shared<W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, worker: &mut W) {
        while let Some(job) = self.next() {
            // A panic in one job must not end the thread for all others; its caller gets `Stopped`. The worker is still
            // good: the next hash overwrites a hasher's memory.
            let _ = catch_unwind(AssertUnwindSafe(|| (job.work)(Some(worker))));
            self.lock().running -= 1;
        }
    }

    /// The next job whose caller still waits; `None` when the pool stops.
    fn next(&self) -> Option<Job<Work<W>>> {
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

/// Gives the calling thread the lowest priority, so that a storm of hashing or signing does not slow down checks.
pub fn lower_priority() {
    // On Linux each thread has a priority, and no process id means the calling thread. Elsewhere this would lower the
    // whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::warn!(%error, "a thread that computes for long keeps the normal priority");
    }
}
