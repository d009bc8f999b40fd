//! Token buckets, one number each, and marks, by the server's time; the rules in scripts.
//!
//! Everything of the throttle lies in one slot of a cluster, so that an attempt is admitted by one script: one round trip,
//! all or nothing. A script takes tens of microseconds, a hash tens of milliseconds: one server is enough for the slot.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;

use super::{RedisStore, scripts};
use crate::store::metrics::Op;
use crate::store::{
    Admission, Attempt, Bucket, Lane, MARK_LIFETIME, MARK_RENEWED_AFTER, MAX_MARKS, Mark, Remember, Result, RetryAfter,
    StoreError, Throttle,
};

#[async_trait]
impl Throttle for RedisStore {
    async fn admit(&self, attempt: &Attempt) -> Result<std::result::Result<Admission, RetryAfter>> {
        let mut keys = vec![self.keys.marks(&attempt.account)];
        let mut places = HashMap::new();
        let mut arguments = vec![attempt.lanes.len().to_string().into_bytes()];
        for Lane { mark, charges } in &attempt.lanes {
            arguments.push(mark.map_or_else(Vec::new, |mark| mark.0.to_vec()));
            arguments.push(charges.len().to_string().into_bytes());
            for charge in charges {
                let place = *places.entry(charge.bucket.key).or_insert_with(|| {
                    keys.push(self.keys.bucket(&charge.bucket.key));
                    keys.len() - 1
                });
                let guard = charge.unless_used.map_or(0, |guard| guard + 1);
                let numbers = [place.to_string(), charge.bucket.burst.max(1).to_string(), refill(&charge.bucket)];
                arguments.extend(numbers.into_iter().chain([guard.to_string()]).map(String::into_bytes));
            }
        }
        let keys: Vec<_> = keys.iter().map(Vec::as_slice).collect();
        let arguments: Vec<_> = arguments.iter().map(Vec::as_slice).collect();
        let answer: Vec<u64> = self.act(Op::Throttle, self.client.eval(&scripts::ADMIT, &keys, &arguments)).await?;
        let place = |number: &u64| usize::try_from(*number).ok()?.checked_sub(1);
        match answer.split_first() {
            Some((0, wait)) => Ok(Err(RetryAfter(Duration::from_millis(wait.first().copied().unwrap_or(1))))),
            Some((lane, charged)) => {
                let admission = place(lane).zip(charged.iter().map(place).collect());
                let admission = admission.map(|(lane, charged)| Admission { lane, charged });
                admission.map(Ok).ok_or_else(|| StoreError::Unreadable("the answer of a script".into()))
            }
            None => Err(StoreError::Unreadable("the answer of a script".into())),
        }
    }

    async fn put_back(&self, buckets: &[Bucket]) -> Result<()> {
        if buckets.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = buckets.iter().map(|bucket| self.keys.bucket(&bucket.key)).collect();
        let refills: Vec<_> = buckets.iter().map(refill).collect();
        let keys: Vec<_> = keys.iter().map(Vec::as_slice).collect();
        let refills: Vec<_> = refills.iter().map(String::as_bytes).collect();
        self.act(Op::Throttle, self.client.eval(&scripts::PUT_BACK, &keys, &refills)).await
    }

    async fn remember(&self, account: [u8; 16], marks: &[(Mark, Remember)]) -> Result<()> {
        let [lifetime, after] = [MARK_LIFETIME, MARK_RENEWED_AFTER].map(|time| time.as_millis().to_string());
        let most = MAX_MARKS.to_string();
        let mut arguments = vec![lifetime.as_bytes(), after.as_bytes(), most.as_bytes()];
        for (mark, remember) in marks {
            let how: &[u8] = match remember {
                Remember::Always => b"always",
                Remember::UntilReused => b"reused",
                Remember::IfKnown => b"known",
            };
            arguments.extend([mark.0.as_slice(), how]);
        }
        self.act(Op::Throttle, self.client.eval(&scripts::REMEMBER, &[&self.keys.marks(&account)], &arguments)).await
    }
}

fn refill(bucket: &Bucket) -> String {
    bucket.refill.as_millis().max(1).to_string()
}
