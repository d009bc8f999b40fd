//! `Tokens::mint_cross` and the swap of a cross token.

use std::time::Duration;

use bimgate::domain::{ClientKey, CrossParent, Grant, Issue, Limits, MintCross, SessionKey, TokenDigest, UserId};
use futures_util::future::join_all;

use crate::backend::Backend;
use crate::given::{self, HOUR, LIMITS};

on_every_backend!(a_cross_token_is_found_and_spent_by_one_swap, |backend| {
    let (user, client, cross) = minted(backend).await?;
    let store = backend.second_server();
    for _lookup in 0..2 {
        let found = store.cross_token(cross).await?.ok_or("not found")?;
        assert_eq!(
            (found.user, found.session),
            (user, Some(SessionKey::Client(client.clone()))),
            "looking spends nothing"
        );
    }
    let swap = given::swap(backend, cross, &client, &given::client());
    given::logged_in(&store, user, &swap).await?;
    assert!(given::usable(&backend.store(), swap.access.0).await?);
    let again = given::swap(backend, cross, &client, &given::client());
    assert!(backend.store().issue(user, &again).await?.is_err());
    assert!(!given::usable(&backend.store(), again.access.0).await?);
    assert_eq!(store.cross_token(given::digest()).await?, None);
    Ok(())
});

on_every_backend!(of_simultaneous_swaps_one_wins, |backend| {
    for _round in 0..20 {
        let (user, client, cross) = minted(backend).await?;
        let swaps = (0..64).map(|turn| {
            let store = backend.server(turn);
            let swap = given::swap(backend, cross, &client, &given::client());
            tokio::spawn(async move { (swap.access.0, store.issue(user, &swap).await) })
        });
        let mut winners = 0;
        for swap in join_all(swaps).await {
            let (token, issued) = swap?;
            let won = issued?.is_ok();
            winners += usize::from(won);
            assert_eq!(given::usable(&backend.store(), token).await?, won);
        }
        assert_eq!(winners, 1);
    }
    Ok(())
});

on_every_backend!(a_refused_swap_does_not_spend_the_cross_token, |backend| {
    let (store, (user, client, cross)) = (backend.store(), minted(backend).await?);
    let fresh = given::client();
    let refused = [
        (given::account(backend).id, given::swap(backend, cross, &client, &fresh)),
        (user, given::swap(backend, cross, &fresh, &fresh)),
        (user, Issue { access: (given::digest(), Duration::ZERO), ..given::swap(backend, cross, &client, &fresh) }),
    ];
    for (user, swap) in refused {
        assert!(store.issue(user, &swap).await?.is_err());
    }
    given::logged_in(&store, user, &given::swap(backend, cross, &client, &fresh)).await?;
    Ok(())
});

on_every_backend!(an_expired_cross_token_is_refused, |backend| {
    let (store, (user, client, cross)) = (backend.store(), minted(backend).await?);
    let late = given::swap(backend, cross, &client, &given::client());
    let late = Issue { now: late.now.plus(HOUR), ..late };
    assert!(store.issue(user, &late).await?.is_err());
    Ok(())
});

on_every_backend!(only_a_token_of_an_open_session_mints, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let (login, other) = (given::login(backend, &client), given::login(backend, &client));
    given::logged_in(&store, user, &login).await?;
    given::logged_in(&store, user, &other).await?;
    let mint = given::mint(backend, &client, login.access.0);
    assert!(store.mint_cross(given::account(backend).id, &mint).await?.is_err(), "of nobody");
    assert!(store.mint_cross(user, &given::mint(backend, &given::client(), login.access.0)).await?.is_err());
    let minted = store.mint_cross(user, &mint).await??;
    assert_eq!(minted.expires, mint.now.plus(HOUR));
    store.revoke(user, &given::revoke(&client, login.access.0)).await?;
    assert!(store.mint_cross(user, &given::mint(backend, &client, login.access.0)).await?.is_err(), "revoked");
    store.close_session(user, &given::close_client(&client)).await??;
    assert!(store.mint_cross(user, &given::mint(backend, &client, other.access.0)).await?.is_err(), "closed");
    Ok(())
});

on_every_backend!(a_cross_token_pushed_out_is_refused, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let login = given::login(backend, &client);
    given::logged_in(&store, user, &login).await?;
    let limits = Limits { cross_tokens_per_session: 2, ..LIMITS };
    let mut minted = Vec::new();
    for _mint in 0..3 {
        let mint = MintCross { limits, ..given::mint(backend, &client, login.access.0) };
        store.mint_cross(user, &mint).await??;
        minted.push(mint.cross.0);
    }
    for (cross, counts) in minted.into_iter().zip([false, true, true]) {
        let swap = given::swap(backend, cross, &client, &given::client());
        assert_eq!(backend.second_server().issue(user, &swap).await?.is_ok(), counts);
    }
    Ok(())
});

/// A user, a client that is logged in, and a cross token its session minted.
async fn minted(backend: &dyn Backend) -> given::Result<(UserId, ClientKey, TokenDigest)> {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let login = given::login(backend, &client);
    given::logged_in(&store, user, &login).await?;
    let mint = given::mint(backend, &client, login.access.0);
    store.mint_cross(user, &mint).await??;
    Ok((user, client, mint.cross.0))
}

on_every_backend!(what_comes_of_a_remember_me_token_ends_with_it, |backend| {
    let (store, user, mut client) = (backend.store(), given::user(backend).await?, given::client());
    let long = |login: Issue| Issue { access: (login.access.0, 24 * HOUR), ..login };
    let login = long(given::remembered_login(backend, &client));
    let end = given::logged_in(&store, user, &login).await?.remember_me_expires.ok_or("no token")?;
    let remembered = login.remember_me.ok_or("no token")?.0;
    let silent = long(Issue { grant: Grant::RememberMe(remembered), ..given::login(backend, &client) });
    given::logged_in(&store, user, &silent).await?;
    for first in [login, silent.clone()] {
        client = silent.client.clone();
        let mut parent = first.access.0;
        for _swap in 0..3 {
            let token = backend.second_server().access_token(parent).await?.ok_or("not issued")?;
            assert_eq!((token.expires, token.not_after), (end, Some(end)));
            let (proven, not_after) = (token.proven, token.not_after);
            let grown = CrossParent::Access { token: parent, client: client.clone(), proven, not_after };
            let mint = MintCross { parent: grown, ..given::mint(backend, &client, parent) };
            let minted = store.mint_cross(user, &mint).await??;
            assert_eq!(minted.expires, end.min(mint.now.plus(HOUR)));
            let next = given::client();
            let swap = long(given::swap(backend, mint.cross.0, &client, &next));
            assert_eq!(given::logged_in(&store, user, &swap).await?.access_expires, end);
            (parent, client) = (swap.access.0, next);
        }
    }
    Ok(())
});
