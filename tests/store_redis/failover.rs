//! Sentinels replace the primary: nobody believes the old one any more, however long it believes in itself.
//!
//! The sentinels of these tests cannot demote the old primary, which they otherwise do some ten seconds after it is
//! back. So what a store does in that time can be asked as often as it takes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bimgate::domain::{ClientKey, TokenDigest, UserId};
use bimgate::settings::StoreSettings;
use bimgate::store::{Health as _, Sessions as _, Store, Tokens as _};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::backend::{Backend as _, run};
use crate::fixture::{Here, RECOVERY, here, patient, refusal, settings, with};
use crate::given::{self, client};
use crate::support::redis_sentinel::RedisSentinel;
use crate::support::redis_server::RedisServer;
use crate::support::wait::until;
use crate::{Outcome, given_directory};

/// How often every worker is asked: five of them log in less often than a user may have sessions.
const ROUNDS: usize = 40;

/// A token and a cross token of one session, which every worker has seen and the replica has.
struct Login {
    user: UserId,
    client: ClientKey,
    access: TokenDigest,
    cross: TokenDigest,
}

impl Login {
    async fn prepare(servers: &RedisSentinel, here: &Here, workers: &[Arc<dyn Store>]) -> given::Result<Self> {
        let user = given::user(here).await?;
        let login = here.logged_in(user).await?;
        let mint = given::mint(here, &login.client, login.access.0);
        let _ = here.0.mint_cross(user, &mint).await?;
        for worker in workers {
            assert!(given::usable(worker, login.access.0).await?);
        }
        servers.replicate();
        Ok(Self { user, client: login.client, access: login.access.0, cross: mint.cross.0 })
    }

    /// Swaps the cross token, and closes the session that minted it.
    async fn end(&self, here: &Here) -> Outcome {
        assert!(self.swap(here, &here.store()).await, "the first swap wins");
        here.0.close_session(self.user, &given::close_client(&self.client)).await??;
        Ok(())
    }

    async fn swap(&self, here: &Here, worker: &Arc<dyn Store>) -> bool {
        let swap = given::swap(here, self.cross, &self.client, &client());
        given::logged_in(worker, self.user, &swap).await.is_ok()
    }
}

#[test]
fn a_failover_is_followed() -> Outcome {
    run(async {
        let mut servers = RedisSentinel::start();
        let here = here(&servers.url());
        let user = given::user(&here).await?;
        let login = here.logged_in(user).await?;
        servers.replicate();
        servers.primary.kill();
        refusal(here.0.time()).await;
        here.recovered().await;
        assert!(servers.replica.command("ROLE").contains("master"));
        assert!(here.0.access_token(login.access.0).await?.is_some());
        let warnings = here.0.warnings().await?;
        assert!(warnings.iter().any(|warning| warning.contains("failover")), "{warnings:?}");
        Ok(())
    })
}

/// What was done in the last moments before a failover may be lost, but not a part of it.
#[test]
fn a_failover_keeps_or_loses_an_act_whole() -> Outcome {
    run(async {
        let mut servers = RedisSentinel::start();
        let here = patient(&servers.url());
        let mut users = Vec::new();
        for _ in 0..8 {
            users.push(given::user(&here).await?);
        }
        servers.replicate();
        // Each user logs in, and out again every other time, until nothing is answered any more.
        let acts = users.iter().map(async |&user| {
            let mut tokens = Vec::new();
            for turn in 0.. {
                let login = given::login(&here, &client());
                tokens.push(login.access.0);
                let opening = given_directory::opening(&here, user);
                let issued = here.0.issue(user, &login).await.is_ok();
                if !issued || given_directory::opened(&here.store(), &opening).await.is_err() {
                    break;
                }
                let close = given::close_client(&login.client);
                if turn % 2 == 0 && here.0.close_session(user, &close).await.is_err() {
                    break;
                }
            }
            tokens
        });
        let kill = async {
            here.pass(Duration::from_millis(300)).await;
            servers.primary.kill();
        };
        let (tokens, ()) = tokio::join!(join_all(acts), kill);
        here.recovered().await;
        let mut open = 0;
        for (user, tokens) in users.into_iter().zip(tokens) {
            let state = here.0.user_state(user).await?.ok_or("nobody")?;
            let held = state.clients.values().flat_map(|session| &session.access).map(|token| token.digest);
            let held: HashSet<_> = held.collect();
            for token in tokens {
                assert_eq!(here.0.access_token(token).await?.is_some(), held.contains(&token));
            }
            open += state.directory.len();
        }
        assert_eq!(servers.replica.command("ZCARD test:due:{o6}"), format!(":{open}\r\n"), "each has a timer");
        Ok(())
    })
}

#[test]
fn a_primary_that_stood_still_past_its_failover_is_not_believed() -> Outcome {
    run(async {
        let servers = RedisSentinel::start_with(3);
        servers.keep_primary();
        let (here, idle) = (here(&servers.url()), here(&servers.url()));
        // Four workers of one server, and another server: all have a connection, and none is used during the failover.
        let workers: Vec<_> = (0..4).map(|_| here.store()).chain([idle.store()]).collect();
        let login = Login::prepare(&servers, &here, &workers).await?;
        servers.primary.freeze();
        servers.wait_until_replaced();
        here.recovered().await;
        login.end(&here).await?;
        servers.primary.thaw();
        let (mut answered, mut believed, mut won, mut acknowledged) = (0, 0, 0, Vec::new());
        for _ in 0..ROUNDS {
            for worker in &workers {
                match given::usable(worker, login.access).await {
                    Ok(true) => believed += 1,
                    Ok(false) => answered += 1,
                    Err(_) => {}
                }
                won += usize::from(login.swap(&here, worker).await);
                let later = given::login(&here, &client());
                if given::logged_in(worker, login.user, &later).await.is_ok() {
                    acknowledged.push(later.access.0);
                }
            }
        }
        let mut lost = 0;
        for token in &acknowledged {
            lost += usize::from(here.0.access_token(*token).await?.is_none());
        }
        assert_eq!((believed, won, lost), (0, 0, 0), "tokens believed, cross tokens won, logins lost");
        assert!(answered > 0 && !acknowledged.is_empty(), "{answered} answers, {} logins", acknowledged.len());
        assert!(servers.primary.command("ROLE").contains("master"), "it still believes in itself");
        Ok(())
    })
}

#[test]
fn an_answer_that_comes_after_a_failover_is_not_believed() -> Outcome {
    run(async {
        let servers = RedisSentinel::start_with(3);
        servers.keep_primary();
        let (waits, acts) = (patient(&servers.url()), here(&servers.url()));
        let login = Login::prepare(&servers, &waits, &[waits.store()]).await?;
        servers.primary.freeze();
        // It lies in the old primary's buffer until that goes on.
        let check = tokio::spawn(async move { waits.0.access_token(login.access).await });
        servers.wait_until_replaced();
        acts.recovered().await;
        login.end(&acts).await?;
        servers.primary.thaw();
        let answer = check.await?;
        assert!(!matches!(answer, Ok(Some(_))), "{answer:?}");
        Ok(())
    })
}

#[test]
fn a_primary_that_is_replaced_while_it_is_well_is_left_by_all() -> Outcome {
    run(async {
        let servers = RedisSentinel::start_with(3);
        servers.keep_primary();
        let (here, other) = (here(&servers.url()), here(&servers.url()));
        let workers: Vec<_> = (0..4).map(|_| here.store()).collect();
        let login = Login::prepare(&servers, &here, &workers).await?;
        servers.fail_over();
        other.recovered().await;
        login.end(&other).await?;
        let all_left = async {
            let mut left = 0;
            while left < workers.len() {
                left = 0;
                for worker in &workers {
                    left += usize::from(given::usable(worker, login.access).await.is_ok_and(|usable| !usable));
                }
            }
        };
        timeout(RECOVERY, all_left).await?;
        Ok(())
    })
}

#[test]
fn what_ends_counts_only_when_a_replica_has_it() -> Outcome {
    run(async {
        let primary = RedisServer::start();
        let address = primary.host_and_port().replace(':', " ");
        let (host, port) = address.split_once(' ').ok_or("host and port")?;
        let replica = RedisServer::start_with(&["--replicaof", host, port]);
        until("the replica follows", RECOVERY, || {
            replica.command("INFO replication").contains("master_link_status:up").then_some(())
        });
        let settings = settings(&primary.url());
        let here = with(&StoreSettings { wait_replicas: 1, timeout_ms: Duration::from_secs(6), ..settings });
        let user = given::user(&here).await?;
        let login = here.logged_in(user).await?;
        replica.freeze();
        let close = given::close_client(&login.client);
        let (closed, check) = tokio::join!(here.0.close_session(user, &close), here.0.access_token(login.access.0));
        let why = closed.err().ok_or("no replica has it")?.to_string();
        assert!(why.contains("store.wait_replicas"), "{why}");
        check?;
        replica.thaw();
        let login = here.logged_in(user).await?;
        here.0.close_session(user, &given::close_client(&login.client)).await??;
        Ok(())
    })
}
