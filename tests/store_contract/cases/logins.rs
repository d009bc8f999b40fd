//! `Logins`: one login under way, from its beginning to its end.

use std::collections::BTreeSet;
use std::time::Duration;

use bimgate::domain::{Begun, CloseReason, ClosedSession, NativeLogin, PendingLimits, PendingLogin};
use futures_util::future::join_all;

use crate::given::{self, HOUR};
use crate::given_directory::{MANY, ended, pending, proven};
use crate::support::given::network;

const SHORT: Duration = Duration::from_millis(300);

on_every_backend!(a_login_is_found_by_its_state_on_every_server, |backend| {
    let (state, login) = (given::digest(), pending(backend));
    assert_eq!(backend.store().login(state).await?, None);
    assert_eq!(backend.store().begin_login(state, &login, MANY).await?, Begun::Yes);
    for store in [backend.store(), backend.second_server()] {
        assert_eq!(store.login(state).await?.as_ref(), Some(&login));
    }
    let next = proven(backend, &login);
    assert!(backend.second_server().advance_login(state, &login, &next).await?);
    assert_eq!(backend.store().login(state).await?.as_ref(), Some(&next));
    assert!(!backend.store().advance_login(state, &login, &next).await?, "it is past that stage");
    assert!(!backend.store().end_login(state, &login).await?);
    assert!(backend.store().end_login(state, &next).await?);
    assert_eq!(backend.second_server().login(state).await?, None);
    assert!(!backend.second_server().advance_login(state, &next, &login).await?);
    assert!(!backend.second_server().end_login(state, &next).await?);
    Ok(())
});

on_every_backend!(of_simultaneous_advances_from_one_stage_one_is_told, |backend| {
    for _round in 0..5 {
        let (state, login) = (given::digest(), pending(backend));
        backend.store().begin_login(state, &login, MANY).await?;
        let advances = (0..32).map(|turn| {
            let (store, from, to) = (backend.server(turn), login.clone(), proven(backend, &login));
            tokio::spawn(async move { (store.advance_login(state, &from, &to).await, to) })
        });
        let mut told = Vec::new();
        for advance in join_all(advances).await {
            let (won, to) = advance?;
            told.extend(won?.then_some(to));
        }
        assert_eq!(told.len(), 1);
        assert_eq!(backend.second_server().login(state).await?.as_ref(), Some(&told[0]));
    }
    Ok(())
});

on_every_backend!(of_advances_and_ends_that_race_one_is_told, |backend| {
    for _round in 0..5 {
        let (state, login) = (given::digest(), pending(backend));
        backend.store().begin_login(state, &login, MANY).await?;
        let attempts = (0..32).map(|turn| {
            let (store, from, to) = (backend.server(turn / 2), login.clone(), proven(backend, &login));
            tokio::spawn(async move {
                match turn % 2 {
                    0 => store.advance_login(state, &from, &to).await,
                    _ => store.end_login(state, &from).await,
                }
            })
        });
        let mut told = 0;
        for attempt in join_all(attempts).await {
            told += usize::from(attempt??);
        }
        assert_eq!(told, 1);
    }
    Ok(())
});

on_every_backend!(no_more_than_the_limits_are_under_way, |backend| {
    let everywhere = PendingLimits { total: 5, per_network: 100 };
    let here = PendingLimits { total: 100, per_network: 8 };
    let same = network();
    for (limits, allowed) in [(everywhere, 5), (here, 8 - 5)] {
        let beginnings = (0..32).map(|turn| {
            let (store, state) = (backend.server(turn), given::digest());
            let login = PendingLogin { network: same, native: None, ..pending(backend) };
            tokio::spawn(async move { (store.begin_login(state, &login, limits).await, state, login) })
        });
        let mut begun = Vec::new();
        for beginning in join_all(beginnings).await {
            let (answer, state, login) = beginning?;
            match answer? {
                Begun::Yes => begun.push((state, login)),
                other => assert_eq!(other, Begun::TooMany),
            }
        }
        assert_eq!(begun.len(), allowed, "{limits:?}");
    }
    let login = PendingLogin { native: None, ..pending(backend) };
    assert_eq!(backend.store().begin_login(given::digest(), &login, here).await?, Begun::Yes, "another network");
    Ok(())
});

on_every_backend!(a_login_that_ended_makes_room, |backend| {
    let (store, same) = (backend.store(), network());
    let limits = PendingLimits { total: 1, per_network: 1 };
    for _login in 0..3 {
        let (state, login) = (given::digest(), PendingLogin { network: same, ..pending(backend) });
        assert_eq!(store.begin_login(state, &login, limits).await?, Begun::Yes);
        let other = pending(backend);
        assert_eq!(store.begin_login(given::digest(), &other, limits).await?, Begun::TooMany);
        assert_eq!(store.native_login(other.native.ok_or("none")?).await?, None, "a refused one leaves nothing");
        let next = proven(backend, &login);
        assert!(store.advance_login(state, &login, &next).await?);
        assert!(backend.second_server().end_login(state, &next).await?);
    }
    let overdue = PendingLogin { network: same, expires: backend.now().plus(SHORT), ..pending(backend) };
    assert_eq!(store.begin_login(given::digest(), &overdue, limits).await?, Begun::Yes);
    backend.pass(SHORT).await;
    ended(backend, 1).await?;
    let login = PendingLogin { network: same, ..pending(backend) };
    assert_eq!(store.begin_login(given::digest(), &login, limits).await?, Begun::Yes);
    Ok(())
});

on_every_backend!(an_overdue_login_ends_once_and_its_native_client_is_told, |backend| {
    let (state, lasting) = (given::digest(), given::digest());
    let login = PendingLogin { expires: backend.now().plus(SHORT), ..pending(backend) };
    let (store, native) = (backend.store(), login.native.ok_or("none")?);
    assert_eq!(store.begin_login(state, &login, MANY).await?, Begun::Yes);
    assert_eq!(store.begin_login(lasting, &pending(backend), MANY).await?, Begun::Yes);
    // A later stage does not have more time.
    let next = proven(backend, &login);
    assert!(store.advance_login(state, &login, &next).await?);
    store.close_due().await?;
    assert_eq!(backend.reported(), []);
    backend.pass(SHORT).await;
    let expected = ClosedSession { session: login.session, user: None, why: CloseReason::NotAuthenticated };
    assert_eq!(ended(backend, 1).await?, [expected]);
    store.close_due().await?;
    assert_eq!(backend.reported(), []);
    for store in [backend.store(), backend.second_server()] {
        assert_eq!(store.login(state).await?, None);
        assert_eq!(store.native_login(native).await?, Some(NativeLogin::Failed));
    }
    assert!(!store.end_login(state, &next).await?, "nobody goes on with it");
    assert!(store.login(lasting).await?.is_some());
    Ok(())
});

on_every_backend!(what_ends_an_overdue_login_is_one_call, |backend| {
    let store = backend.store();
    let mut logins = BTreeSet::new();
    for _login in 0..20 {
        let login = PendingLogin { expires: backend.now().plus(2 * SHORT), ..pending(backend) };
        assert_eq!(store.begin_login(given::digest(), &login, MANY).await?, Begun::Yes);
        logins.insert(login.session);
    }
    backend.pass(2 * SHORT).await;
    let servers = [backend.store(), backend.second_server(), backend.store()];
    let closers = servers.map(|store| tokio::spawn(async move { store.close_due().await }));
    for closer in join_all(closers).await {
        closer??;
    }
    let mut all = backend.reported();
    all.extend(ended(backend, logins.len() - all.len()).await?);
    assert_eq!(all.len(), logins.len());
    assert_eq!(all.iter().map(|ended| ended.session).collect::<BTreeSet<_>>(), logins);
    backend.pass(HOUR / 3_600_000).await;
    store.close_due().await?;
    assert_eq!(backend.reported(), []);
    Ok(())
});
