//! `Logins`: what is left of a login that is over.

use std::time::Duration;

use bimgate::domain::{Begun, ClosedSession, ConsumedLogin, Denied, Network, PendingLimits, PendingLogin, UsedState};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::given;
use crate::given_directory::{MANY, is_open, opening_of, pending, proven};
use crate::support::given::network;

const SHORT: Duration = Duration::from_millis(300);

on_every_backend!(a_complete_login_stands_for_its_session_until_its_time_is_over, |backend| {
    let (store, second, user) = (backend.store(), backend.second_server(), given::user(backend).await?);
    let limits = PendingLimits { total: 1, per_network: 1 };
    let same = network();
    let mut spent = Vec::new();
    for _login in 0..3 {
        let (state, login) = (given::digest(), PendingLogin { network: same, ..pending(backend) });
        assert_eq!(store.begin_login(state, &login, limits).await?, Begun::Yes, "those complete do not count");
        let (next, open) = (proven(backend, &login), opening_of(backend, &login, user));
        assert!(store.advance_login(state, &login, &next).await?);
        assert_eq!(second.complete(state, &login, &open).await?, Err(Denied::LoginOver), "it is past that stage");
        assert_eq!(store.used_state(state).await?, None);
        assert!(!is_open(backend, user, login.session).await?, "nothing is open by that");
        assert_eq!(second.complete(state, &next, &open).await??.session.id, login.session);
        assert!(is_open(backend, user, login.session).await?);
        assert_eq!(store.complete(state, &next, &open).await?, Err(Denied::LoginOver));
        assert!(!store.end_login(state, &next).await?);
        assert!(is_open(backend, user, login.session).await?, "it stays open");
        spent.push((state, UsedState::Spent(ConsumedLogin { user, session: login.session })));
    }
    for (state, on) in &spent {
        for store in [&store, &second] {
            assert_eq!(store.login(*state).await?, None);
            assert_eq!(store.used_state(*state).await?, Some(*on));
        }
    }
    // One whose time is over ends a second time for nobody.
    let (state, login) = (given::digest(), PendingLogin { expires: backend.now().plus(SHORT), ..pending(backend) });
    store.begin_login(state, &login, MANY).await?;
    store.complete(state, &login, &opening_of(backend, &login, user)).await??;
    backend.pass(SHORT).await;
    store.close_due().await?;
    assert_eq!(backend.reported(), []);
    assert_eq!(second.used_state(state).await?, None);
    assert_eq!(second.used_state(spent[1].0).await?, Some(spent[1].1));
    Ok(())
});

on_every_backend!(a_login_whose_session_is_denied_ends, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let (state, login) = (given::digest(), pending(backend));
    store.begin_login(state, &login, MANY).await?;
    let mut denied = opening_of(backend, &login, user);
    denied.proof.generation += 1;
    assert_eq!(store.complete(state, &login, &denied).await?, Err(Denied::StaleProof));
    assert_eq!(backend.reported(), [ClosedSession::never_opened(login.session)]);
    assert_eq!(store.login(state).await?, None);
    assert_eq!(store.used_state(state).await?, Some(UsedState::Ended));
    let again = backend.second_server().complete(state, &login, &opening_of(backend, &login, user)).await?;
    assert_eq!(again, Err(Denied::LoginOver));
    assert!(!is_open(backend, user, login.session).await?);
    // One that came to nothing leaves its state used.
    let (state, login) = (given::digest(), pending(backend));
    store.begin_login(state, &login, MANY).await?;
    assert!(store.end_login(state, &login).await?);
    assert_eq!(store.used_state(state).await?, Some(UsedState::Ended));
    assert_eq!(backend.reported(), [ClosedSession::never_opened(login.session)]);
    Ok(())
});

on_every_backend!(a_state_counts_once, |backend| {
    let (store, second, user) = (backend.store(), backend.second_server(), given::user(backend).await?);
    let (state, login) = (given::digest(), pending(backend));
    assert_eq!(store.begin_login(state, &login, MANY).await?, Begun::Yes);
    let other = PendingLogin { native: Some(given::digest()), ..pending(backend) };
    assert_eq!(second.begin_login(state, &other, MANY).await?, Begun::Used, "it is under way");
    assert_eq!(store.login(state).await?, Some(login.clone()), "and stays as it is");
    store.complete(state, &login, &opening_of(backend, &login, user)).await??;
    assert_eq!(second.begin_login(state, &other, MANY).await?, Begun::Used, "it is complete");
    let native = other.native.ok_or("a native token")?;
    assert_eq!(store.native_login(native).await?, None, "who is refused claims no native token");
    Ok(())
});

on_every_backend!(of_begins_with_one_state_that_race_one_is_told, |backend| {
    for _round in 0..5 {
        let state = given::digest();
        let attempts = (0..32).map(|turn| {
            let (store, login) = (backend.server(turn), pending(backend));
            tokio::spawn(async move { store.begin_login(state, &login, MANY).await.map(|begun| (begun, login)) })
        });
        let mut won = Vec::new();
        for attempt in join_all(attempts).await {
            let (begun, login) = attempt??;
            assert!(matches!(begun, Begun::Yes | Begun::Used), "{begun:?}");
            won.extend((begun == Begun::Yes).then_some(login));
        }
        assert_eq!(won.len(), 1);
        assert_eq!(backend.store().login(state).await?.as_ref(), won.first());
    }
    Ok(())
});

on_every_backend!(a_state_is_used_without_a_login, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    let (state, later) = (given::digest(), given::digest());
    store.use_state(state, backend.now().plus(SHORT)).await?;
    store.use_state(later, backend.now().plus(given::HOUR)).await?;
    assert_eq!(second.used_state(state).await?, Some(UsedState::Ended));
    assert_eq!(second.begin_login(state, &pending(backend), MANY).await?, Begun::Used);
    backend.pass(SHORT).await;
    store.close_due().await?;
    assert_eq!(backend.reported(), []);
    assert_eq!(second.used_state(state).await?, None);
    assert_eq!(second.begin_login(state, &pending(backend), MANY).await?, Begun::Yes);
    assert_eq!(second.begin_login(later, &pending(backend), MANY).await?, Begun::Used);
    // What is left of a login that is over stays what it is.
    let (state, login, user) = (given::digest(), pending(backend), given::user(backend).await?);
    store.begin_login(state, &login, MANY).await?;
    store.complete(state, &login, &opening_of(backend, &login, user)).await??;
    store.use_state(state, backend.now().plus(given::HOUR)).await?;
    let spent = UsedState::Spent(ConsumedLogin { user, session: login.session });
    assert_eq!(second.used_state(state).await?, Some(spent));
    Ok(())
});

on_every_backend!(neighbours_of_one_ipv6_48_share_its_places, |backend| {
    let from = |address: &str| -> Result<PendingLogin, std::net::AddrParseError> {
        Ok(PendingLogin { network: Network::of(address.parse()?), ..pending(backend) })
    };
    let (store, limits) = (backend.store(), PendingLimits { total: 100, per_network: 2 });
    let prefix = format!("2001:db8:{}", &Uuid::new_v4().simple().to_string()[..4]);
    for host in ["1::1", "2::1"] {
        let login = from(&format!("{prefix}:{host}"))?;
        assert_eq!(store.begin_login(given::digest(), &login, limits).await?, Begun::Yes);
    }
    let (third, elsewhere) = (from(&format!("{prefix}:3::1"))?, from("2001:db9::1")?);
    assert_eq!(store.begin_login(given::digest(), &third, limits).await?, Begun::TooMany);
    assert_eq!(store.begin_login(given::digest(), &elsewhere, limits).await?, Begun::Yes);
    Ok(())
});

on_every_backend!(of_ends_and_completions_that_race_one_succeeds, |backend| {
    for _round in 0..5 {
        let (state, login, user) = (given::digest(), pending(backend), given::user(backend).await?);
        backend.store().begin_login(state, &login, MANY).await?;
        let attempts = (0..32).map(|turn| {
            let (store, login, open) = (backend.server(turn / 2), login.clone(), opening_of(backend, &login, user));
            tokio::spawn(async move {
                match turn % 2 {
                    0 => store.complete(state, &login, &open).await.map(|opened| (opened.is_ok(), true)),
                    _ => store.end_login(state, &login).await.map(|ended| (ended, false)),
                }
            })
        });
        let mut told = Vec::new();
        for attempt in join_all(attempts).await {
            let (won, completes) = attempt??;
            told.extend(won.then_some(completes));
        }
        assert_eq!(told.len(), 1);
        let left = backend.store().used_state(state).await?;
        let spent = UsedState::Spent(ConsumedLogin { user, session: login.session });
        assert_eq!(left, Some(if told[0] { spent } else { UsedState::Ended }));
        assert_eq!(
            is_open(backend, user, login.session).await?,
            told[0],
            "a session is open only if its login opened it"
        );
    }
    Ok(())
});
