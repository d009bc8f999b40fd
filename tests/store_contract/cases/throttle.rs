//! `Throttle`: token buckets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bimgate::store::{Admission, Attempt, Bucket, Charge, Lane, MAX_MARKS, Mark, Remember, RetryAfter, Store};
use futures_util::future::join_all;

use crate::given::{self, HOUR};

on_every_backend!(a_bucket_gives_its_burst_then_says_when_to_come_back, |backend| {
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
});

on_every_backend!(one_empty_bucket_leaves_the_others_untouched, |backend| {
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
});

on_every_backend!(of_simultaneous_takes_no_more_than_the_burst_succeed, |backend| {
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
});

on_every_backend!(putting_back_never_fills_above_the_burst, |backend| {
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
});

on_every_backend!(takes_and_put_backs_never_have_more_out_than_the_burst, |backend| {
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
});

on_every_backend!(the_first_lane_that_has_room_is_taken_and_no_other_charged, |backend| {
    let (shared, narrow, soon) = (bucket(3), bucket(1), Bucket { refill: HOUR / 4, ..bucket(1) });
    let lanes = vec![lane(None, [shared.clone(), narrow]), lane(None, [shared.clone(), soon])];
    let attempt = Attempt { account: given::digest().0, lanes };
    for place in 0..2 {
        let admission = backend.server(place).admit(&attempt).await?;
        assert_eq!(admission, Ok(Admission { lane: place, charged: vec![0, 1] }));
    }
    let RetryAfter(wait) = backend.store().admit(&attempt).await?.expect_err("no lane has room");
    assert!(wait > HOUR / 8 && wait <= HOUR / 4, "until the first one has: {wait:?}");
    assert_eq!(backend.store().take(std::slice::from_ref(&shared)).await?, Ok(()), "a refused attempt costs nothing");
    assert!(backend.store().take(&[shared]).await?.is_err());
    Ok(())
});

on_every_backend!(a_bucket_that_hangs_on_another_is_charged_once_while_that_one_fills, |backend| {
    let all = bucket(2);
    let of_one = || {
        let charges = vec![Charge::always(bucket(3)), Charge::unless_used(all.clone(), 0)];
        Attempt { account: given::digest().0, lanes: vec![Lane { mark: None, charges }] }
    };
    let (one, other, third) = (of_one(), of_one(), of_one());
    for (attempt, charged) in [(&one, vec![0, 1]), (&one, vec![0]), (&one, vec![0]), (&other, vec![0, 1])] {
        assert_eq!(backend.store().admit(attempt).await?, Ok(Admission { lane: 0, charged }));
    }
    assert!(backend.second_server().admit(&third).await?.is_err(), "the bucket of all is empty");
    assert!(backend.second_server().admit(&other).await?.is_ok(), "but does not count for who has tried before");
    Ok(())
});

on_every_backend!(a_lane_of_a_mark_is_open_to_whoever_has_it, |backend| {
    let (account, [mine, device]) = (given::digest().0, [(); 2].map(|()| mark()));
    let attempt = |account| {
        let lanes = [Some(device), Some(mine), None].map(|mark| lane(mark, [bucket(1)]));
        Attempt { account, lanes: lanes.into() }
    };
    let of = async |account| Ok::<_, bimgate::store::StoreError>(backend.store().admit(&attempt(account)).await?);
    let lane = |lane| Ok(Admission { lane, charged: vec![0] });
    assert_eq!(of(account).await?, lane(2));
    backend.second_server().remember(account, &[(mine, Remember::Always), (device, Remember::IfKnown)]).await?;
    assert_eq!(of(account).await?, lane(1), "a mark that was not there is not renewed");
    backend.store().remember(account, &[(device, Remember::UntilReused)]).await?;
    assert_eq!(of(account).await?, lane(0));
    assert_eq!(of(given::digest().0).await?, lane(2), "it is one account's");
    Ok(())
});

on_every_backend!(an_account_has_so_many_marks_and_those_never_used_again_go_first, |backend| {
    let (store, account) = (backend.store(), given::digest().0);
    let marks: Vec<_> = (0..MAX_MARKS).map(|_| mark()).collect();
    for (place, mark) in marks.iter().enumerate() {
        let remember = if place < 2 { Remember::UntilReused } else { Remember::Always };
        store.remember(account, &[(*mark, remember)]).await?;
        backend.pass(Duration::from_millis(2)).await;
    }
    store.remember(account, &[(marks[0], Remember::IfKnown)]).await?;
    let known = |mark| has(&store, account, mark);
    assert!(known(marks[0]).await? && known(marks[1]).await? && known(marks[2]).await?);
    store.remember(account, &[(mark(), Remember::Always)]).await?;
    assert!(known(marks[0]).await? && !known(marks[1]).await? && known(marks[2]).await?);
    store.remember(account, &[(mark(), Remember::Always)]).await?;
    assert!(known(marks[0]).await? && !known(marks[2]).await?, "the oldest");
    Ok(())
});

on_every_backend!(a_look_tells_what_an_attempt_would_meet_and_takes_nothing, |backend| {
    let (account, [mine, foreign], all) = (given::digest().0, [(); 2].map(|()| mark()), bucket(3));
    let guarded = vec![Charge::always(bucket(9)), Charge::unless_used(bucket(1), 0), Charge::always(all.clone())];
    let lanes = vec![
        lane(Some(foreign), [bucket(5)]),
        lane(Some(mine), [bucket(2)]),
        Lane { mark: None, charges: guarded },
        lane(None, [Bucket { refill: HOUR / 2, ..bucket(1) }, all]),
    ];
    let attempt = Attempt { account, lanes };
    backend.store().remember(account, &[(mine, Remember::Always)]).await?;
    let mut admitted = 0;
    loop {
        let looks = [backend.store().look(&attempt).await?, backend.second_server().look(&attempt).await?];
        assert_eq!(looks[0].iter().map(|state| state.is_open).collect::<Vec<_>>(), [false, true, true, true]);
        let [here, there] = looks.map(|states| {
            let open = attempt.lanes.iter().zip(states).filter(|(_, state)| state.is_open);
            open.map(|(lane, state)| lane.wait(&state.until_full)).min().expect("a lane is open")
        });
        match backend.server(admitted).admit(&attempt).await? {
            Ok(_) => assert_eq!((here, there), (Duration::ZERO, Duration::ZERO), "after {admitted}"),
            Err(RetryAfter(wait)) => {
                let near = |told: Duration| told >= wait && told < wait + HOUR / 8;
                assert!(near(here) && near(there) && wait > HOUR / 4, "{here:?}, {there:?}: {wait:?}");
                break;
            }
        }
        admitted += 1;
    }
    assert_eq!(admitted, 2 + 3, "two by the pair, three by all, of which the guard spared two");
    Ok(())
});

on_every_backend!(buckets_that_are_filled_hold_their_burst_and_no_others_do, |backend| {
    let (store, one, other, untouched) = (backend.store(), bucket(2), bucket(2), bucket(2));
    let all = [one.clone(), other.clone(), untouched.clone()];
    for _attempt in 0..2 {
        assert_eq!(store.take(&all).await?, Ok(()));
    }
    backend.second_server().fill(&[one.clone(), other.clone(), bucket(2)]).await?;
    store.fill(&[]).await?;
    for _attempt in 0..2 {
        assert_eq!(store.take(&[one.clone(), other.clone()]).await?, Ok(()));
    }
    assert!(store.take(&[one]).await?.is_err(), "no more than that");
    assert!(store.take(&[untouched]).await?.is_err());
    Ok(())
});

async fn has(store: &Arc<dyn Store>, account: [u8; 16], mark: Mark) -> Result<bool, bimgate::store::StoreError> {
    let attempt = Attempt { account, lanes: [Some(mark), None].map(|mark| lane(mark, [bucket(1)])).into() };
    Ok(store.admit(&attempt).await?.is_ok_and(|admission| admission.lane == 0))
}

fn lane<const N: usize>(mark: Option<Mark>, buckets: [Bucket; N]) -> Lane {
    Lane { mark, charges: buckets.map(Charge::always).into() }
}

fn mark() -> Mark {
    Mark(given::digest().0)
}

/// A bucket of its own that does not refill while a test runs.
fn bucket(burst: u32) -> Bucket {
    Bucket { key: given::digest().0, burst, refill: HOUR }
}
