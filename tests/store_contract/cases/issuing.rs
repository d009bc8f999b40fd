//! `Tokens::issue`: what a login leaves behind, when it is refused, and what it pushes out.

use std::time::Duration;

use bimgate::domain::{ClientInfo, ClientKey, Grant, Issue, Limits, Network, SessionId, SessionKey};
use futures_util::future::join_all;

use crate::given::{self, HOUR, LIMITS};

on_every_backend!(a_login_gives_a_usable_token_and_a_session, |backend| {
    let (user, client) = (given::user(backend).await?, given::client());
    let login = given::remembered_login(backend, &client);
    let issued = given::logged_in(&backend.store(), user, &login).await?;
    let store = backend.second_server();
    let token = store.access_token(login.access.0).await?.ok_or("no token")?;
    assert_eq!((token.user, &token.client, token.expires), (user, &client, issued.access_expires));
    let remembered = store.remember_me_token(login.remember_me.ok_or("none asked for")?.0).await?;
    assert_eq!(
        remembered.map(|found| (found.user, found.session)),
        Some((user, Some(SessionKey::Client(client.clone()))))
    );
    let held = store.user_state(user).await?.ok_or("no user")?;
    assert_eq!(held.clients.get(&client).map(|session| session.id), Some(issued.session));
    assert_eq!(store.access_token(given::digest()).await?, None, "a token nobody issued");
    assert_eq!(store.remember_me_token(given::digest()).await?, None);
    Ok(())
});

on_every_backend!(a_token_is_told_as_it_was_issued, |backend| {
    let user = given::user(backend).await?;
    let network = Network::of([192, 0, 2, 7].into());
    let login = Issue {
        server_made: true,
        team: Some("Team Ä".into()),
        project: Some("{p}".into()),
        contact: ClientInfo {
            address: Some([192, 0, 2, 7].into()),
            user_agent: Some("curl/8".into()),
            application: Some("App".into()),
        },
        network: Some(network),
        ..given::remembered_login(backend, &ClientKey::Text("Ein Produkt".into()))
    };
    given::logged_in(&backend.store(), user, &login).await?;
    let store = backend.second_server();
    let token = store.access_token(login.access.0).await?.ok_or("no token")?;
    assert_eq!((token.server_made, token.team, token.project), (true, login.team, login.project));
    assert_eq!((token.proven, token.expires), (login.now, login.now.plus(HOUR)));
    let held = store.user_state(user).await?.ok_or("no user")?;
    assert_eq!(held.clients.get(&login.client).map(|session| &session.contact), Some(&login.contact));
    assert!(held.account.networks.iter().any(|known| known.network == network));
    Ok(())
});

on_every_backend!(a_second_login_of_a_client_finds_its_session_open, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let (first, second) = (given::login(backend, &client), given::login(backend, &client));
    let other = given::login(backend, &given::client());
    let opened = given::logged_in(&store, user, &first).await?;
    let found = given::logged_in(&backend.second_server(), user, &second).await?;
    let elsewhere = given::logged_in(&store, user, &other).await?;
    assert_eq!(opened.session, found.session);
    assert_ne!(opened.session, elsewhere.session);
    for login in [first, second, other] {
        assert!(given::usable(&store, login.access.0).await?, "no login disturbs an earlier one");
    }
    Ok(())
});

on_every_backend!(a_refused_login_leaves_nothing_behind, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let nobody = given::account(backend).id;
    let asked = given::remembered_login(backend, &client);
    let earlier = Grant::Proof { generation: 7, proven: asked.now };
    let refused = [
        (nobody, asked.clone()),
        (user, Issue { grant: earlier, ..given::remembered_login(backend, &client) }),
        (user, Issue { grant: Grant::RememberMe(given::digest()), ..given::remembered_login(backend, &client) }),
        (user, given::swap(backend, given::digest(), &client, &client)),
        (user, Issue { access: (given::digest(), Duration::ZERO), ..given::remembered_login(backend, &client) }),
    ];
    for (user, login) in refused {
        assert!(store.issue(user, &login).await?.is_err(), "{:?}", login.grant);
        assert!(!given::usable(&store, login.access.0).await?);
        if let Some((remember_me, _)) = login.remember_me {
            let silent = Issue { grant: Grant::RememberMe(remember_me), ..given::login(backend, &client) };
            assert!(store.issue(user, &silent).await?.is_err());
        }
    }
    assert_eq!(store.user_state(user).await?.map(|held| held.clients.len()), Some(0));
    Ok(())
});

on_every_backend!(a_remember_me_token_works_only_for_its_client_and_stays, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let login = given::remembered_login(backend, &client);
    let issued = given::logged_in(&store, user, &login).await?;
    let grant = Grant::RememberMe(login.remember_me.ok_or("none asked for")?.0);
    let foreign = Issue { grant: grant.clone(), ..given::login(backend, &given::client()) };
    assert!(store.issue(user, &foreign).await?.is_err());
    for store in [backend.store(), backend.second_server(), backend.store()] {
        let silent = Issue { grant: grant.clone(), ..given::login(backend, &client) };
        assert_eq!(given::logged_in(&store, user, &silent).await?.session, issued.session);
        assert!(given::usable(&store, silent.access.0).await?);
    }
    Ok(())
});

on_every_backend!(nothing_lives_past_the_login_age, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let limits = Limits { login_age: HOUR / 2, ..LIMITS };
    let login = Issue { limits, ..given::remembered_login(backend, &client) };
    let issued = given::logged_in(&store, user, &login).await?;
    assert_eq!(issued.access_expires, login.now.plus(HOUR / 2));
    assert_eq!(issued.remember_me_expires, Some(login.now.plus(HOUR / 2)));
    let expires = store.access_token(login.access.0).await?.map(|token| token.expires);
    assert_eq!(expires, Some(issued.access_expires));
    Ok(())
});

on_every_backend!(a_token_pushed_out_is_refused_when_the_login_returns, |backend| {
    let (user, client) = (given::user(backend).await?, given::client());
    let limits = Limits { tokens_per_client: 3, ..LIMITS };
    let mut logins = Vec::new();
    for _login in 0..6 {
        let login = Issue { limits, ..given::login(backend, &client) };
        given::logged_in(&backend.store(), user, &login).await?;
        logins.push(login.access.0);
        for (age, token) in logins.iter().rev().enumerate() {
            assert_eq!(given::usable(&backend.second_server(), *token).await?, age < 3);
        }
    }
    Ok(())
});

on_every_backend!(a_remember_me_token_pushed_out_no_longer_counts, |backend| {
    let (store, user, client) = (backend.store(), given::user(backend).await?, given::client());
    let limits = Limits { remember_me_per_client: 1, ..LIMITS };
    let [older, newer] = [(); 2].map(|()| Issue { limits, ..given::remembered_login(backend, &client) });
    given::logged_in(&store, user, &older).await?;
    given::logged_in(&store, user, &newer).await?;
    for (login, counts) in [(older, false), (newer, true)] {
        let grant = Grant::RememberMe(login.remember_me.ok_or("none asked for")?.0);
        let silent = Issue { grant, ..given::login(backend, &client) };
        assert_eq!(store.issue(user, &silent).await?.is_ok(), counts);
    }
    Ok(())
});

on_every_backend!(a_session_pushed_out_is_refused_when_the_login_returns, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let limits = Limits { sessions_per_user: 2, ..LIMITS };
    let lasting = Issue { limits, ..given::login(backend, &given::client()) };
    let server_made = Issue { limits, server_made: true, ..given::login(backend, &given::client()) };
    let newest = Issue { limits, ..given::login(backend, &given::client()) };
    for login in [&lasting, &server_made, &newest] {
        given::logged_in(&store, user, login).await?;
    }
    let store = backend.second_server();
    assert!(!given::usable(&store, server_made.access.0).await?, "a client the server made goes first");
    assert!(given::usable(&store, lasting.access.0).await? && given::usable(&store, newest.access.0).await?);
    assert_eq!(store.user_state(user).await?.map(|held| held.clients.len()), Some(2));
    Ok(())
});

on_every_backend!(simultaneous_logins_keep_to_the_limit, |backend| {
    let (user, client) = (given::user(backend).await?, given::client());
    let limits = Limits { tokens_per_client: 4, ..LIMITS };
    let logins = (0..32).map(|turn| {
        let store = backend.server(turn);
        let login = Issue { limits, ..given::login(backend, &client) };
        tokio::spawn(async move { (login.access.0, store.issue(user, &login).await) })
    });
    let (mut usable, mut sessions) = (Vec::new(), Vec::<SessionId>::new());
    for login in join_all(logins).await {
        let (token, issued) = login?;
        sessions.push(issued??.session);
        if given::usable(&backend.store(), token).await? {
            usable.push(token);
        }
    }
    assert_eq!(usable.len(), 4);
    assert!(sessions.iter().all(|session| *session == sessions[0]), "all found one session");
    Ok(())
});
