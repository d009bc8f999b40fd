//! `Logins`: what is left of a login that is over.

use std::time::Duration;

use bimgate::domain::{Begun, ConsumedLogin, Network, PendingLimits, PendingLogin, UsedState, UserId};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::Outcome;
use crate::backend::Backend;
use crate::given;
use crate::given_directory::{MANY, coded, pending};
use crate::support::given::network;

const SHORT: Duration = Duration::from_millis(300);

pub async fn what_a_login_was_spent_on_is_told_until_its_time_is_over(backend: &dyn Backend) -> Outcome {
    let (store, second, user) = (backend.store(), backend.second_server(), UserId(Uuid::new_v4()));
    let limits = PendingLimits { total: 1, per_network: 1 };
    let same = network();
    let mut spent = Vec::new();
    for _login in 0..3 {
        let (state, login) = (given::digest(), PendingLogin { network: same, ..pending(backend) });
        assert_eq!(store.begin_login(state, &login, limits).await?, Begun::Yes, "those spent do not count");
        let next = coded(backend, &login);
        assert!(store.advance_login(state, &login, &next).await?);
        assert!(!second.consume_login(state, &login, user).await?, "it is past that stage");
        assert_eq!(store.used_state(state).await?, None);
        assert!(second.consume_login(state, &next, user).await?);
        assert!(!store.consume_login(state, &next, user).await? && !store.end_login(state, &next).await?);
        spent.push((state, UsedState::Spent(ConsumedLogin { user, session: login.session })));
    }
    for (state, on) in &spent {
        for store in [&store, &second] {
            assert_eq!(store.login(*state).await?, None);
            assert_eq!(store.used_state(*state).await?, Some(*on));
        }
    }
    for _time in 0..2 {
        store.delete_consumed_login(spent[0].0).await?;
    }
    assert_eq!(second.used_state(spent[0].0).await?, Some(UsedState::Ended));
    assert_eq!(second.used_state(spent[1].0).await?, Some(spent[1].1));
    // One that came to nothing leaves its state used.
    let (state, login) = (given::digest(), pending(backend));
    store.begin_login(state, &login, MANY).await?;
    assert!(store.end_login(state, &login).await?);
    assert_eq!(store.used_state(state).await?, Some(UsedState::Ended));
    // One whose time is over ends a second time for nobody.
    let (state, login) = (given::digest(), PendingLogin { expires: backend.now().plus(SHORT), ..pending(backend) });
    store.begin_login(state, &login, MANY).await?;
    backend.reported();
    assert!(store.consume_login(state, &login, user).await?);
    backend.pass(SHORT).await;
    store.close_due().await?;
    assert_eq!(backend.reported(), []);
    assert_eq!(second.used_state(state).await?, None);
    assert_eq!(second.used_state(spent[1].0).await?, Some(spent[1].1));
    Ok(())
}

pub async fn a_state_counts_once(backend: &dyn Backend) -> Outcome {
    let (store, second, user) = (backend.store(), backend.second_server(), UserId(Uuid::new_v4()));
    let (state, login) = (given::digest(), pending(backend));
    assert_eq!(store.begin_login(state, &login, MANY).await?, Begun::Yes);
    let other = PendingLogin { native: Some(given::digest()), ..pending(backend) };
    assert_eq!(second.begin_login(state, &other, MANY).await?, Begun::Used, "it is under way");
    assert_eq!(store.login(state).await?, Some(login.clone()), "and stays as it is");
    assert!(store.consume_login(state, &login, user).await?);
    assert_eq!(second.begin_login(state, &other, MANY).await?, Begun::Used, "it is spent");
    store.delete_consumed_login(state).await?;
    assert_eq!(second.begin_login(state, &other, MANY).await?, Begun::Used, "its session is not told any more");
    let native = other.native.ok_or("a native token")?;
    assert_eq!(store.native_login(native).await?, None, "who is refused claims no native token");
    Ok(())
}

pub async fn of_begins_with_one_state_that_race_one_is_told(backend: &dyn Backend) -> Outcome {
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
}

pub async fn a_state_is_used_without_a_login(backend: &dyn Backend) -> Outcome {
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
    let (state, login, user) = (given::digest(), pending(backend), UserId(Uuid::new_v4()));
    store.begin_login(state, &login, MANY).await?;
    assert!(store.consume_login(state, &login, user).await?);
    store.use_state(state, backend.now().plus(given::HOUR)).await?;
    let spent = UsedState::Spent(ConsumedLogin { user, session: login.session });
    assert_eq!(second.used_state(state).await?, Some(spent));
    Ok(())
}

pub async fn neighbours_of_one_ipv6_48_share_its_places(backend: &dyn Backend) -> Outcome {
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
}

pub async fn of_ends_and_spendings_that_race_one_is_told(backend: &dyn Backend) -> Outcome {
    for _round in 0..5 {
        let (state, login) = (given::digest(), pending(backend));
        backend.store().begin_login(state, &login, MANY).await?;
        let attempts = (0..32).map(|turn| {
            let (store, login, user) = (backend.server(turn / 2), login.clone(), UserId(Uuid::new_v4()));
            tokio::spawn(async move {
                match turn % 2 {
                    0 => store.consume_login(state, &login, user).await.map(|told| (told, Some(user))),
                    _ => store.end_login(state, &login).await.map(|told| (told, None)),
                }
            })
        });
        let mut told = Vec::new();
        for attempt in join_all(attempts).await {
            let (won, user) = attempt??;
            told.extend(won.then_some(user));
        }
        assert_eq!(told.len(), 1);
        let used = backend.store().used_state(state).await?;
        let spent = |user| UsedState::Spent(ConsumedLogin { user, session: login.session });
        assert_eq!(used, Some(told[0].map_or(UsedState::Ended, spent)));
    }
    Ok(())
}
