//! `Tokens::revoke` and `Sessions::close_session`: what they end is refused when they return.

use bimgate::domain::{Grant, Issue};
use futures_util::future::join_all;

use crate::given;

on_every_backend!(a_revoked_token_is_refused_on_every_server, |backend| {
    let (user, client) = (given::user(backend).await?, given::client());
    let [revoked, kept] = [(); 2].map(|()| given::login(backend, &client));
    given::logged_in(&backend.store(), user, &revoked).await?;
    given::logged_in(&backend.store(), user, &kept).await?;
    backend.store().revoke(user, &given::revoke(&client, revoked.access.0)).await?;
    for store in [backend.store(), backend.second_server()] {
        assert!(!given::usable(&store, revoked.access.0).await?);
        assert!(given::usable(&store, kept.access.0).await?);
        let held = store.user_state(user).await?.ok_or("no user")?;
        assert_eq!(held.clients.get(&client).map(|session| session.access.len()), Some(1));
    }
    Ok(())
});

on_every_backend!(revoking_takes_minted_cross_tokens_along, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let [parent, sibling] = [(); 2].map(|()| given::login(backend, &client));
    let mut minted = Vec::new();
    for login in [&parent, &sibling] {
        given::logged_in(&store, user, login).await?;
        let mint = given::mint(backend, &client, login.access.0);
        store.mint_cross(user, &mint).await??;
        minted.push(mint.cross.0);
    }
    store.revoke(user, &given::revoke(&client, parent.access.0)).await?;
    for (cross, counts) in minted.into_iter().zip([false, true]) {
        let swap = given::swap(backend, cross, &client, &given::client());
        assert_eq!(backend.second_server().issue(user, &swap).await?.is_ok(), counts);
    }
    Ok(())
});

on_every_backend!(revoking_the_last_token_closes_the_session, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let (plain, remembered) = (given::client(), given::client());
    let logins = [given::login(backend, &plain), given::remembered_login(backend, &remembered)];
    for login in &logins {
        given::logged_in(&store, user, login).await?;
        store.revoke(user, &given::revoke(&login.client, login.access.0)).await?;
    }
    let held = backend.second_server().user_state(user).await?.ok_or("no user")?;
    assert!(!held.clients.contains_key(&plain));
    assert!(held.clients.contains_key(&remembered), "its remember-me token still is a token");
    Ok(())
});

on_every_backend!(revoking_twice_or_of_nobody_is_no_error, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let login = given::login(backend, &client);
    given::logged_in(&store, user, &login).await?;
    store.revoke(user, &given::revoke(&client, login.access.0)).await?;
    store.revoke(user, &given::revoke(&client, login.access.0)).await?;
    store.revoke(user, &given::revoke(&given::client(), given::digest())).await?;
    store.revoke(given::account(backend).id, &given::revoke(&client, given::digest())).await?;
    assert!(!given::usable(&store, login.access.0).await?);
    Ok(())
});

on_every_backend!(closing_a_session_ends_every_token_of_it, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let (client, other) = (given::client(), given::login(backend, &given::client()));
    let login = given::remembered_login(backend, &client);
    given::logged_in(&store, user, &login).await?;
    given::logged_in(&store, user, &other).await?;
    let mint = given::mint(backend, &client, login.access.0);
    store.mint_cross(user, &mint).await??;
    assert!(store.close_session(user, &given::close_client(&client)).await?.is_ok());
    let store = backend.second_server();
    assert!(!given::usable(&store, login.access.0).await?);
    let grant = Grant::RememberMe(login.remember_me.ok_or("none asked for")?.0);
    assert!(store.issue(user, &Issue { grant, ..given::login(backend, &client) }).await?.is_err());
    assert!(store.issue(user, &given::swap(backend, mint.cross.0, &client, &client)).await?.is_err());
    assert!(given::usable(&store, other.access.0).await?, "another client's session");
    let held = store.user_state(user).await?.ok_or("no user")?;
    assert_eq!(held.clients.keys().collect::<Vec<_>>(), [&other.client]);
    Ok(())
});

on_every_backend!(closing_what_is_not_open_says_false, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    assert!(store.close_session(user, &given::close_client(&client)).await?.is_err());
    given::logged_in(&store, user, &given::login(backend, &client)).await?;
    assert!(store.close_session(user, &given::close_client(&client)).await?.is_ok());
    assert!(
        backend.second_server().close_session(user, &given::close_client(&client)).await?.is_err(),
        "closed already"
    );
    assert!(store.close_session(given::account(backend).id, &given::close_client(&client)).await?.is_err());
    Ok(())
});

// Whatever simultaneous logins, revocations and closings leave: a token is usable if and only if an open session
// holds it.
on_every_backend!(what_is_usable_is_what_open_sessions_hold, |backend| {
    let user = given::user(backend).await?;
    let clients = [given::client(), given::client()];
    let acts = (0..60).map(|turn| {
        let store = backend.server(turn);
        let client = clients[turn / 2 % 2].clone();
        let login = given::remembered_login(backend, &client);
        tokio::spawn(async move {
            let issued = store.issue(user, &login).await;
            match turn % 5 {
                0 => drop(store.close_session(user, &given::close_client(&client)).await?),
                1 => store.revoke(user, &given::revoke(&client, login.access.0)).await?,
                _ => {}
            }
            issued.map(|_| login.access.0)
        })
    });
    let tokens = join_all(acts).await;
    let held = backend.store().user_state(user).await?.ok_or("no user")?;
    let handles: Vec<_> = held.clients.values().flat_map(|session| &session.access).collect();
    for token in tokens {
        let token = token??;
        let is_held = handles.iter().any(|handle| handle.digest == token);
        assert_eq!(given::usable(&backend.second_server(), token).await?, is_held);
    }
    Ok(())
});
