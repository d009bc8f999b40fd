//! Decisions about native logins are heard, or it is told that some may have been missed, whatever becomes of the
//! connection.

use std::time::Duration;

use bimgate::domain::TokenDigest;
use bimgate::settings::{Secret, StoreSettings};
use bimgate::store::{Health as _, Logins as _};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::time::timeout;

use crate::backend::run;
use crate::cut_line::CutLine;
use crate::fixture::{Here, RECOVERY, here, patient, refusal, settings, with};
use crate::given_directory::{MANY, pending};
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_sentinel::RedisSentinel;
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given};

type Decisions = BoxStream<'static, Option<TokenDigest>>;

/// Begins to listen, and is told first that some may have been missed before.
async fn listening(here: &Here) -> given::Result<Decisions> {
    let mut decisions = here.0.decisions();
    assert_eq!(heard(&mut decisions).await?, None);
    Ok(decisions)
}

/// What is heard next.
async fn heard(decisions: &mut Decisions) -> given::Result<Option<TokenDigest>> {
    Ok(timeout(RECOVERY, decisions.next()).await?.ok_or("it never ends")?)
}

async fn decide(here: &Here) -> given::Result<TokenDigest> {
    let (state, login) = (given::digest(), pending(here));
    here.0.begin_login(state, &login, MANY).await?;
    assert!(here.0.end_login(state, &login).await?);
    Ok(login.native.ok_or("none")?)
}

/// A server that hears, and one that decides.
async fn is_heard(decisions: &mut Decisions, by: &Here) -> Outcome {
    let native = decide(by).await?;
    assert_eq!(heard(decisions).await?, Some(native));
    Ok(())
}

#[test]
fn a_decision_of_one_server_wakes_the_other() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let (hears, decides) = (patient(&server.url()), patient(&server.url()));
        let mut decisions = listening(&hears).await?;
        for _ in 0..3 {
            is_heard(&mut decisions, &decides).await?;
            is_heard(&mut decisions, &hears).await?;
        }
        Ok(())
    })
}

#[test]
fn decisions_of_another_prefix_are_not_heard() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let hears = here(&server.url());
        let other = with(&StoreSettings { key_prefix: "other:".into(), ..settings(&server.url()) });
        let mut decisions = listening(&hears).await?;
        decide(&other).await?;
        is_heard(&mut decisions, &hears).await
    })
}

#[test]
fn a_decision_that_was_missed_on_a_silent_line_is_found() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let line = CutLine::to(server.host_and_port().parse()?).await?;
        let (hears, decides) = (here(&format!("redis://{}", line.address)), here(&server.url()));
        let mut decisions = listening(&hears).await?;
        is_heard(&mut decisions, &decides).await?;
        // The line dies without a word: only that nothing answers shows it.
        let cut = line.cut_after(vec!["PING".into()]);
        let (missed, next) = tokio::join!(
            async {
                timeout(RECOVERY, cut.arrived).await??;
                decide(&decides).await
            },
            heard(&mut decisions)
        );
        assert_eq!(next?, None, "some may have been missed");
        assert!(decides.0.native_login(missed?).await?.is_some());
        is_heard(&mut decisions, &decides).await?;
        drop(cut.go_on);
        Ok(())
    })
}

#[test]
fn a_redis_that_was_gone_is_listened_to_again() -> Outcome {
    run(async {
        let mut server = RedisServer::start();
        server.kill();
        let here = here(&server.url());
        let mut decisions = here.0.decisions();
        assert!(timeout(Duration::from_millis(300), decisions.next()).await.is_err(), "it waits for Redis");
        for _ in 0..2 {
            server.restart();
            here.recovered().await;
            assert_eq!(heard(&mut decisions).await?, None);
            is_heard(&mut decisions, &here).await?;
            server.kill();
        }
        Ok(())
    })
}

#[test]
fn a_failover_is_followed_by_who_listens() -> Outcome {
    run(async {
        let mut servers = RedisSentinel::start();
        let here = here(&servers.url());
        let mut decisions = listening(&here).await?;
        is_heard(&mut decisions, &here).await?;
        servers.primary.kill();
        let (next, _) = tokio::join!(heard(&mut decisions), here.recovered());
        assert_eq!(next?, None, "some may have been missed");
        is_heard(&mut decisions, &here).await
    })
}

#[test]
fn a_primary_that_is_replaced_while_it_is_well_is_not_listened_to() -> Outcome {
    run(async {
        let servers = RedisSentinel::start_with(3);
        servers.keep_primary();
        let (hears, decides) = (patient(&servers.url()), patient(&servers.url()));
        let mut decisions = listening(&hears).await?;
        is_heard(&mut decisions, &decides).await?;
        servers.fail_over();
        // What is decided before it listens to the new primary is missed, and it is told so.
        assert_eq!(heard(&mut decisions).await?, None);
        is_heard(&mut decisions, &decides).await
    })
}

#[test]
fn one_server_of_a_cluster_hears_of_all_and_another_takes_its_place() -> Outcome {
    run(async {
        let cluster = RedisCluster::start();
        let here = here(&cluster.url());
        let mut decisions = listening(&here).await?;
        let mut decided = Vec::new();
        for _ in 0..3 {
            decided.push(decide(&here).await?);
            // What one server was told may reach another only after we began to listen there: it is heard once more.
            while let again = heard(&mut decisions).await?.ok_or("nothing was missed")?
                && Some(&again) != decided.last()
            {
                assert!(decided.contains(&again));
            }
            for master in &cluster.masters {
                master.command("CLIENT KILL TYPE pubsub");
            }
            assert_eq!(heard(&mut decisions).await?, None);
        }
        Ok(())
    })
}

#[test]
fn an_acl_user_needs_a_right_to_the_channel() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let rules = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/redis.toml"))?;
        let rule = rules.lines().skip_while(|line| !line.starts_with("#   ACL "));
        let rule = rule.map_while(|line| line.strip_prefix("#   ")).collect::<String>().replace("bimgate:", "test:");
        assert_eq!(server.command(&rule.replace("&test:*", "")), "+OK\r\n");
        let mut settings = settings(&server.url());
        settings.username = Some("bimgate".into());
        settings.password = Some(Secret::from("password".to_owned()));
        let here = with(&settings);
        let channel = |warnings: Vec<String>| warnings.iter().any(|warning| warning.contains("native clients"));
        assert!(channel(here.0.warnings().await?), "it is warned of");
        let (state, login) = (given::digest(), pending(&here));
        here.0.begin_login(state, &login, MANY).await?;
        refusal(here.0.end_login(state, &login)).await;
        server.command(&rule);
        assert!(!channel(here.0.warnings().await?));
        let mut decisions = listening(&here).await?;
        is_heard(&mut decisions, &here).await
    })
}
