//! `Accounts::change_account` and `delete_account`: what ends, and that nothing begun before comes after.

use bimgate::domain::{
    Account, AccountChange, ClientKey, CloseReason, Denied, Grant, Issue, PasswordHash, TokenDigest, UpstreamMark,
    UserId,
};
use futures_util::future::join_all;

use crate::Outcome;
use crate::backend::Backend;
use crate::given;

on_every_backend!(a_change_is_seen_by_every_server, |backend| {
    let user = given::user(backend).await?;
    let changed = backend.store().change_account(user, &new_password("first")).await?;
    let changed = changed?;
    assert_eq!((changed.password.as_ref(), changed.generation), (Some(&hash("first")), 1));
    assert_eq!(backend.second_server().account(user).await?, Some(changed));
    let changed = backend.store().change_account(user, &AccountChange::Disable).await?;
    let found = backend.second_server().account(user).await?;
    assert_eq!(found.as_ref().map(|account| (account.enabled, account.generation)), Some((false, 2)));
    assert_eq!(found, Some(changed?));
    Ok(())
});

on_every_backend!(a_change_of_an_unknown_user_says_none, |backend| {
    let nobody = given::account(backend).id;
    assert!(backend.store().change_account(nobody, &AccountChange::Enable).await?.is_err());
    assert_eq!(backend.store().account(nobody).await?, None);
    Ok(())
});

on_every_backend!(a_rehash_applies_only_to_the_hash_that_was_verified, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    store.change_account(user, &new_password("old")).await??;
    let rehash = AccountChange::Rehash { from: hash("other"), to: hash("better") };
    assert!(store.change_account(user, &rehash).await?.is_err());
    assert_eq!(store.account(user).await?.and_then(|account| account.password), Some(hash("old")));
    let rehash = AccountChange::Rehash { from: hash("old"), to: hash("better") };
    let changed = store.change_account(user, &rehash).await??;
    assert_eq!((changed.password, changed.generation), (Some(hash("better")), 1));
    Ok(())
});

on_every_backend!(a_password_comes_over_once_and_ends_nothing, |backend| {
    let account = Account { upstream: Some(UpstreamMark::new(0)), ..given::account(backend) };
    let (user, now) = (account.id, backend.now());
    backend.store().create_accounts(&[account]).await?;
    let login = given::login(backend, &given::client());
    given::logged_in(&backend.store(), user, &login).await?;
    let arrive = |n: usize| {
        let (store, change) = (backend.server(n), AccountChange::ComeOver { password: hash(&n.to_string()), now });
        async move { store.change_account(user, &change).await }
    };
    let outcomes = join_all((0..8).map(arrive)).await;
    let mut arrived = Vec::new();
    for outcome in outcomes {
        match outcome? {
            Ok(account) => arrived.push(account),
            Err(denied) => assert_eq!(denied, Denied::HashChanged),
        }
    }
    assert_eq!(arrived.len(), 1);
    let stored = backend.second_server().account(user).await?.ok_or("gone")?;
    assert_eq!((&stored.password, stored.generation), (&arrived[0].password, 0));
    assert_eq!(stored.upstream.and_then(|mark| mark.came_over), Some(now));
    assert!(given::usable(&backend.store(), login.access.0).await?);
    Ok(())
});

on_every_backend!(a_password_comes_over_to_nobody_who_is_not_to, |backend| {
    let (store, now) = (backend.store(), backend.now());
    let marked = || Account { upstream: Some(UpstreamMark::new(0)), ..given::account(backend) };
    let disabled = Account { enabled: false, ..marked() };
    let with_password = Account { password: Some(hash("here")), ..marked() };
    for account in [given::account(backend), disabled, with_password] {
        store.create_accounts(std::slice::from_ref(&account)).await?;
        let change = AccountChange::ComeOver { password: hash("there"), now };
        assert!(store.change_account(account.id, &change).await?.is_err());
        assert_eq!(store.account(account.id).await?, Some(account));
    }
    Ok(())
});

on_every_backend!(enabling_and_rehashing_end_nothing, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    store.change_account(user, &new_password("old")).await??;
    let login = of_generation(1, given::login(backend, &given::client()));
    given::logged_in(&store, user, &login).await?;
    store.change_account(user, &AccountChange::Enable).await??;
    store.change_account(user, &AccountChange::Rehash { from: hash("old"), to: hash("better") }).await??;
    assert!(given::usable(&store, login.access.0).await?);
    Ok(())
});

on_every_backend!(a_password_change_ends_every_session, |backend| {
    ends_everything(backend, Some(new_password("new"))).await
});

on_every_backend!(disabling_ends_every_session, |backend| {
    ends_everything(backend, Some(AccountChange::Disable)).await
});

on_every_backend!(logging_out_everywhere_ends_every_session, |backend| {
    ends_everything(backend, Some(AccountChange::LogOutEverywhere(CloseReason::ByAdmin))).await
});

on_every_backend!(deleting_ends_every_session, |backend| { ends_everything(backend, None).await });

on_every_backend!(a_login_proven_before_a_change_never_takes_effect, |backend| {
    for change in [AccountChange::LogOutEverywhere(CloseReason::ByAdmin), new_password("new"), AccountChange::Disable] {
        let user = given::user(backend).await?;
        let logins = logins_in_flight(backend, user);
        let changed = backend.store().change_account(user, &change).await??;
        assert_eq!(changed.generation, 1);
        for token in join_all(logins).await {
            assert!(!given::usable(&backend.second_server(), token?).await?, "proven before, usable after {change:?}");
        }
        let late = given::login(backend, &given::client());
        assert!(backend.store().issue(user, &late).await?.is_err());
        assert_eq!(backend.store().user_state(user).await?.map(|held| held.clients.len()), Some(0));
    }
    Ok(())
});

on_every_backend!(a_login_racing_a_deletion_leaves_nothing_usable, |backend| {
    for _round in 0..5 {
        let user = given::user(backend).await?;
        let logins = logins_in_flight(backend, user);
        assert!(backend.store().delete_account(user).await?.is_ok());
        for token in join_all(logins).await {
            assert!(!given::usable(&backend.second_server(), token?).await?);
        }
        assert_eq!(backend.store().user_state(user).await?, None);
    }
    Ok(())
});

/// Logs in on several clients, with tokens of all kinds, makes the change or deletes the user, and finds all refused.
async fn ends_everything(backend: &dyn Backend, change: Option<AccountChange>) -> Outcome {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let (other, untouched) = (given::user(backend).await?, given::login(backend, &given::client()));
    given::logged_in(&store, other, &untouched).await?;
    let clients = [given::client(), given::client(), ClientKey::Text("a product".into())];
    let (mut logins, mut minted) = (Vec::new(), Vec::new());
    for client in &clients {
        let login = given::remembered_login(backend, client);
        given::logged_in(&store, user, &login).await?;
        let mint = given::mint(backend, client, login.access.0);
        store.mint_cross(user, &mint).await??;
        minted.push((client, mint.cross.0));
        logins.push(login);
    }
    match change {
        Some(change) => drop(store.change_account(user, &change).await??),
        None => assert!(store.delete_account(user).await?.is_ok()),
    }
    let store = backend.second_server();
    for login in &logins {
        assert!(!given::usable(&store, login.access.0).await?);
        let (remember_me, _) = login.remember_me.ok_or("none asked for")?;
        let silent = Issue { grant: Grant::RememberMe(remember_me), ..given::login(backend, &login.client) };
        assert!(store.issue(user, &silent).await?.is_err());
    }
    for (client, cross) in minted {
        assert!(store.issue(user, &given::swap(backend, cross, client, &given::client())).await?.is_err());
    }
    assert!(store.user_state(user).await?.is_none_or(|held| held.clients.is_empty()));
    assert!(given::usable(&store, untouched.access.0).await?, "another user's token");
    Ok(())
}

/// Logins of generation 0 under way: each ends in its access token, whether or not it was refused.
fn logins_in_flight(backend: &dyn Backend, user: UserId) -> Vec<tokio::task::JoinHandle<TokenDigest>> {
    let login = |turn| {
        let store = backend.server(turn);
        let login = given::login(backend, &given::client());
        tokio::spawn(async move {
            let _refused_or_not = store.issue(user, &login).await;
            login.access.0
        })
    };
    (0..32).map(login).collect()
}

fn of_generation(generation: u32, login: Issue) -> Issue {
    Issue { grant: Grant::Proof { generation, proven: login.now }, ..login }
}

fn new_password(phc: &str) -> AccountChange {
    AccountChange::Password { hash: hash(phc), revokes_app_passwords: false }
}

fn hash(password: &str) -> PasswordHash {
    PasswordHash::new(&format!("$argon2id$v=19$m=8,t=1,p=1${password}")).expect("a hash")
}
