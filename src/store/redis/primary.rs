//! Which server is the primary: all connections of a process agree on it.
//!
//! Sentinels replace a primary that stands still. When it goes on, it takes itself for the primary for some ten more
//! seconds, and answers what was true before. Two rules protect against it:
//!
//! - **Before a command.** A connection is trusted only in its own term, and while the primary has answered within a
//!   second. Otherwise the sentinels are asked, and the server for its role.
//! - **After an answer.** An answer counts only if the primary cannot have been replaced when it gave it: it answered
//!   another command less than half the time ago that sentinels wait for a silent primary.
//!
//! A Cluster has its own epochs. For a single server nobody else can be asked; there the term alone counts, so that
//! after a failure all connections resolve the server's name anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::backoff::Backoff;
use super::connect::ConnectOptions;
use super::sentinels::{Named, Sentinels};

/// The agreement, one a process.
pub(super) struct Primary {
    pub(super) options: ConnectOptions,
    /// Locked by the attempt to connect that is under way. All others wait for its outcome.
    pub(super) attempts: Arc<Mutex<Attempts>>,
    /// Raised when it is doubtful which server is the primary.
    term: Arc<AtomicU64>,
    /// When the latest command was sent that the primary has answered, in milliseconds since `start`.
    answered: AtomicU64,
    /// For how many milliseconds after that the primary cannot have been replaced; [`ALWAYS`] without sentinels.
    lease: AtomicU64,
    start: Instant,
}

/// What one attempt to connect leaves to the next one.
pub(super) struct Attempts {
    backoff: Backoff,
    /// If the last attempt failed: until when nobody tries again, and why it failed.
    pub(super) failure: Option<(Instant, String)>,
    sentinels: Option<Sentinels>,
    named: Option<Named>,
}

/// The pauses after a failed attempt.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// After so many milliseconds without an answer of the primary, the sentinels are asked before the next command.
const IDLE_MS: u64 = 1_000;
/// `answered` is written at most once in so many milliseconds, so that busy threads do not contend for it.
const STEP_MS: u64 = 10;
const ALWAYS: u64 = u64::MAX;

impl Primary {
    pub(super) fn new(options: ConnectOptions) -> Self {
        let term = Arc::new(AtomicU64::new(0));
        let attempts = Attempts {
            backoff: Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE),
            failure: None,
            sentinels: options.sentinels().map(|(name, addresses)| Sentinels::new(name, addresses, &term)),
            named: None,
        };
        Self {
            options,
            attempts: Arc::new(Mutex::new(attempts)),
            term,
            answered: AtomicU64::new(0),
            lease: AtomicU64::new(ALWAYS),
            start: Instant::now(),
        }
    }

    /// Now, as [`Self::believes`] and [`Self::vouch`] take it: in milliseconds since this was made.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(ALWAYS)
    }

    /// Whether a connection of this term may be used without asking again.
    pub(super) fn trusts(&self, term: u64) -> bool {
        term == self.term.load(Ordering::Acquire) && self.answered_within(IDLE_MS)
    }

    /// Whether an answer counts: on a connection of this term, to a command sent at `sent`.
    pub(super) fn believes(&self, term: u64, sent: u64) -> bool {
        if self.lease.load(Ordering::Relaxed) == ALWAYS {
            return true;
        }
        let believed = term == self.term.load(Ordering::Acquire) && self.answered_within(ALWAYS);
        if believed && sent >= self.answered.load(Ordering::Relaxed).saturating_add(STEP_MS) {
            self.vouch(sent);
        }
        believed
    }

    /// Makes all connections of this term prove themselves again. False if that has been done already.
    pub(super) fn doubt(&self, term: u64) -> bool {
        let raised = term.wrapping_add(1);
        self.term.compare_exchange(term, raised, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Asks the sentinels, if there are any, which server is the primary, and says the term of a connection to it.
    pub(super) async fn ask(&self, attempts: &mut Attempts) -> Result<(Option<Named>, u64), String> {
        let term = self.term.load(Ordering::Acquire);
        let Some(sentinels) = &mut attempts.sentinels else { return Ok((None, term)) };
        let named = sentinels.ask(&self.options).await?;
        let lease = u64::try_from(named.down_after.as_millis() / 2).unwrap_or(ALWAYS - 1);
        self.lease.store(lease, Ordering::Relaxed);
        let before = attempts.named.replace(named.clone());
        // If somebody else has raised the term meanwhile, the connection is of the old one and proves itself once more.
        let raised = before.is_some_and(|before| before.server != named.server) && self.doubt(term);
        Ok((Some(named), term + u64::from(raised)))
    }

    /// The primary answered a command sent at `sent`.
    pub(super) fn vouch(&self, sent: u64) {
        self.answered.fetch_max(sent, Ordering::AcqRel);
    }

    fn answered_within(&self, most: u64) -> bool {
        let lease = self.lease.load(Ordering::Relaxed);
        lease == ALWAYS || self.now().saturating_sub(self.answered.load(Ordering::Acquire)) < lease.min(most)
    }
}

impl Attempts {
    /// Logs once that Redis is back.
    pub(super) fn succeeded(&mut self, options: &ConnectOptions) {
        self.backoff.reset();
        if self.failure.take().is_some() {
            tracing::info!(redis = options.hosts(), "Redis can be reached again");
        }
    }

    /// Logs once that Redis is away, and has nobody try again for a while.
    pub(super) fn failed(&mut self, options: &ConnectOptions, why: String) {
        if self.failure.is_none() {
            tracing::warn!(redis = options.hosts(), why, "Redis cannot be reached");
        }
        self.failure = Some((Instant::now() + self.backoff.pause(), why));
    }
}
