//! Token buckets, in memory: they are forgotten with the process.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::store::metrics::Op;
use crate::store::{Admission, Attempt, Bucket, Lane, LaneState, Mark, Remember, Result, RetryAfter, Throttle};

/// The most buckets remembered, about 10 MB. Beyond, those that have refilled go first, then those nearest to it.
const MAX_BUCKETS: usize = 200_000;

/// For each bucket when it will be full: one number says how many it holds (the generic cell rate algorithm, ITU-T
/// I.371). A bucket not in here is full. Instants are those of the monotonic clock: setting the time of day locks
/// nobody out and gives nobody more guesses.
#[derive(Default)]
pub(super) struct Buckets(HashMap<[u8; 16], Duration>);

#[async_trait]
impl Throttle for EmbeddedStore {
    async fn admit(&self, attempt: &Attempt) -> Result<std::result::Result<Admission, RetryAfter>> {
        self.calls.run_now(Op::Throttle, || {
            let now = self.inner.clock.monotonic();
            let marks = attempt.lanes.iter().filter_map(|lane| lane.mark);
            let known =
                self.inner.marks.lock().unwrap_or_else(PoisonError::into_inner).of(&attempt.account, marks, now);
            Ok(self.inner.buckets.lock().unwrap_or_else(PoisonError::into_inner).admit(&attempt.lanes, &known, now))
        })
    }

    async fn look(&self, attempt: &Attempt) -> Result<Vec<LaneState>> {
        self.calls.run_now(Op::Throttle, || {
            let now = self.inner.clock.monotonic();
            let marks = attempt.lanes.iter().filter_map(|lane| lane.mark);
            let known =
                self.inner.marks.lock().unwrap_or_else(PoisonError::into_inner).of(&attempt.account, marks, now);
            Ok(self.inner.buckets.lock().unwrap_or_else(PoisonError::into_inner).look(&attempt.lanes, &known, now))
        })
    }

    async fn fill(&self, buckets: &[Bucket]) -> Result<()> {
        self.calls.run_now(Op::Throttle, || {
            let mut kept = self.inner.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            for bucket in buckets {
                kept.0.remove(&bucket.key);
            }
            Ok(())
        })
    }

    async fn put_back(&self, buckets: &[Bucket]) -> Result<()> {
        self.calls.run_now(Op::Throttle, || {
            self.inner.buckets.lock().unwrap_or_else(PoisonError::into_inner).put_back(buckets);
            Ok(())
        })
    }

    async fn remember(&self, account: [u8; 16], marks: &[(Mark, Remember)]) -> Result<()> {
        self.calls.run_now(Op::Throttle, || {
            let now = self.inner.clock.monotonic();
            self.inner.marks.lock().unwrap_or_else(PoisonError::into_inner).remember(account, marks, now);
            Ok(())
        })
    }
}

impl Buckets {
    fn admit(&mut self, lanes: &[Lane], known: &[Mark], now: Duration) -> std::result::Result<Admission, RetryAfter> {
        self.make_room(MAX_BUCKETS, lanes.iter().map(|lane| lane.charges.len()).max().unwrap_or(0), now);
        let mut shortest = None;
        for (place, lane) in lanes.iter().enumerate() {
            if lane.mark.is_some_and(|mark| !known.contains(&mark)) {
                continue;
            }
            match self.take(lane, now) {
                Ok(charged) => return Ok(Admission { lane: place, charged }),
                Err(wait) => shortest = Some(shortest.map_or(wait, |shortest: Duration| shortest.min(wait))),
            }
        }
        Err(RetryAfter(shortest.unwrap_or_default()))
    }

    fn look(&self, lanes: &[Lane], known: &[Mark], now: Duration) -> Vec<LaneState> {
        let until_full = |bucket: &Bucket| self.0.get(&bucket.key).map_or(Duration::ZERO, |at| at.saturating_sub(now));
        let state = |lane: &Lane| LaneState {
            is_open: lane.mark.is_none_or(|mark| known.contains(&mark)),
            until_full: lane.charges.iter().map(|charge| until_full(&charge.bucket)).collect(),
        };
        lanes.iter().map(state).collect()
    }

    /// Takes what a lane charges, or nothing.
    fn take(&mut self, lane: &Lane, now: Duration) -> std::result::Result<Vec<usize>, Duration> {
        let (mut charged, mut used) = (Vec::new(), Vec::with_capacity(lane.charges.len()));
        let mut before = Vec::with_capacity(lane.charges.len());
        let mut wait = None;
        for (place, charge) in lane.charges.iter().enumerate() {
            let bucket = &charge.bucket;
            let full_at = self.0.get(&bucket.key).copied();
            used.push(full_at.is_some_and(|full_at| full_at > now));
            if charge.unless_used.is_some_and(|guard| used.get(guard) == Some(&true)) {
                continue;
            }
            before.push((bucket.key, full_at));
            charged.push(place);
            let empty = now + bucket.refill * bucket.burst;
            let after = full_at.unwrap_or(now).max(now) + bucket.refill;
            wait = wait.max(after.checked_sub(empty).filter(|wait| !wait.is_zero()));
            self.0.insert(bucket.key, after);
        }
        let Some(wait) = wait else { return Ok(charged) };
        // Undone backwards: a bucket may be named twice.
        for (key, full_at) in before.into_iter().rev() {
            match full_at {
                Some(full_at) => self.0.insert(key, full_at),
                None => self.0.remove(&key),
            };
        }
        Err(wait)
    }

    fn put_back(&mut self, buckets: &[Bucket]) {
        for bucket in buckets {
            if let Some(full_at) = self.0.get_mut(&bucket.key) {
                // One in the past is as full as it gets, so this never fills above the burst.
                *full_at = full_at.saturating_sub(bucket.refill);
            }
        }
    }

    /// Forgets an eighth at once when there is no room for `more`, so that forgetting stays cheap per attempt.
    fn make_room(&mut self, most: usize, more: usize, now: Duration) {
        if self.0.len() + more <= most {
            return;
        }
        self.0.retain(|_, full_at| *full_at > now);
        let keep = most - most / 8;
        if self.0.len() + more > keep {
            let mut instants: Vec<_> = self.0.values().copied().collect();
            let surplus = (instants.len() + more - keep).min(instants.len()) - 1;
            let (_, &mut last, _) = instants.select_nth_unstable(surplus);
            self.0.retain(|_, full_at| *full_at > last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Charge;

    const SECOND: Duration = Duration::from_secs(1);

    fn bucket(key: u8, burst: u32) -> Bucket {
        Bucket { key: [key; 16], burst, refill: SECOND }
    }

    /// Takes from all of them, or from none.
    fn take(buckets: &mut Buckets, of: &[Bucket], now: Duration) -> std::result::Result<(), RetryAfter> {
        let charges = of.iter().cloned().map(Charge::always).collect();
        buckets.admit(&[Lane { mark: None, charges }], &[], now).map(drop)
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_000_000 + seconds)
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_one_each_refill() {
        let mut buckets = Buckets::default();
        for _ in 0..3 {
            assert_eq!(take(&mut buckets, &[bucket(1, 3)], at(0)), Ok(()));
        }
        assert_eq!(take(&mut buckets, &[bucket(1, 3)], at(0)), Err(RetryAfter(SECOND)));
        assert_eq!(take(&mut buckets, &[bucket(1, 3)], at(1)), Ok(()));
        assert_eq!(take(&mut buckets, &[bucket(1, 3)], at(1)), Err(RetryAfter(SECOND)));
    }

    #[test]
    fn a_refused_attempt_costs_nothing_even_if_it_names_a_bucket_twice() {
        let mut buckets = Buckets::default();
        let thrice = [bucket(1, 2), bucket(2, 9), bucket(1, 2), bucket(1, 2)];
        assert_eq!(take(&mut buckets, &thrice, at(0)), Err(RetryAfter(SECOND)));
        assert_eq!(take(&mut buckets, &thrice[..3], at(0)), Ok(()));
        assert_eq!(take(&mut buckets, &thrice[..1], at(0)), Err(RetryAfter(SECOND)));
    }

    #[test]
    fn a_put_back_is_worth_one_and_never_more_than_the_burst() {
        let mut buckets = Buckets::default();
        assert_eq!(take(&mut buckets, &[bucket(1, 1)], at(0)), Ok(()));
        for _ in 0..5 {
            buckets.put_back(&[bucket(1, 1), bucket(2, 1)]);
        }
        assert_eq!(take(&mut buckets, &[bucket(1, 1)], at(0)), Ok(()));
        assert_eq!(take(&mut buckets, &[bucket(1, 1)], at(0)), Err(RetryAfter(SECOND)));
    }

    #[test]
    fn when_there_is_no_room_the_emptiest_stay() {
        let mut buckets = Buckets::default();
        for key in 0..100 {
            for _ in 0..=key {
                assert_eq!(take(&mut buckets, &[bucket(key, 1000)], at(0)), Ok(()));
            }
        }
        buckets.make_room(80, 1, at(10));
        assert!(buckets.0.len() < 80, "{}", buckets.0.len());
        assert!(buckets.0.contains_key(&[99; 16]) && !buckets.0.contains_key(&[20; 16]));
    }
}
