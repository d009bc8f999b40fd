//! `Licenses`: never more out than there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bimgate::domain::{Checkout, LicenseLimits, SessionId, TokenDigest, UserId};
use bimgate::store::Store;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::given::{self, HOUR};

const SHORT: Duration = Duration::from_millis(300);

/// Borrows for somebody.
async fn check_out(
    store: &Arc<dyn Store>,
    native: TokenDigest,
    lifetime: Duration,
    total: usize,
) -> bimgate::store::Result<Checkout> {
    let (user, session) = (UserId(Uuid::new_v4()), SessionId(Uuid::new_v4()));
    store.check_out(native, user, session, lifetime, LicenseLimits { total, per_user: total }).await
}

on_every_backend!(a_license_is_lent_once_a_client_until_it_is_given_back, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    let [one, other, third] = [(); 3].map(|()| given::digest());
    for unknown in [one, other] {
        assert!(!store.renew_license(unknown, HOUR).await? && !store.check_in(unknown).await?);
    }
    assert_eq!(check_out(&store, one, HOUR, 0).await?, Checkout::NoneLeft);
    assert_eq!(check_out(&store, one, HOUR, 2).await?, Checkout::Out);
    assert_eq!(check_out(&second, one, HOUR, 2).await?, Checkout::AlreadyOut);
    assert_eq!(check_out(&second, other, HOUR, 2).await?, Checkout::Out);
    assert_eq!(check_out(&store, third, HOUR, 2).await?, Checkout::NoneLeft);
    assert_eq!(check_out(&store, one, HOUR, 2).await?, Checkout::AlreadyOut, "also when none is left");
    assert!(second.check_in(one).await? && !store.check_in(one).await?);
    assert!(!store.renew_license(one, HOUR).await?);
    assert_eq!(check_out(&store, third, HOUR, 1).await?, Checkout::NoneLeft, "there are fewer now");
    assert_eq!(check_out(&store, third, HOUR, 2).await?, Checkout::Out);
    Ok(())
});

on_every_backend!(a_borrow_ends_by_itself_unless_it_is_renewed, |backend| {
    let store = backend.store();
    let [ending, renewed, next] = [(); 3].map(|()| given::digest());
    assert_eq!(check_out(&store, ending, SHORT, 2).await?, Checkout::Out);
    assert_eq!(check_out(&store, renewed, SHORT, 2).await?, Checkout::Out);
    assert!(backend.second_server().renew_license(renewed, HOUR).await?);
    backend.pass(SHORT + Duration::from_millis(10)).await;
    assert!(!store.renew_license(ending, HOUR).await? && !store.check_in(ending).await?);
    let (out, count) = store.licenses(10).await?;
    assert_eq!((out.iter().map(|borrow| borrow.native).collect::<Vec<_>>(), count), (vec![renewed], 1));
    assert_eq!(check_out(&store, next, HOUR, 2).await?, Checkout::Out, "its place is free");
    assert_eq!(check_out(&store, ending, HOUR, 3).await?, Checkout::Out, "and it may come again");
    store.sweep().await?;
    assert_eq!(store.licenses(10).await?.1, 3);
    Ok(())
});

on_every_backend!(what_is_out_is_listed_by_when_it_comes_back, |backend| {
    let store = backend.store();
    assert_eq!(store.licenses(10).await?, (Vec::new(), 0));
    let (user, session) = (UserId(Uuid::new_v4()), SessionId(Uuid::new_v4()));
    let [late, early, later] = [(); 3].map(|()| given::digest());
    let before = backend.now();
    for (native, hours) in [(late, 2), (early, 1), (later, 3)] {
        assert_eq!(
            store.check_out(native, user, session, HOUR * hours, LicenseLimits { total: 10, per_user: 10 }).await?,
            Checkout::Out
        );
    }
    let (out, count) = backend.second_server().licenses(2).await?;
    assert_eq!((out.iter().map(|borrow| borrow.native).collect::<Vec<_>>(), count), (vec![early, late], 3));
    let first = out[0];
    assert_eq!((first.user, first.session, first.until), (user, session, first.since.plus(HOUR)));
    assert!(first.since.since(before).max(before.since(first.since)) < Duration::from_secs(60), "the store's clock");
    assert!(store.renew_license(early, HOUR * 4).await?);
    let (out, _) = store.licenses(10).await?;
    assert_eq!(out.iter().map(|borrow| borrow.native).collect::<Vec<_>>(), [late, later, early]);
    assert_eq!(out[2].since, first.since, "borrowed when it was");
    Ok(())
});

// Many clients on three servers, who give back what they got and come again.
on_every_backend!(never_more_are_out_than_there_are, |backend| {
    const TOTAL: usize = 5;
    let out = Arc::new(AtomicUsize::new(0));
    let servers = [backend.store(), backend.second_server(), backend.store()];
    let clients = (0..24).map(|turn| {
        let (store, out, native) = (servers[turn % servers.len()].clone(), out.clone(), given::digest());
        tokio::spawn(async move {
            let mut lent = 0;
            for _attempt in 0..10 {
                if check_out(&store, native, HOUR, TOTAL).await? == Checkout::Out {
                    assert!(out.fetch_add(1, Ordering::SeqCst) < TOTAL);
                    lent += 1;
                    assert!(store.renew_license(native, HOUR).await?);
                    out.fetch_sub(1, Ordering::SeqCst);
                    assert!(store.check_in(native).await?);
                }
            }
            Ok::<_, bimgate::store::StoreError>(lent)
        })
    });
    let mut lent = 0;
    for client in join_all(clients).await {
        lent += client??;
    }
    assert!(lent >= TOTAL);
    assert_eq!(backend.store().licenses(10).await?, (Vec::new(), 0));
    Ok(())
});

on_every_backend!(of_simultaneous_checkouts_by_one_client_one_is_out, |backend| {
    let native = given::digest();
    let checkouts = (0..32).map(|turn| {
        let store = backend.server(turn);
        tokio::spawn(async move { check_out(&store, native, HOUR, 10).await })
    });
    let mut out = 0;
    for checkout in join_all(checkouts).await {
        match checkout?? {
            Checkout::Out => out += 1,
            other => assert_eq!(other, Checkout::AlreadyOut),
        }
    }
    assert_eq!((out, backend.store().licenses(10).await?.1), (1, 1));
    Ok(())
});

on_every_backend!(one_person_has_so_many_and_no_more, |backend| {
    let (store, user) = (backend.store(), UserId(Uuid::new_v4()));
    let limits = LicenseLimits { total: 100, per_user: 2 };
    let borrow = async |native, lifetime| {
        backend.second_server().check_out(native, user, SessionId(Uuid::new_v4()), lifetime, limits).await
    };
    let [one, two, three] = [(); 3].map(|()| given::digest());
    assert_eq!(borrow(one, HOUR).await?, Checkout::Out);
    assert_eq!(borrow(two, SHORT).await?, Checkout::Out);
    assert_eq!(borrow(one, HOUR).await?, Checkout::AlreadyOut);
    let of_another = check_out(&store, given::digest(), HOUR, 100).await?;
    assert_eq!(of_another, Checkout::Out, "another person may");
    backend.pass(SHORT + Duration::from_millis(10)).await;
    assert_eq!(borrow(three, HOUR).await?, Checkout::Out, "one has come back by itself");
    assert_eq!(borrow(two, HOUR).await?, Checkout::NoneForUser);
    assert!(store.check_in(one).await?);
    assert_eq!(borrow(two, HOUR).await?, Checkout::Out);
    assert_eq!(borrow(one, HOUR).await?, Checkout::NoneForUser);
    Ok(())
});
