//! `Logins`: what is left of a login that has gone on to open its session.

use std::time::Duration;

use bimgate::domain::{Begun, PendingLimits, PendingLogin, SpentLogin, UserId};
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
        assert!(!second.spend_login(state, &login, user).await?, "it is past that stage");
        assert_eq!(store.spent_login(state).await?, None);
        assert!(second.spend_login(state, &next, user).await?);
        assert!(!store.spend_login(state, &next, user).await? && !store.end_login(state, &next).await?);
        spent.push((state, SpentLogin { user, session: login.session }));
    }
    for (state, on) in &spent {
        for store in [&store, &second] {
            assert_eq!(store.login(*state).await?, None);
            assert_eq!(store.spent_login(*state).await?, Some(*on));
        }
    }
    for _time in 0..2 {
        store.forget_spent(spent[0].0).await?;
    }
    assert_eq!(second.spent_login(spent[0].0).await?, None);
    assert_eq!(second.spent_login(spent[1].0).await?, Some(spent[1].1));
    // One that came to nothing leaves nothing.
    let (state, login) = (given::digest(), pending(backend));
    store.begin_login(state, &login, MANY).await?;
    assert!(store.end_login(state, &login).await?);
    assert_eq!(store.spent_login(state).await?, None);
    // One whose time is over ends a second time for nobody.
    let (state, login) = (given::digest(), PendingLogin { expires: backend.now().plus(SHORT), ..pending(backend) });
    store.begin_login(state, &login, MANY).await?;
    assert!(store.spend_login(state, &login, user).await?);
    backend.pass(SHORT).await;
    assert_eq!(store.close_due().await?, []);
    assert_eq!(second.spent_login(state).await?, None);
    assert_eq!(second.spent_login(spent[1].0).await?, Some(spent[1].1));
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
                    0 => store.spend_login(state, &login, user).await.map(|told| (told, Some(user))),
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
        let spent = backend.store().spent_login(state).await?;
        assert_eq!(spent, told[0].map(|user| SpentLogin { user, session: login.session }));
    }
    Ok(())
}
