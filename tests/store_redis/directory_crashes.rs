//! Crashes between the steps of the directory session API: no session without a timer, no subject lost, no client left
//! waiting.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bimgate::domain::{NativeLogin, SessionCommand, SessionId, Timestamp, UserId};
use bimgate::store::{Logins as _, Upkeep as _};
use futures_util::future::try_join_all;

use crate::backend::{Backend as _, run};
use crate::crashes::{WAITS, crash_after, run_crashing, swept};
use crate::fixture::{Here, patient};
use crate::given_directory::{MANY, link, opened, opening_of, pending, short, subject};
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given};

/// The timers of the shard that all users here are of.
const DUE: &str = "test:due:{o6}";
/// How long sessions live that are to end.
const SHORT: Duration = Duration::from_millis(1200);

/// Makes everything in a sorted set past, also timers that someone has taken.
fn make_past(server: &RedisServer, key: &str) -> Outcome {
    let mut connection = redis::Client::open(server.url())?.get_connection()?;
    let entries: Vec<Vec<u8>> = redis::cmd("ZRANGE").arg(key).arg(0).arg(-1).query(&mut connection)?;
    for entry in entries {
        redis::cmd("ZADD").arg(key).arg("XX").arg(1).arg(entry).exec(&mut connection)?;
    }
    Ok(())
}

/// Closes what is due until no timer is left. What ended meanwhile.
async fn all_ended(server: &RedisServer, here: &Here) -> given::Result<Vec<SessionId>> {
    let began = Instant::now();
    while server.command(&format!("EXISTS {DUE}")) != ":0\r\n" {
        assert!(began.elapsed() < Duration::from_secs(20), "timers are left over");
        make_past(server, DUE)?;
        here.store().close_due().await?;
    }
    Ok(here.reported().into_iter().map(|ended| ended.session).collect())
}

/// Whether none of these is open, due or not.
async fn none_is_left(here: &Here, sessions: &[(UserId, SessionId)]) -> given::Result<bool> {
    let found = |&(user, session)| {
        let store = here.store();
        async move { store.directory_session(user, session, Timestamp::default()).await }
    };
    Ok(try_join_all(sessions.iter().map(found)).await?.iter().all(Option::is_none))
}

#[test]
fn an_opening_that_crashed_leaves_no_session_that_never_ends() -> Outcome {
    run_crashing(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let user = given::user(&here).await?;
        let (mut interrupted, mut asked_for) = (0, Vec::new());
        // Whether a command that was under way still arrives is chance, so every point has some turns.
        for waits in (0..WAITS).cycle().take(3 * WAITS) {
            let asked = short(&here, user, SHORT);
            let act = SessionCommand::Open(Box::new(asked.clone()));
            interrupted += usize::from(crash_after(waits, here.store().update_session(user, &act)).await.is_none());
            asked_for.push((user, asked.session));
        }
        assert!(interrupted > 4, "{interrupted} crashes");
        here.pass(SHORT).await;
        let ended = all_ended(&server, &here).await?;
        assert_eq!(ended.iter().collect::<BTreeSet<_>>().len(), ended.len(), "each once");
        assert!(none_is_left(&here, &asked_for).await?);
        Ok(())
    })
}

#[test]
fn a_closing_of_what_is_due_that_crashed_is_finished_by_the_next() -> Outcome {
    run_crashing(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let (mut told, mut crashes) = (Vec::new(), 0);
        for waits in 0..WAITS {
            let mut sessions = Vec::new();
            for _ in 0..2 {
                let user = given::user(&here).await?;
                // Two of one user are in each other's way.
                for _ in 0..2 {
                    let asked = short(&here, user, SHORT);
                    opened(&here.store(), &asked).await?;
                    sessions.push((user, asked.session));
                }
            }
            here.pass(SHORT).await;
            let interrupted = crash_after(waits, here.store().close_due()).await;
            crashes += usize::from(interrupted.is_none());
            let done = interrupted.is_some();
            interrupted.transpose()?;
            told.extend(all_ended(&server, &here).await?);
            assert!(none_is_left(&here, &sessions).await?);
            if done {
                assert!(sessions.iter().all(|(_, session)| told.contains(session)));
                break;
            }
        }
        assert!(crashes > 1, "{crashes} points to crash at");
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len(), "each once");
        Ok(())
    })
}

#[test]
fn a_link_that_crashed_leaves_the_subject_free() -> Outcome {
    run_crashing(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let store = here.store();
        let mut links = Vec::new();
        for waits in 0..WAITS {
            let (user, subject) = (given::user(&here).await?, subject());
            if crash_after(waits, here.store().change_account(user, &link(&subject))).await.is_some() {
                break;
            }
            links.push((user, subject));
        }
        assert!(links.len() > 1, "{} points to crash at", links.len());
        for (first, subject) in links {
            let (second, link, began) = (given::user(&here).await?, link(&subject), Instant::now());
            let bimgate::domain::AccountChange::Link { subject, .. } = &link else { panic!("a link") };
            let owner = loop {
                let linked = store.account(first).await?.ok_or("nobody")?.profile.subject.is_some();
                match store.change_account(second, &link).await? {
                    Ok(_) => break second,
                    Err(_) if linked => break first,
                    Err(_) => assert!(began.elapsed() < Duration::from_secs(15), "the subject is not freed"),
                }
                here.pass(Duration::from_millis(100)).await;
            };
            let found = store.account_by_subject(&subject.issuer, &subject.subject).await?;
            assert_eq!(found.map(|account| account.id), Some(owner));
            assert!(owner == first || store.account(first).await?.is_some_and(|first| first.profile.subject.is_none()));
        }
        Ok(())
    })
}

#[test]
fn a_claim_on_a_subject_that_nobody_has_is_swept() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let mut connection = redis::Client::open(server.url())?.get_connection()?;
        let (user, kept) = (given::user(&here).await?, subject());
        here.store().change_account(user, &link(&kept)).await??;
        let abandoned = [user.0.as_bytes(), b"1".as_slice()].concat();
        redis::cmd("SET").arg("test:p:0123456789abcdef").arg(abandoned).exec(&mut connection)?;
        swept(&server, &here, "EXISTS test:p:0123456789abcdef").await?;
        let found = here.store().account_by_subject("https://id.example.org", &kept).await?;
        assert_eq!(found.map(|account| account.id), Some(user));
        Ok(())
    })
}

#[test]
fn a_native_client_whose_login_crashed_on_its_way_to_be_complete_is_told() -> Outcome {
    run_crashing(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let user = given::user(&here).await?;
        let mut crashes = 0;
        for waits in 0..WAITS {
            let (state, login) = (given::digest(), pending(&here));
            let native = login.native.ok_or("none")?;
            here.0.begin_login(state, &login, MANY).await?;
            let open = opening_of(&here, &login, user);
            let done = crash_after(waits, here.store().complete(state, &login, &open)).await;
            crashes += usize::from(done.is_none());
            let began = Instant::now();
            while here.0.native_login(native).await? == Some(NativeLogin::Pending) {
                assert!(began.elapsed() < Duration::from_secs(20), "it waits for ever");
                make_past(&server, "test:logins:{l}")?;
                here.0.close_due().await?;
            }
        }
        assert!(crashes > 1, "{crashes} points to crash at");
        Ok(())
    })
}
