//! Redis gone, slow, full, read-only, or forgetful: an answer within a second, never a wrong one, and well again soon.

use std::time::Duration;

use bimgate::domain::{AccountChange, CloseReason};
use bimgate::store::{Accounts as _, Health as _, Logins as _, Sessions as _, Tokens as _};
use futures_util::future::join_all;

use crate::backend::{Backend as _, run};
use crate::fixture::{SOON, here, patient, refusal};
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given, given_directory};

#[test]
fn a_redis_that_does_not_run_yet_is_waited_for() -> Outcome {
    run(async {
        let mut server = RedisServer::start();
        server.kill();
        let here = here(&server.url());
        assert_eq!(refusal(here.0.time()).await, "Redis refused the connection");
        server.restart();
        here.recovered().await;
        Ok(())
    })
}

#[test]
fn a_killed_redis_is_unavailable_and_serves_again_soon() -> Outcome {
    run(async {
        let mut server = RedisServer::start();
        let here = here(&server.url());
        let user = given::user(&here).await?;
        let login = here.logged_in(user).await?;
        for _ in 0..3 {
            server.kill();
            refusal(here.0.access_token(login.access.0)).await;
            refusal(here.0.issue(user, &given::login(&here, &given::client()))).await;
            server.restart();
            let took = here.recovered().await;
            assert!(took < SOON, "{took:?}");
            assert!(here.0.access_token(login.access.0).await?.is_some());
        }
        Ok(())
    })
}

#[test]
fn an_idle_connection_that_broke_is_not_noticed_by_the_caller() -> Outcome {
    run(async {
        let mut server = RedisServer::start();
        let here = here(&server.url());
        let user = given::user(&here).await?;
        server.kill();
        server.restart();
        assert!(here.0.account(user).await?.is_some());
        Ok(())
    })
}

#[test]
fn many_callers_open_one_connection() -> Outcome {
    run(async {
        let mut server = RedisServer::start();
        let here = here(&server.url());
        here.0.time().await?;
        server.kill();
        join_all((0..200).map(|_| refusal(here.0.time()))).await;
        server.restart();
        here.recovered().await;
        join_all((0..200).map(|_| here.0.time())).await;
        let stats = server.command("INFO stats");
        let opened = stats.split("total_connections_received:").nth(1).and_then(|rest| rest.lines().next());
        let opened: u32 = opened.ok_or("no such figure")?.parse()?;
        // The test's own questions whether it runs are connections, too.
        assert!(opened < 10, "{opened} connections");
        Ok(())
    })
}

#[test]
fn a_frozen_redis_is_asked_for_few_connections_however_the_callers_come() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = here(&server.url());
        let user = given::user(&here).await?;
        here.0.time().await?;
        server.freeze();
        // One after the other, and in each other's way: none has its whole time left when it comes to connect.
        let issues = (0..100).map(async |n| {
            here.pass(Duration::from_millis(10 * n)).await;
            refusal(here.0.issue(user, &given::login(&here, &given::client()))).await;
        });
        join_all(issues).await;
        server.thaw();
        let took = here.recovered().await;
        assert!(took < SOON, "{took:?}");
        let opened = server.info("total_connections_received");
        assert!(opened < 10, "{opened} connections");
        Ok(())
    })
}

#[test]
fn a_slow_redis_is_unavailable() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = here(&server.url());
        let user = given::user(&here).await?;
        server.command("CLIENT PAUSE 2000 ALL");
        assert_eq!(refusal(here.0.access_token(given::digest())).await, "Redis did not answer in time");
        refusal(here.0.account(user)).await;
        here.recovered().await;
        assert!(here.0.account(user).await?.is_some());
        Ok(())
    })
}

#[test]
fn a_redis_that_takes_no_writes_is_unavailable() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = here(&server.url());
        let user = given::user(&here).await?;
        let said = |told: String, code: &str| assert!(told.starts_with(code) && told.len() > code.len(), "{told}");
        let login = given::login(&here, &given::client());
        server.command("REPLICAOF 127.0.0.1 1");
        for told in [refusal(here.0.time()).await, refusal(here.0.issue(user, &login)).await] {
            said(told, "Redis answered READONLY");
        }
        server.command("REPLICAOF NO ONE");
        here.recovered().await;
        assert!(here.0.takes_logins().await?);
        server.command("CONFIG SET maxmemory 1");
        said(refusal(here.0.issue(user, &login)).await, "Redis answered OOM");
        assert!(!here.0.takes_logins().await?, "checks go on");
        server.command("CONFIG SET maxmemory 0");
        here.recovered().await;
        server.command("CONFIG SET replica-serve-stale-data no");
        server.command("REPLICAOF 127.0.0.1 1");
        let told = refusal(here.0.access_token(given::digest())).await;
        assert!(told.starts_with("Redis answered MASTERDOWN: "), "{told}");
        Ok(())
    })
}

#[test]
fn a_redis_that_is_full_ends_whatever_it_is_told_to() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = here(&server.url());
        let user = given_directory::entitled_user(&here).await?;
        let (revoked, closed, last) =
            (here.logged_in(user).await?, here.logged_in(user).await?, here.logged_in(user).await?);
        let session = given_directory::opening(&here, user);
        given_directory::opened(&here.store(), &session).await?;
        let (state, login) = (given::digest(), given_directory::pending(&here));
        here.0.begin_login(state, &login, given_directory::MANY).await?;
        server.command("CONFIG SET maxmemory 1");

        here.0.revoke(user, &given::revoke(&revoked.client, revoked.access.0)).await?;
        assert!(here.0.access_token(revoked.access.0).await?.is_none());
        here.0.close_session(user, &given::close_client(&closed.client)).await??;
        assert!(here.0.access_token(closed.access.0).await?.is_none());
        here.0.close_session(user, &given_directory::close(session.session)).await??;
        assert!(here.0.end_login(state, &login).await?);
        assert!(here.0.access_token(last.access.0).await?.is_some(), "checks go on");
        here.0.change_account(user, &AccountChange::LogOutEverywhere(CloseReason::ByAdmin)).await??;
        assert!(here.0.access_token(last.access.0).await?.is_none());
        here.0.delete_account(user).await??;
        Ok(())
    })
}

#[test]
fn forgotten_scripts_are_taught_again() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let user = given::user(&here).await?;
        for _ in 0..50 {
            let logins: Vec<_> = (0..4).map(|_| given::login(&here, &given::client())).collect();
            let issued = join_all(logins.iter().map(|login| here.0.issue(user, login)));
            let (issued, ()) = tokio::join!(issued, async {
                for _ in 0..4 {
                    server.command("SCRIPT FLUSH SYNC");
                    tokio::task::yield_now().await;
                }
            });
            for (issued, login) in issued.into_iter().zip(&logins) {
                issued??;
                here.0.revoke(user, &given::revoke(&login.client, login.access.0)).await?;
                assert!(here.0.access_token(login.access.0).await?.is_none());
            }
        }
        Ok(())
    })
}
