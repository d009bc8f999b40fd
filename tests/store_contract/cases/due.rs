//! `Upkeep::close_due`: what is due ends by itself, once, and nothing else does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bimgate::domain::{CloseReason, ClosedSession, OpenSession};
use futures_util::future::{join_all, try_join_all};

use crate::given::{self, HOUR};
use crate::given_directory::{close, ended, heartbeat, is_open, opened, opening, short};

/// Long enough to open a few sessions before it is over, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

on_every_backend!(a_session_without_a_heartbeat_ends_once, |backend| {
    let user = given::user(backend).await?;
    let (silent, lasting) = (short(backend, user, SHORT), opening(backend, user));
    for asked in [&silent, &lasting] {
        opened(&backend.store(), asked).await?;
    }
    backend.store().close_due().await?;
    assert_eq!(backend.reported(), []);
    backend.pass(SHORT).await;
    let held = backend.store().user_state(user).await?.ok_or("no user")?;
    assert_eq!(held.directory.keys().collect::<Vec<_>>(), [&lasting.session], "left out before it is removed");
    let expected = ClosedSession { session: silent.session, user: Some(user), why: CloseReason::NoHeartbeat };
    assert_eq!(ended(backend, 1).await?, [expected]);
    for store in [backend.store(), backend.second_server()] {
        store.close_due().await?;
        assert_eq!(backend.reported(), []);
        assert!(store.update_session(user, &heartbeat(backend, silent.session, HOUR)).await?.is_err());
        assert!(store.close_session(user, &close(silent.session)).await?.is_err(), "it is no longer there");
    }
    assert!(is_open(backend, user, lasting.session).await?);
    Ok(())
});

on_every_backend!(a_session_ends_at_its_end_of_life_whatever_heartbeats_come, |backend| {
    let user = given::user(backend).await?;
    let asked = opening(backend, user);
    let asked = OpenSession { end_of_life: asked.now.plus(SHORT), ..asked };
    opened(&backend.store(), &asked).await?;
    let held = backend.store().update_session(user, &heartbeat(backend, asked.session, HOUR)).await??;
    assert_eq!(held.session.deadline(), asked.end_of_life);
    backend.pass(SHORT).await;
    let expected = ClosedSession { session: asked.session, user: Some(user), why: CloseReason::EndOfLife };
    assert_eq!(ended(backend, 1).await?, [expected]);
    Ok(())
});

on_every_backend!(a_heartbeat_puts_the_end_off, |backend| {
    let user = given::user(backend).await?;
    let asked = short(backend, user, 3 * SHORT);
    opened(&backend.store(), &asked).await?;
    backend.store().update_session(user, &heartbeat(backend, asked.session, 6 * SHORT)).await??;
    backend.pass(3 * SHORT).await;
    for turn in 0..4 {
        backend.server(turn).close_due().await?;
        assert_eq!(backend.reported(), []);
    }
    assert!(is_open(backend, user, asked.session).await?);
    backend.pass(3 * SHORT).await;
    assert_eq!(ended(backend, 1).await?.len(), 1, "its timer was set anew");
    Ok(())
});

on_every_backend!(closing_what_was_closed_before_its_time_ends_nothing, |backend| {
    let (user, deleted) = (given::user(backend).await?, given::user(backend).await?);
    let asked = [short(backend, user, SHORT), short(backend, deleted, SHORT)];
    for asked in &asked {
        opened(&backend.store(), asked).await?;
    }
    backend.store().close_session(user, &close(asked[0].session)).await??;
    backend.store().delete_account(deleted).await??;
    assert_eq!(backend.reported().len(), 2, "as they ended");
    backend.pass(SHORT).await;
    for turn in 0..6 {
        backend.server(turn).close_due().await?;
        assert_eq!(backend.reported(), []);
    }
    Ok(())
});

on_every_backend!(more_than_one_call_takes_is_ended_by_the_next, |backend| {
    let mut users = Vec::new();
    for _user in 0..8 {
        users.push(given::user(backend).await?);
    }
    let openings: Vec<_> = (0..240).map(|turn| short(backend, users[turn % users.len()], 4 * SHORT)).collect();
    let store = backend.store();
    try_join_all(openings.iter().map(|asked| opened(&store, asked))).await?;
    backend.pass(4 * SHORT).await;
    let ended: BTreeSet<_> = ended(backend, openings.len()).await?.iter().map(|ended| ended.session).collect();
    assert_eq!(ended, openings.iter().map(|asked| asked.session).collect());
    Ok(())
});

// Three servers close, while half of the clients send a heartbeat at the last moment.
on_every_backend!(what_is_due_is_ended_once_and_never_after_an_acknowledged_heartbeat, |backend| {
    const STEP: Duration = Duration::from_millis(10);
    let user = given::user(backend).await?;
    let openings: Vec<_> = (0..30).map(|_| short(backend, user, 15 * STEP)).collect();
    let servers = [backend.store(), backend.second_server(), backend.store()];
    try_join_all(openings.iter().map(|asked| opened(&servers[0], asked))).await?;
    let (mut times_ended, mut kept) = (BTreeMap::new(), BTreeSet::new());
    for (turn, late) in openings.chunks(1).enumerate() {
        backend.pass(STEP).await;
        let beats = late.iter().map(|asked| {
            let (store, act) = (backend.server(turn), heartbeat(backend, asked.session, HOUR));
            tokio::spawn(async move { store.update_session(user, &act).await })
        });
        let beats: Vec<_> = beats.collect();
        let closers = servers.clone().map(|store| tokio::spawn(async move { store.close_due().await }));
        for closer in join_all(closers).await {
            closer??;
        }
        for ended in backend.reported() {
            *times_ended.entry(ended.session).or_insert(0) += 1;
        }
        for beat in join_all(beats).await {
            kept.extend(beat??.map(|held| held.session.id));
        }
    }
    let rest = openings.len() - kept.len() - times_ended.len();
    for ended in ended(backend, rest).await? {
        *times_ended.entry(ended.session).or_insert(0) += 1;
    }
    for asked in openings {
        let (times, kept) = (times_ended.get(&asked.session).copied(), kept.contains(&asked.session));
        assert_eq!(times, if kept { None } else { Some(1) });
        assert_eq!(is_open(backend, user, asked.session).await?, kept);
    }
    Ok(())
});
