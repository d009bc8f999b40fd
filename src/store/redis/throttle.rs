//! Token buckets and marks. Scripts hold the rules, and go by the clock of Redis.
//!
//! All of it lies in one slot, so that one script admits an attempt: all or nothing, in one round trip. One server of a
//! cluster can bear that: a script takes tens of microseconds, and the hash that it lets through tens of milliseconds.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;

use super::{RedisStore, scripts};
use crate::store::metrics::Op;
use crate::store::{
    Admission, Attempt, Bucket, Charge, Lane, LaneState, MARK_LIFETIME, MARK_RENEWED_AFTER, MAX_MARKS, Mark, Remember,
    Result, RetryAfter, Throttle,
};

#[async_trait]
impl Throttle for RedisStore {
    async fn admit(&self, attempt: &Attempt) -> Result<std::result::Result<Admission, RetryAfter>> {
        let (keys, places) = self.keys_of_attempt(attempt);
        let mut call = scripts::ADMIT.on(&keys);
        call.arg(attempt.lanes.len());
        for Lane { mark, charges } in &attempt.lanes {
            call.optional(mark.as_ref().map(|mark| &mark.0)).arg(charges.len());
            for Charge { bucket, unless_used } in charges {
                call.arg(places[&bucket.key]).arg(bucket.burst.max(1)).arg(refill(bucket));
                call.arg(unless_used.map_or(0, |place| place + 1));
            }
        }
        let (admitted, lane, wait, charged) = self.act(Op::Throttle, self.client.eval(&call)).await?;
        Ok(if admitted { Ok(Admission { lane, charged }) } else { Err(RetryAfter(Duration::from_millis(wait))) })
    }

    async fn look(&self, attempt: &Attempt) -> Result<Vec<LaneState>> {
        let (keys, places) = self.keys_of_attempt(attempt);
        let mut call = scripts::LOOK.on(&keys);
        for lane in &attempt.lanes {
            call.optional(lane.mark.as_ref().map(|mark| &mark.0));
        }
        let (open, until_full): (Vec<bool>, Vec<u64>) = self.act(Op::Throttle, self.client.eval(&call)).await?;
        // The first key is that of the marks.
        let of = |bucket: &Bucket| places[&bucket.key].checked_sub(1).and_then(|place| until_full.get(place).copied());
        let state = |(lane, is_open): (&Lane, bool)| LaneState {
            is_open,
            until_full: lane.charges.iter().map(|charge| of(&charge.bucket)).map(millis).collect(),
        };
        Ok(attempt.lanes.iter().zip(open).map(state).collect())
    }

    async fn fill(&self, buckets: &[Bucket]) -> Result<()> {
        if buckets.is_empty() {
            return Ok(());
        }
        let mut delete = redis::cmd("DEL");
        for bucket in buckets {
            delete.arg(self.keys.bucket(&bucket.key));
        }
        self.act(Op::Throttle, self.client.command(&delete)).await
    }

    async fn put_back(&self, buckets: &[Bucket]) -> Result<()> {
        if buckets.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = buckets.iter().map(|bucket| self.keys.bucket(&bucket.key)).collect();
        let refills: Vec<_> = buckets.iter().map(refill).collect();
        self.act(Op::Throttle, self.client.eval(scripts::PUT_BACK.on(&keys).arg(refills))).await
    }

    async fn remember(&self, account: [u8; 16], marks: &[(Mark, Remember)]) -> Result<()> {
        let mut call = scripts::REMEMBER.on(&[self.keys.marks(&account)]);
        call.arg(MARK_LIFETIME.as_millis()).arg(MARK_RENEWED_AFTER.as_millis()).arg(MAX_MARKS);
        for (mark, remember) in marks {
            call.arg(&mark.0).arg(match remember {
                Remember::Always => "always",
                Remember::UntilReused => "reused",
                Remember::IfKnown => "known",
            });
        }
        self.act(Op::Throttle, self.client.eval(&call)).await
    }
}

impl RedisStore {
    /// The keys that an attempt needs, those of its marks first, and the place of each bucket among them.
    fn keys_of_attempt(&self, attempt: &Attempt) -> (Vec<Vec<u8>>, HashMap<[u8; 16], usize>) {
        let mut keys = vec![self.keys.marks(&attempt.account)];
        let mut places = HashMap::new();
        for charge in attempt.lanes.iter().flat_map(|lane| &lane.charges) {
            places.entry(charge.bucket.key).or_insert_with(|| {
                keys.push(self.keys.bucket(&charge.bucket.key));
                keys.len() - 1
            });
        }
        (keys, places)
    }
}

fn millis(count: Option<u64>) -> Duration {
    Duration::from_millis(count.unwrap_or_default())
}

/// How long one takes to refill, in milliseconds.
fn refill(bucket: &Bucket) -> u128 {
    bucket.refill.as_millis().max(1)
}
