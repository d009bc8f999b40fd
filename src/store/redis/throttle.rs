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
    Admission, Attempt, Bucket, Charge, Lane, MARK_LIFETIME, MARK_RENEWED_AFTER, MAX_MARKS, Mark, Remember, Result,
    RetryAfter, Throttle,
};

#[async_trait]
impl Throttle for RedisStore {
    async fn admit(&self, attempt: &Attempt) -> Result<std::result::Result<Admission, RetryAfter>> {
        let mut keys = vec![self.keys.marks(&attempt.account)];
        let mut places = HashMap::new();
        for charge in attempt.lanes.iter().flat_map(|lane| &lane.charges) {
            places.entry(charge.bucket.key).or_insert_with(|| {
                keys.push(self.keys.bucket(&charge.bucket.key));
                keys.len() - 1
            });
        }
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

/// How long one takes to refill, in milliseconds.
fn refill(bucket: &Bucket) -> u128 {
    bucket.refill.as_millis().max(1)
}
