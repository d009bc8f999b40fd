//! What ends by itself: `Sessions::user_state` and `Upkeep::sweep`.

use std::time::Duration;

use bimgate::domain::{CrossParent, Grant, Issue, MintCross, OpenSession};

use crate::given::{self, HOUR};
use crate::given_directory::{opened, opening};

/// Long enough to log in and mint before it is over, short enough to wait for.
const SHORT: Duration = Duration::from_millis(400);

on_every_backend!(holdings_leave_out_what_has_ended, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let ending = given::login(backend, &given::client());
    let ending = Issue { access: (ending.access.0, SHORT), ..ending };
    let half = given::remembered_login(backend, &given::client());
    let half = Issue { access: (half.access.0, SHORT), ..half };
    given::logged_in(&store, user, &ending).await?;
    given::logged_in(&store, user, &half).await?;
    assert_eq!(store.user_state(user).await?.map(|held| held.clients.len()), Some(2));
    backend.pass(SHORT).await;
    let held = backend.second_server().user_state(user).await?.ok_or("no user")?;
    assert_eq!(held.clients.keys().collect::<Vec<_>>(), [&half.client]);
    let session = &held.clients[&half.client];
    assert_eq!((session.access.len(), session.remember_me.len()), (0, 1));
    Ok(())
});

on_every_backend!(holdings_of_an_unknown_user_are_none, |backend| {
    assert_eq!(backend.store().user_state(given::account(backend).id).await?, None);
    let user = given::user(backend).await?;
    assert_eq!(backend.store().user_state(user).await?.map(|held| held.clients.len()), Some(0));
    Ok(())
});

on_every_backend!(what_has_ended_is_swept, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let login = given::login(backend, &client);
    let remember_me = given::digest();
    let login = Issue { access: (login.access.0, SHORT), remember_me: Some((remember_me, SHORT)), ..login };
    given::logged_in(&store, user, &login).await?;
    let cross = given::digest();
    let mint = MintCross { cross: (cross, SHORT), ..given::mint(backend, &client, login.access.0) };
    store.mint_cross(user, &mint).await??;
    backend.pass(SHORT).await;
    for _second in 0..50 {
        backend.store().sweep().await?;
        backend.second_server().sweep().await?;
        let left = store.access_token(login.access.0).await?.is_some()
            || store.remember_me_token(remember_me).await?.is_some()
            || store.cross_token(cross).await?.is_some();
        if !left {
            return Ok(());
        }
        backend.pass(Duration::from_millis(20)).await;
    }
    panic!("what has ended is still there");
});

on_every_backend!(what_has_ended_of_an_open_directory_session_is_swept, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let [over, lasting, cross] = [(); 3].map(|()| given::digest());
    let asked = OpenSession { sign_on: Some((over, SHORT)), ..opening(backend, user) };
    opened(&store, &asked).await?;
    opened(&store, &OpenSession { sign_on: Some((lasting, HOUR)), ..opening(backend, user) }).await?;
    let parent = CrossParent::Directory(asked.session);
    let mint = MintCross { parent, now: backend.now(), cross: (cross, SHORT), limits: given::LIMITS };
    store.mint_cross(user, &mint).await??;
    backend.pass(SHORT).await;
    for _second in 0..50 {
        backend.store().sweep().await?;
        backend.second_server().sweep().await?;
        let found = store.directory_session(user, asked.session, backend.now()).await?.ok_or("it is open")?;
        assert!(store.sign_on(lasting).await?.is_some());
        let left = store.sign_on(over).await?.is_some() || store.cross_token(cross).await?.is_some();
        if !left && found.session.cross.is_empty() {
            return Ok(());
        }
        backend.pass(Duration::from_millis(20)).await;
    }
    panic!("what has ended is still there");
});

on_every_backend!(a_sweep_leaves_what_lives, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let lasting = given::login(backend, &given::client());
    let half = given::remembered_login(backend, &given::client());
    let half = Issue { access: (half.access.0, SHORT), ..half };
    given::logged_in(&store, user, &lasting).await?;
    given::logged_in(&store, user, &half).await?;
    let mint = given::mint(backend, &lasting.client, lasting.access.0);
    store.mint_cross(user, &mint).await??;
    backend.pass(SHORT).await;
    for _second in 0..3 {
        store.sweep().await?;
    }
    assert!(given::usable(&store, lasting.access.0).await?);
    let grant = Grant::RememberMe(half.remember_me.ok_or("none asked for")?.0);
    let silent = Issue { grant, access: (given::digest(), HOUR), ..given::login(backend, &half.client) };
    given::logged_in(&store, user, &silent).await?;
    given::logged_in(&store, user, &given::swap(backend, mint.cross.0, &lasting.client, &given::client())).await?;
    Ok(())
});
