//! Hashing passwords.

mod foreign;
mod hasher;
mod memory;
mod phc;
mod policy;
mod pool;
mod problem;
mod queue;
mod stored;

pub use hasher::{HashError, Verdict};
pub use policy::{WeakPassword, check_own_password, check_password};
pub use pool::PoolError;
pub(crate) use pool::lower_priority;
pub use problem::HashProblem;
pub use queue::Requester;
pub use stored::{check_hash, is_weak};

use std::sync::Arc;
use std::thread;

use crate::domain::{Password, PasswordHash};
use crate::settings::PasswordSettings;
use crate::telemetry::{SpanKind, in_span};
use hasher::{HashParams, Hasher};
use memory::Memory;
use pool::Pool;

/// What a span says that waits for a thread and then for a hash.
const HASHING: &str = "hash password";

/// Hashes and verifies passwords: argon2id (RFC 9106) on threads of its own, at the lowest priority.
///
/// Each thread keeps its memory from its first hash on. All memory is bounded by threads times
/// [`PasswordSettings::memory_kib`], and [`PasswordHash::MAX_MEMORY_KIB`] for hashes made elsewhere that need more.
pub struct Passwords {
    pool: Pool<Hasher>,
}

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// No thread took it up.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A thread could not do it.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The operating system gave no thread.
    #[error("a hashing thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

impl Passwords {
    /// Starts the threads.
    ///
    /// # Errors
    /// Parameters out of argon2's range or above the caps of [`super::check_hash`]; a thread that cannot be started.
    pub fn start(settings: &PasswordSettings) -> Result<Arc<Self>, PasswordsError> {
        let params = HashParams::new(settings.memory_kib, settings.iterations, settings.parallelism)?;
        let surplus = memory::surplus();
        let threads = match settings.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let hasher = || Hasher::new(params.clone(), Memory::new(params.blocks(), Arc::clone(&surplus)));
        let hashers = std::iter::repeat_with(hasher).take(threads).collect();
        Ok(Arc::new(Self { pool: Pool::start(hashers, settings.queue)? }))
    }

    /// Hashes a password as the settings say, with a salt of 16 random bytes, into 32 bytes.
    ///
    /// A future that is dropped before its turn costs no hash.
    ///
    /// # Errors
    /// [`PoolError::Busy`] at once when the queue is full.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PasswordsError> {
        let operator = Requester { network: None, known: true };
        let hashed = self.pool.run(operator, move |hasher| hasher.hash(&password));
        Ok(in_span(SpanKind::Internal, HASHING, hashed).await??)
    }

    /// Verifies a password against a stored hash. Without a hash it is always wrong.
    ///
    /// Every refusal takes the same work: a dummy replaces a missing or unverifiable hash, and after a hash that is
    /// cheaper than the settings ask (imported, or made before they were raised) the rest of the work is padded. A dearer
    /// hash raises that work: from the first attempt at it until the process ends, every refusal takes as long as it
    /// does. So that first attempt alone can be told from one at an unknown account.
    ///
    /// A right password at a hash that is not as the settings ask, of whatever kind, is [`Verdict::Outdated`].
    ///
    /// The order depends on the requester, see [`Requester`]. A future that is dropped before its turn costs no hash.
    ///
    /// # Errors
    /// [`PoolError::Busy`] when the queue is full: at once, or later when another network needs the place.
    pub async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
        requester: Requester,
    ) -> Result<Verdict, PasswordsError> {
        let verified = self.pool.run(requester, move |hasher| hasher.verify(&password, hash.as_ref()));
        Ok(in_span(SpanKind::Internal, HASHING, verified).await??)
    }

    /// How many calls wait for a thread.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.pool.waiting()
    }

    /// How many threads are hashing.
    #[must_use]
    pub fn running(&self) -> usize {
        self.pool.running()
    }

    /// How many calls a thread has taken up since the start.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.pool.begun()
    }

    /// Stops: waiting calls get [`PoolError::Stopped`], running ones finish. Returns at once. Dropping the value also
    /// waits for the threads, at most for one hash.
    pub fn stop(&self) {
        self.pool.stop();
    }
}

#[cfg(test)]
mod tests;
