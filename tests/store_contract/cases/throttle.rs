//! `Throttle`: token buckets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bimgate::store::Bucket;
use futures_util::future::join_all;

use crate::Outcome;
use crate::backend::Backend;
use crate::given::{self, HOUR};

pub async fn a_bucket_gives_its_burst_then_says_when_to_come_back(backend: &dyn Backend) -> Outcome {
    let refill = Duration::from_millis(500);
    let bucket = [Bucket { refill, ..bucket(3) }];
    for store in [backend.store(), backend.second_server(), backend.store()] {
        assert_eq!(store.take(&bucket).await?, Ok(()));
    }
    let refused = backend.second_server().take(&bucket).await?.expect_err("it is empty");
    assert!(refused.0 > Duration::ZERO && refused.0 <= refill, "{refused:?}");
    backend.pass(refused.0).await;
    assert_eq!(backend.store().take(&bucket).await?, Ok(()), "as long as it said");
    Ok(())
}

pub async fn one_empty_bucket_leaves_the_others_untouched(backend: &dyn Backend) -> Outcome {
    let (store, full, empty) = (backend.store(), bucket(2), bucket(1));
    assert_eq!(store.take(std::slice::from_ref(&empty)).await?, Ok(()));
    for _attempt in 0..5 {
        assert!(store.take(&[full.clone(), empty.clone()]).await?.is_err());
    }
    for _attempt in 0..2 {
        assert_eq!(store.take(std::slice::from_ref(&full)).await?, Ok(()));
    }
    assert!(store.take(&[full]).await?.is_err());
    Ok(())
}

pub async fn of_simultaneous_takes_no_more_than_the_burst_succeed(backend: &dyn Backend) -> Outcome {
    let (mine, shared) = (bucket(50), bucket(10));
    let takes = (0..64).map(|turn| {
        let store = backend.server(turn);
        let buckets = [mine.clone(), shared.clone()];
        tokio::spawn(async move { store.take(&buckets).await })
    });
    let mut given = 0;
    for take in join_all(takes).await {
        given += usize::from(take??.is_ok());
    }
    assert_eq!(given, 10);
    Ok(())
}

pub async fn putting_back_never_fills_above_the_burst(backend: &dyn Backend) -> Outcome {
    let (store, bucket) = (backend.store(), [bucket(2)]);
    store.put_back(&bucket).await?;
    assert_eq!(store.take(&bucket).await?, Ok(()));
    for _again in 0..5 {
        store.put_back(&bucket).await?;
    }
    for _attempt in 0..2 {
        assert_eq!(store.take(&bucket).await?, Ok(()));
    }
    assert!(store.take(&bucket).await?.is_err());
    Ok(())
}

pub async fn takes_and_put_backs_never_have_more_out_than_the_burst(backend: &dyn Backend) -> Outcome {
    let (bucket, out) = (bucket(5), Arc::new(AtomicU32::new(0)));
    let attempts = (0..16).map(|turn| {
        let store = backend.server(turn);
        let (bucket, out) = ([bucket.clone()], out.clone());
        tokio::spawn(async move {
            for _attempt in 0..25 {
                if store.take(&bucket).await?.is_ok() {
                    assert!(out.fetch_add(1, Ordering::SeqCst) < 5);
                    tokio::task::yield_now().await;
                    out.fetch_sub(1, Ordering::SeqCst);
                    store.put_back(&bucket).await?;
                }
            }
            Ok::<_, bimgate::store::StoreError>(())
        })
    });
    for attempt in join_all(attempts).await {
        attempt??;
    }
    Ok(())
}

/// A bucket of its own that does not refill while a test runs.
fn bucket(burst: u32) -> Bucket {
    Bucket { key: given::digest().0, burst, refill: HOUR }
}
