//! Directory sessions: opening, keeping and closing.

use std::time::Duration;

use bimgate::domain::{
    AccountChange, CloseReason, ClosedSession, CrossGrant, CrossParent, Grant, Issue, Limits, ListChange, MintCross,
    OpenSession, Right, Rights, SessionCommand, SessionId, SessionKey,
};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::given::{self, HOUR, LIMITS};
use crate::given_directory::{close, entitled_user, heartbeat, is_open, opened, opening, proof};

on_every_backend!(an_opened_session_is_found_on_every_server, |backend| {
    let (user, other) = (entitled_user(backend).await?, given::user(backend).await?);
    let asked = OpenSession { app_claims: vec!["plans".into()], right: Right::ClientDev, ..opening(backend, user) };
    let held = opened(&backend.store(), &asked).await?;
    assert_eq!((held.session.id, held.session.right, held.session.native), (asked.session, asked.right, asked.native));
    let store = backend.second_server();
    let found = store.directory_session(user, asked.session, backend.now()).await?;
    assert_eq!(found.as_ref(), Some(&held));
    assert_eq!(store.account(user).await?.as_ref(), Some(&held.account));
    for (user, session) in [(user, SessionId(Uuid::new_v4())), (other, asked.session)] {
        assert_eq!(store.directory_session(user, session, backend.now()).await?, None);
    }
    let late = store.directory_session(user, asked.session, asked.heartbeat_before).await?;
    assert_eq!(late, None, "judged by the clock of whoever asks");
    let held = store.user_state(user).await?.ok_or("no user")?;
    assert_eq!(held.directory.keys().collect::<Vec<_>>(), [&asked.session]);
    Ok(())
});

on_every_backend!(a_refused_opening_leaves_nothing_behind, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let nobody = given::account(backend).id;
    let sign_on = given::digest();
    let asked = OpenSession { sign_on: Some((sign_on, HOUR)), ..opening(backend, user) };
    let earlier = bimgate::domain::LoginProof { generation: 7, ..asked.proof };
    for refused in [
        OpenSession { proof: proof(backend, nobody), ..asked.clone() },
        OpenSession { proof: earlier, ..asked.clone() },
        OpenSession { right: Right::Frontend, ..asked.clone() },
        OpenSession { app_claims: vec!["plans".into()], ..asked.clone() },
    ] {
        let user = refused.proof.user;
        assert!(store.update_session(user, &SessionCommand::Open(Box::new(refused))).await?.is_err());
        assert!(!is_open(backend, user, asked.session).await?);
        assert_eq!(store.sign_on(sign_on).await?, None);
    }
    Ok(())
});

on_every_backend!(a_heartbeat_is_seen_on_every_server, |backend| {
    let user = given::user(backend).await?;
    let asked = opening(backend, user);
    opened(&backend.store(), &asked).await?;
    let beat = heartbeat(backend, asked.session, 2 * HOUR);
    let held = backend.second_server().update_session(user, &beat).await??;
    assert!(held.session.heartbeat_before >= asked.now.plus(2 * HOUR) && held.session.beaten);
    let found = backend.store().directory_session(user, asked.session, asked.now.plus(HOUR)).await?;
    assert_eq!(found, Some(held));
    for unknown in [user, given::account(backend).id] {
        let beat = heartbeat(backend, SessionId(Uuid::new_v4()), HOUR);
        assert!(backend.store().update_session(unknown, &beat).await?.is_err());
    }
    Ok(())
});

on_every_backend!(a_native_answer_can_be_asked_for_until_the_first_heartbeat, |backend| {
    let user = given::user(backend).await?;
    let asked = opening(backend, user);
    opened(&backend.store(), &asked).await?;
    let collect = SessionCommand::Collect { session: asked.session, now: asked.now, again: HOUR };
    for turn in 0..3 {
        let held = backend.server(turn).update_session(user, &collect).await??;
        assert_eq!(held.session.collected, Some(asked.now));
    }
    let late = SessionCommand::Collect { session: asked.session, now: asked.now.plus(HOUR / 2), again: HOUR / 4 };
    assert!(backend.store().update_session(user, &late).await?.is_err());
    backend.store().update_session(user, &heartbeat(backend, asked.session, HOUR)).await??;
    assert!(backend.second_server().update_session(user, &collect).await?.is_err());
    Ok(())
});

on_every_backend!(of_simultaneous_closes_one_is_told, |backend| {
    for _round in 0..5 {
        let user = given::user(backend).await?;
        let asked = opening(backend, user);
        let held = opened(&backend.store(), &asked).await?;
        let closes = (0..32).map(|turn| {
            let (store, act) = (backend.server(turn), close(asked.session));
            tokio::spawn(async move { store.close_session(user, &act).await })
        });
        let mut told = 0;
        for closed in join_all(closes).await {
            told += usize::from(closed??.is_ok());
        }
        assert_eq!(told, 1);
        let report = ClosedSession { session: held.session.id, user: Some(user), why: CloseReason::ByApplication };
        assert_eq!(backend.reported(), [report]);
        assert!(!is_open(backend, user, asked.session).await?);
        assert!(backend.store().update_session(user, &heartbeat(backend, asked.session, HOUR)).await?.is_err());
    }
    Ok(())
});

on_every_backend!(a_directory_session_pushed_out_is_refused_when_the_opening_returns, |backend| {
    let user = given::user(backend).await?;
    let limits = Limits { directory_sessions_per_user: 2, ..LIMITS };
    let mut sessions = Vec::new();
    for turn in 0..4 {
        let asked = OpenSession { limits, ..opening(backend, user) };
        opened(&backend.server(turn), &asked).await?;
        sessions.push(asked.session);
        let mut open = 0;
        for session in &sessions {
            open += usize::from(is_open(backend, user, *session).await?);
        }
        assert_eq!(open, sessions.len().min(2));
        assert!(is_open(backend, user, asked.session).await?);
        backend.pass(Duration::from_millis(2)).await;
    }
    Ok(())
});

on_every_backend!(losing_a_right_or_a_scope_ends_what_it_opened, |backend| {
    let (store, user) = (backend.store(), entitled_user(backend).await?);
    let plain = opening(backend, user);
    let by_right = OpenSession { right: Right::Frontend, ..opening(backend, user) };
    let by_scope = OpenSession { app_claims: vec!["plans".into()], ..opening(backend, user) };
    for asked in [&plain, &by_right, &by_scope] {
        opened(&store, asked).await?;
    }
    let no_frontend = Rights { frontend: true, ..Rights::default() };
    let change = AccountChange::Rights { grant: Rights::default(), revoke: no_frontend };
    store.change_account(user, &change).await??;
    assert!(!is_open(backend, user, by_right.session).await?);
    assert!(is_open(backend, user, by_scope.session).await?);
    let change = AccountChange::Scopes(ListChange { add: Vec::new(), remove: vec!["plans".into()] });
    store.change_account(user, &change).await??;
    assert!(!is_open(backend, user, by_scope.session).await?);
    assert!(is_open(backend, user, plain.session).await?);
    Ok(())
});

on_every_backend!(what_ends_every_session_ends_directory_sessions, |backend| {
    let store = backend.store();
    for change in [Some(AccountChange::Disable), Some(AccountChange::LogOutEverywhere(CloseReason::ByAdmin)), None] {
        let (user, sign_on) = (given::user(backend).await?, given::digest());
        let asked = OpenSession { sign_on: Some((sign_on, HOUR)), ..opening(backend, user) };
        opened(&store, &asked).await?;
        match &change {
            Some(change) => assert!(store.change_account(user, change).await?.is_ok()),
            None => assert!(store.delete_account(user).await?.is_ok()),
        }
        assert!(!is_open(backend, user, asked.session).await?, "{change:?}");
        assert_eq!(backend.second_server().sign_on(sign_on).await?, None);
        assert!(store.update_session(user, &heartbeat(backend, asked.session, HOUR)).await?.is_err());
        assert!(store.close_session(user, &close(asked.session)).await?.is_err());
        let again = SessionCommand::Open(Box::new(OpenSession { session: SessionId(Uuid::new_v4()), ..asked }));
        assert!(store.update_session(user, &again).await?.is_err(), "proven before");
    }
    Ok(())
});

on_every_backend!(an_opening_racing_a_logout_everywhere_leaves_nothing_open, |backend| {
    for _round in 0..10 {
        let user = given::user(backend).await?;
        let openings: Vec<_> = (0..8).map(|_| opening(backend, user)).collect();
        let sessions: Vec<_> = openings.iter().map(|asked| asked.session).collect();
        let opens = openings.into_iter().enumerate().map(|(turn, asked)| {
            let store = backend.server(turn);
            tokio::spawn(async move { store.update_session(user, &SessionCommand::Open(Box::new(asked))).await })
        });
        let opens: Vec<_> = opens.collect();
        backend.second_server().change_account(user, &AccountChange::LogOutEverywhere(CloseReason::ByAdmin)).await??;
        for open in join_all(opens).await {
            let _opened_or_not = open??;
        }
        for session in sessions {
            assert!(!is_open(backend, user, session).await?);
        }
    }
    Ok(())
});

on_every_backend!(a_cross_token_of_a_directory_session_ends_with_it, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let asked = opening(backend, user);
    opened(&store, &asked).await?;
    let minted_by = SessionKey::Directory(asked.session);
    let mint = || MintCross {
        parent: CrossParent::Directory(asked.session),
        now: backend.now(),
        cross: (given::digest(), HOUR),
        limits: LIMITS,
    };
    let swap = |cross| {
        let grant = Grant::Cross(CrossGrant { digest: cross, minted_by: minted_by.clone() });
        Issue { grant, ..given::login(backend, &given::client()) }
    };
    let [spent, left] = [mint(), mint()];
    for mint in [&spent, &left] {
        store.mint_cross(user, mint).await??;
        let found = backend.second_server().cross_token(mint.cross.0).await?.ok_or("not found")?;
        assert_eq!((found.user, found.session), (user, Some(minted_by.clone())));
    }
    given::logged_in(&backend.second_server(), user, &swap(spent.cross.0)).await?;
    assert!(store.issue(user, &swap(spent.cross.0)).await?.is_err());
    store.close_session(user, &close(asked.session)).await??;
    assert!(backend.second_server().issue(user, &swap(left.cross.0)).await?.is_err());
    assert!(store.mint_cross(user, &mint()).await?.is_err());
    Ok(())
});
