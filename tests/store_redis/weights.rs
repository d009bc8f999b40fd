//! What must not weigh more for some than for others, nor more with all that lies in Redis.

use std::collections::HashSet;

use bimgate::domain::Account;
use bimgate::store::{Accounts as _, Creation, Sessions as _};

use crate::backend::run;
use crate::fixture::here;
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given};

#[test]
fn finding_a_user_with_many_sessions_weighs_little_more_than_finding_nobody() -> Outcome {
    const TIMES: u64 = 100;
    run(async {
        let server = RedisServer::start();
        let here = here(&server.url());
        let (known, unknown) = (given::account(&here), given::account(&here));
        here.0.create_accounts(std::slice::from_ref(&known)).await?;
        for _ in 0..100 {
            here.0.issue(known.id, &given::login(&here, &given::client())).await?.ok_or("refused")?;
        }
        let mut sent = Vec::new();
        for account in [&unknown, &known] {
            let before = server.info("total_net_output_bytes");
            for _ in 0..TIMES {
                let found = here.0.account_by_email(&account.email).await?;
                assert_eq!(found.is_some(), account.id == known.id);
            }
            sent.push((server.info("total_net_output_bytes") - before) / TIMES);
        }
        assert!(sent[1] < sent[0] + 2048, "{sent:?} bytes");
        Ok(())
    })
}

#[test]
fn an_account_longer_than_most_is_read_whole() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = here(&server.url());
        for length in [700, 800, 850, 900, 950, 1000, 5000] {
            let account = Account { name: "n".repeat(length).into(), ..given::account(&here) };
            assert_eq!(here.0.create_accounts(std::slice::from_ref(&account)).await?, [Creation::Created]);
            assert_eq!(here.0.account(account.id).await?, Some(account));
        }
        Ok(())
    })
}

#[test]
fn a_few_users_are_listed_among_very_many_tokens() -> Outcome {
    run(async {
        let server = RedisServer::start_with(&["--enable-debug-command", "local"]);
        let here = here(&server.url());
        let mut users = HashSet::new();
        for _ in 0..3 {
            users.insert(given::user(&here).await?);
        }
        assert!(server.command("DEBUG POPULATE 1000000 test:t 8").starts_with("+OK"));
        let (mut after, mut pages) = (None, 0);
        loop {
            let page = here.0.accounts(after.as_deref(), 100).await?;
            pages += 1;
            for account in page.items {
                assert!(users.remove(&account.id), "each once");
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(users.is_empty() && pages > 1, "{} not found on {pages} pages", users.len());
        Ok(())
    })
}
