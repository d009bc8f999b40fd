//! The ways to a server: by password, by TLS, by Sentinel, by Cluster.

use std::net::TcpListener;

use bimgate::domain::{Account, Issue, TokenValue, UserId};
use bimgate::settings::Secret;
use bimgate::store::{Accounts as _, Health as _, Sessions as _, Tokens as _, Upkeep as _};
use uuid::Uuid;

use crate::backend::{Backend as _, run};
use crate::fixture::{here, refusal, settings, with};
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given};

const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls");

#[test]
fn an_acl_user_needs_the_right_password() -> Outcome {
    run(async {
        let server = RedisServer::start();
        server.command("ACL SETUSER app on >open-sesame ~test:* +@all -@admin -@dangerous +info");
        let mut settings = settings(&server.url());
        settings.username = Some("app".into());
        for wrong in ["shut-sesame", ""] {
            settings.password = Some(Secret::from(wrong.to_owned()));
            let why = refusal(with(&settings).0.time()).await;
            assert!(!why.contains("sesame"), "{why}");
        }
        settings.password = Some(Secret::from("open-sesame".to_owned()));
        let here = with(&settings);
        let user = given::user(&here).await?;
        let login = here.logged_in(user).await?;
        assert!(here.0.close_session(user, &given::close_client(&login.client)).await?.is_ok());
        here.0.sweep().await?;
        let warnings = here.0.warnings().await?;
        assert!(warnings.iter().any(|warning| warning.contains("could not be checked")), "{warnings:?}");
        Ok(())
    })
}

#[test]
fn tls_is_spoken_to_a_server_that_the_authority_vouches_for() -> Outcome {
    run(async {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (certificate, key) = (format!("{TLS}/server.pem"), format!("{TLS}/server-key.pem"));
        let authority = format!("{TLS}/authority.pem");
        let options = ["--tls-port", &port.to_string(), "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let options = [&options[..], &["--tls-auth-clients", "no", "--tls-ca-cert-file", &authority]].concat();
        let _server = RedisServer::start_with(&options);
        let mut settings = settings(&format!("rediss://localhost:{port}"));
        refusal(with(&settings).0.time()).await;
        settings.tls_ca_file = Some(authority);
        let here = with(&settings);
        let user = given::user(&here).await?;
        assert!(here.0.account(user).await?.is_some());
        Ok(())
    })
}

#[test]
fn what_redis_may_lose_is_warned_of() -> Outcome {
    run(async {
        let options = ["--appendonly", "no", "--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"];
        let server = RedisServer::start_with(&options);
        let [evicts, forgets] = &here(&server.url()).0.warnings().await?[..] else { panic!("two warnings") };
        assert!(evicts.contains("allkeys-lru") && forgets.contains("appendonly"), "{evicts}; {forgets}");
        let conf = concat!(env!("CARGO_MANIFEST_DIR"), "/config/redis.conf");
        let mut options = Vec::new();
        let text = std::fs::read_to_string(conf)?;
        for (name, value) in text.lines().filter_map(|line| line.split_once(' ')) {
            if matches!(name, "appendonly" | "appendfsync" | "maxmemory" | "maxmemory-policy") {
                options.extend([format!("--{name}"), value.to_owned()]);
            }
        }
        let options: Vec<_> = options.iter().map(String::as_str).collect();
        let server = RedisServer::start_with(&options);
        assert_eq!(here(&server.url()).0.warnings().await?, [""; 0]);
        Ok(())
    })
}

#[test]
fn a_cluster_serves_again_when_a_master_is_back() -> Outcome {
    run(async {
        let mut cluster = RedisCluster::start();
        let here = here(&cluster.url());
        let mut logins = Vec::new();
        // Of many shards, and so on every server.
        for id in 0..16 {
            let account = Account { id: UserId(Uuid::from_u128(id)), ..given::account(&here) };
            here.0.create_accounts(std::slice::from_ref(&account)).await?;
            let access = (TokenValue::draw_for(account.id)?.digest(), given::HOUR);
            let login = Issue { access, ..given::login(&here, &given::client()) };
            given::logged_in(&here.store(), account.id, &login).await?;
            logins.push(login);
        }
        cluster.masters[2].kill();
        let mut refused = 0;
        for login in &logins {
            if here.0.access_token(login.access.0).await.is_err() {
                refused += 1;
            }
        }
        assert!(refused < logins.len(), "what lies on the others is served");
        cluster.masters[2].restart();
        cluster.wait_until_whole();
        here.recovered().await;
        for login in &logins {
            assert!(here.0.access_token(login.access.0).await?.is_some());
        }
        Ok(())
    })
}
