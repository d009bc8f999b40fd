//! The promises about the throttle.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;

/// Token buckets, and the marks by which a person's devices and networks are known; shared by every server of the
/// store. May forget when the store restarts.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Admits an attempt by the first of its lanes that has room, and takes one from each bucket that this lane charges;
    /// or takes nothing, and says how long at least until a lane has room.
    ///
    /// Of simultaneous calls on a bucket that holds `n`, at most `n` are admitted. Does the same work whether or not
    /// there are marks.
    async fn admit(&self, attempt: &Attempt) -> Result<std::result::Result<Admission, RetryAfter>>;

    /// By what [`Self::admit`] would decide at this moment, lane by lane. Takes nothing, and changes nothing.
    async fn look(&self, attempt: &Attempt) -> Result<Vec<LaneState>>;

    /// Fills buckets: each holds its burst from now on, whatever was taken from it. Fills no other.
    async fn fill(&self, buckets: &[Bucket]) -> Result<()>;

    /// Puts back what an attempt took that turned out not to count. Never fills a bucket above its burst.
    async fn put_back(&self, buckets: &[Bucket]) -> Result<()>;

    /// Makes marks of an account, or renews them, for [`MARK_LIFETIME`]. It has at most [`MAX_MARKS`]: those go first that
    /// were made as [`Remember::UntilReused`] and not renewed since, then the oldest.
    async fn remember(&self, account: [u8; 16], marks: &[(Mark, Remember)]) -> Result<()>;

    /// Takes one from each bucket, or none from any: then says how long at least until all have one.
    async fn take(&self, buckets: &[Bucket]) -> Result<std::result::Result<(), RetryAfter>> {
        let charges = buckets.iter().cloned().map(Charge::always).collect();
        let attempt = Attempt { account: [0; 16], lanes: vec![Lane { mark: None, charges }] };
        Ok(self.admit(&attempt).await?.map(drop))
    }
}

/// How long a mark lasts after a login.
pub const MARK_LIFETIME: Duration = Duration::from_secs(30 * 86_400);
/// How old a mark may be before a login renews it: so that few logins write any.
pub const MARK_RENEWED_AFTER: Duration = Duration::from_secs(86_400);
/// How many marks an account has at most.
pub const MAX_MARKS: usize = 64;

/// What asks to be admitted.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Whose marks count: a keyed digest.
    pub account: [u8; 16],
    /// The ways in, best first.
    pub lanes: Vec<Lane>,
}

/// One way in.
#[derive(Clone, Debug)]
pub struct Lane {
    /// It is open only to an attempt whose account has this mark.
    pub mark: Option<Mark>,
    /// What it charges.
    pub charges: Vec<Charge>,
}

/// How a lane stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneState {
    /// Whether it is open to the attempt: it needs no mark, or the account has that.
    pub is_open: bool,
    /// Of each of its charges, how long until the bucket is full; zero: it is.
    pub until_full: Vec<Duration>,
}

/// One bucket of a lane.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Which bucket.
    pub bucket: Bucket,
    /// The place in the lane of another bucket: where that one was not full before this attempt, this one is neither
    /// asked nor charged.
    pub unless_used: Option<usize>,
}

/// How an attempt was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The place of the lane in the attempt.
    pub lane: usize,
    /// The places in the lane of what was charged.
    pub charged: Vec<usize>,
}

/// Something that an account is known by: a keyed digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark(pub [u8; 16]);

/// Whether a login makes a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    /// It makes or renews it.
    Always,
    /// It makes it, for something new that may never come back. Where there are too many marks, such ones go first.
    UntilReused,
    /// It renews it if there is one.
    IfKnown,
}

impl Charge {
    /// A bucket that is charged in any case.
    #[must_use]
    pub const fn always(bucket: Bucket) -> Self {
        Self { bucket, unless_used: None }
    }

    /// A bucket that is charged if the one at `place` was full.
    #[must_use]
    pub const fn unless_used(bucket: Bucket, place: usize) -> Self {
        Self { bucket, unless_used: Some(place) }
    }
}

impl Lane {
    /// How long until it has room, if it is open and each of its buckets takes so long to be full; zero: it has. Only for a lane that names no bucket twice.
    #[must_use]
    pub fn wait(&self, until_full: &[Duration]) -> Duration {
        let is_charged =
            |guard: Option<usize>| guard.and_then(|guard| until_full.get(guard)).is_none_or(Duration::is_zero);
        let charged = self.charges.iter().zip(until_full).filter(|(charge, _)| is_charged(charge.unless_used));
        charged.map(|(charge, until_full)| charge.bucket.wait(*until_full)).max().unwrap_or_default()
    }
}

impl Bucket {
    /// How long until it holds one, if it takes so long to be full; zero: it does.
    #[must_use]
    pub fn wait(&self, until_full: Duration) -> Duration {
        let whole = self.refill * self.burst.max(1);
        // A clock that was set back makes it look emptier than empty.
        (until_full.min(whole) + self.refill).saturating_sub(whole)
    }
}

/// One token bucket: full at first, refilled at a steady rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Which bucket: a digest, so that no address or e-mail is stored.
    pub key: [u8; 16],
    /// How many it holds when full; at least 1.
    pub burst: u32,
    /// How long one takes to refill.
    pub refill: Duration,
}

/// How long until a refused attempt may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub Duration);
