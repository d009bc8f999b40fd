//! Token buckets: one number each, by the server's time, and the rule in a script.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::keys::Keys;
use super::link::Link;
use super::{RedisStore, scripts};
use crate::store::{Bucket, Result, RetryAfter, StoreError, Throttle};

#[async_trait]
impl Throttle for RedisStore {
    async fn take(&self, buckets: &[Bucket]) -> Result<std::result::Result<(), RetryAfter>> {
        self.link
            .act(async {
                // One after the other: what a caller who goes away leaves taken is never from a bucket behind one that
                // refused him.
                for (taken, bucket) in buckets.iter().enumerate() {
                    let wait = self.take_one(bucket).await?;
                    if wait > 0 {
                        self.undo(&buckets[..taken]).await?;
                        return Ok(Err(RetryAfter(Duration::from_millis(wait))));
                    }
                }
                Ok(Ok(()))
            })
            .await
    }

    async fn put_back(&self, buckets: &[Bucket]) -> Result<()> {
        self.link
            .act(async {
                try_join_all(buckets.iter().map(|bucket| put_one_back(&self.link, &self.keys, bucket))).await
            })
            .await
            .map(drop)
    }
}

impl RedisStore {
    /// Takes one, or says in how many milliseconds there will be one.
    async fn take_one(&self, bucket: &Bucket) -> Result<u64> {
        let (burst, refill) = (bucket.burst.max(1).to_string(), refill(bucket));
        self.link.run(&scripts::TAKE, &[&self.keys.bucket(&bucket.key)], &[burst.as_bytes(), refill.as_bytes()]).await
    }

    /// Puts back what a refused attempt took, also when the caller goes away meanwhile.
    async fn undo(&self, taken: &[Bucket]) -> Result<()> {
        if taken.is_empty() {
            return Ok(());
        }
        let (link, keys, taken) = (self.link.clone(), self.keys.clone(), taken.to_vec());
        let undo = tokio::spawn(async move {
            link.act(try_join_all(taken.iter().map(|bucket| put_one_back(&link, &keys, bucket)))).await
        });
        undo.await.map_or_else(|_| Err(StoreError::Unavailable("the server is stopping".into())), |done| done.map(drop))
    }
}

async fn put_one_back(link: &Link, keys: &Keys, bucket: &Bucket) -> Result<()> {
    link.run(&scripts::PUT_BACK, &[&keys.bucket(&bucket.key)], &[refill(bucket).as_bytes()]).await
}

fn refill(bucket: &Bucket) -> String {
    bucket.refill.as_millis().max(1).to_string()
}
