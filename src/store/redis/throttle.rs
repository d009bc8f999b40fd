//! Token buckets: one number each, by the server's time, and the rule in a script.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::{RedisStore, scripts};
use crate::store::{Bucket, Result, RetryAfter, Throttle};

#[async_trait]
impl Throttle for RedisStore {
    async fn take(&self, buckets: &[Bucket]) -> Result<std::result::Result<(), RetryAfter>> {
        self.link
            .act(async {
                let waits = try_join_all(buckets.iter().map(|bucket| self.take_one(bucket))).await?;
                let longest = waits.iter().copied().max().unwrap_or(0);
                if longest == 0 {
                    return Ok(Ok(()));
                }
                let taken = buckets.iter().zip(&waits).filter(|(_, wait)| **wait == 0).map(|(bucket, _)| bucket);
                try_join_all(taken.map(|bucket| self.put_one_back(bucket))).await?;
                Ok(Err(RetryAfter(Duration::from_millis(longest))))
            })
            .await
    }

    async fn put_back(&self, buckets: &[Bucket]) -> Result<()> {
        self.link
            .act(async { try_join_all(buckets.iter().map(|bucket| self.put_one_back(bucket))).await.map(drop) })
            .await
    }
}

impl RedisStore {
    /// Takes one, or says in how many milliseconds there will be one.
    async fn take_one(&self, bucket: &Bucket) -> Result<u64> {
        let (burst, refill) = (bucket.burst.max(1).to_string(), refill(bucket));
        self.link.run(&scripts::TAKE, &[&self.keys.bucket(&bucket.key)], &[burst.as_bytes(), refill.as_bytes()]).await
    }

    async fn put_one_back(&self, bucket: &Bucket) -> Result<()> {
        self.link.run(&scripts::PUT_BACK, &[&self.keys.bucket(&bucket.key)], &[refill(bucket).as_bytes()]).await
    }
}

fn refill(bucket: &Bucket) -> String {
    bucket.refill.as_millis().max(1).to_string()
}
