//! A crash between any two steps of an act: nothing usable is left that should not be, and a sweep finishes the rest.
//!
//! A crash is an act's future dropped at one of the points where it waits; every point has its turn.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bimgate::domain::{AccountChange, ClientKey, Timestamp, TokenDigest, UserId};
use bimgate::store::{Bucket, Creation, Store};

use crate::backend::{Backend as _, run};
use crate::fixture::{Here, patient};
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given};

/// What `act` gives, or `None` if it was dropped when it waited once more after `waits` times.
pub async fn crash_after<T>(waits: usize, act: impl Future<Output = T>) -> Option<T> {
    let mut act = pin!(act);
    let mut left = waits;
    std::future::poll_fn(|context| match act.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Longer than an act ever waits.
pub const WAITS: usize = 40;

/// The tokens that the user's sessions know.
async fn held(store: &Arc<dyn Store>, user: UserId) -> given::Result<HashSet<TokenDigest>> {
    let holdings = store.user_state(user).await?;
    let sessions = holdings.iter().flat_map(|holdings| holdings.clients.values());
    Ok(sessions.flat_map(|session| &session.access).map(|handle| handle.digest).collect())
}

/// Sweeps as servers do until Redis counts none by this command.
pub async fn swept(server: &RedisServer, here: &Here, count: &str) -> Outcome {
    let began = Instant::now();
    while server.command(count) != ":0\r\n" {
        assert!(began.elapsed() < Duration::from_secs(30), "left over: {count}");
        here.store().sweep().await?;
        here.pass(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Ways to end a login.
async fn end(
    way: usize,
    store: Arc<dyn Store>,
    user: UserId,
    client: ClientKey,
    token: TokenDigest,
) -> given::Result<()> {
    match way {
        0 => store.revoke(user, &given::revoke(&client, token)).await?,
        1 => drop(store.close_session(user, &given::close_client(&client)).await?),
        2 => drop(store.change_account(user, &AccountChange::Disable).await?),
        _ => drop(store.delete_account(user).await?),
    }
    Ok(())
}

#[test]
fn an_ending_that_crashed_leaves_no_usable_token_without_a_session() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let (mut logins, mut interrupted) = (Vec::new(), 0);
        for way in 0..4 {
            for waits in 0..WAITS {
                let (user, client) = (given::user(&here).await?, given::client());
                let login = given::login(&here, &client);
                given::logged_in(&here.store(), user, &login).await?;
                let token = login.access.0;
                let ended = crash_after(waits, end(way, here.store(), user, client, token)).await;
                if ended.is_some() {
                    assert!(!given::usable(&here.store(), token).await?, "acknowledged, in way {way}");
                    break;
                }
                interrupted += 1;
                logins.push((user, token));
            }
        }
        assert!(interrupted > 16, "{interrupted} points to crash at");
        swept(&server, &here, "ZCARD test:closing").await?;
        for (user, token) in logins {
            let held = held(&here.store(), user).await?.contains(&token);
            assert_eq!(given::usable(&here.store(), token).await?, held);
        }
        assert_eq!(server.command("KEYS test:k:*"), "*0\r\n");
        Ok(())
    })
}

#[test]
fn a_swap_that_crashed_is_undone_or_done_but_never_half() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let mut interrupted = 0;
        for waits in 0..WAITS {
            let (user, minter, client) = (given::user(&here).await?, given::client(), given::client());
            let store = here.store();
            let login = given::login(&here, &minter);
            given::logged_in(&store, user, &login).await?;
            let mint = given::mint(&here, &minter, login.access.0);
            store.mint_cross(user, &mint).await??;
            let [first, second] = [(); 2].map(|()| given::swap(&here, mint.cross.0, &minter, &client));
            let swapped = crash_after(waits, here.store().issue(user, &first)).await;
            let again = store.issue(user, &second).await?.is_ok();
            let held = held(&store, user).await?;
            assert!(!again || !held.contains(&first.access.0), "the cross token was spent twice");
            assert!(held.contains(&first.access.0) || !given::usable(&store, first.access.0).await?);
            if swapped.is_some() {
                break;
            }
            interrupted += 1;
        }
        assert!(interrupted > 2, "{interrupted} points to crash at");
        Ok(())
    })
}

#[test]
fn a_token_written_late_does_not_live() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let store = here.store();
        let (user, client) = (given::user(&here).await?, given::client());
        let mut late = None;
        // Whether a command that was under way still arrives is chance, so every point has many turns.
        for waits in (0..WAITS).cycle().take(50 * WAITS) {
            let login = given::login(&here, &client);
            if crash_after(waits, here.store().issue(user, &login)).await.is_none()
                && held(&store, user).await?.contains(&login.access.0)
                && !given::usable(&store, login.access.0).await?
            {
                late = Some(login.access.0);
                break;
            }
        }
        let late = late.ok_or("no crash came between a session and its token")?;
        assert!(store.close_session(user, &given::close_client(&client)).await?.is_ok());

        let mut connection = redis::Client::open(server.url())?.get_connection()?;
        let script = redis::Script::new(include_str!("../../src/store/redis/scripts/put_token.lua"));
        let mut write = |digest: TokenDigest, latest: u64| {
            let key = [b"test:t:".as_slice(), &digest.0].concat();
            let expiry = here.now().plus(given::HOUR).millis();
            script.key(key).arg("a record").arg(expiry).arg(latest).invoke::<i64>(&mut connection)
        };
        let soon = here.now().plus(Duration::from_secs(30)).millis();
        assert_eq!(write(late, soon)?, 0, "a tombstone is in its place");
        assert_eq!(write(given::digest(), here.now().millis() - 1)?, -1, "too late");
        assert!(!given::usable(&store, late).await?);
        Ok(())
    })
}

#[test]
fn what_is_to_be_killed_is_not_noted_when_its_mark_may_be_gone() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let mut connection = redis::Client::open(server.url())?.get_connection()?;
        let script = redis::Script::new(include_str!("../../src/store/redis/scripts/commit.lua"));
        let now = patient(&server.url()).now();
        let mut commit = |latest: Timestamp| {
            let mut call = script.key("u:{x}");
            call.key("k:{x}").arg("").arg("12345678").arg("112345678").arg("digest").arg(latest.millis());
            call.invoke::<i64>(&mut connection)
        };
        assert_eq!(commit(Timestamp::from_millis(now.millis() - 1))?, -1);
        assert_eq!(server.command("EXISTS u:{x} k:{x}"), ":0\r\n");
        assert!(commit(now.plus(given::HOUR))? > 0);
        assert!(commit(Timestamp::from_millis(now.millis() - 1))? > 0, "delivered again");
        assert_eq!(server.command("STRLEN k:{x}"), ":6\r\n");
        Ok(())
    })
}

#[test]
fn an_attempt_that_was_dropped_takes_nothing_from_a_bucket_behind_one_that_refused_it() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let bucket = |n| Bucket { key: [n; 16], burst: u32::from(n), refill: Duration::from_secs(3600) };
        let (network, empty, wide) = (bucket(250), bucket(1), bucket(2));
        here.store().take(std::slice::from_ref(&empty)).await?.map_err(|_| "full at first")?;
        for waits in (0..WAITS).cycle().take(5 * WAITS) {
            let attempt = [network.clone(), empty.clone(), wide.clone()];
            let taken = crash_after(waits, here.store().take(&attempt)).await;
            assert!(taken.is_none_or(|taken| taken.is_ok_and(|taken| taken.is_err())));
            assert_eq!(server.command(&format!("EXISTS test:b:{}", "\x02".repeat(16))), ":0\r\n");
        }
        Ok(())
    })
}

#[test]
fn a_sweep_finishes_users_behind_one_that_fails() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let mut connection = redis::Client::open(server.url())?.get_connection()?;
        let [bad, good] = [1, 2].map(|n| UserId(uuid::Uuid::from_u128(n)));
        for (mark, user) in [(1, bad), (2, good)] {
            let _: () =
                redis::cmd("ZADD").arg("test:closing").arg(mark).arg(user.0.as_bytes()).query(&mut connection)?;
        }
        let doomed = given::digest();
        let kills = |user: UserId| format!("test:k:{{{}}}", user.0.simple());
        let _: () = redis::cmd("SET").arg(kills(good)).arg(&doomed.0).query(&mut connection)?;
        let _: () = redis::cmd("LPUSH").arg(kills(bad)).arg("of another kind").query(&mut connection)?;
        assert!(here.store().sweep().await.is_err(), "it says so");
        assert_eq!(server.command("ZCARD test:closing"), ":1\r\n");
        assert_eq!(redis::cmd("EXISTS").arg(kills(good)).query::<u8>(&mut connection)?, 0);
        Ok(())
    })
}

#[test]
fn killing_many_tokens_gets_on_though_it_is_interrupted() -> Outcome {
    const MANY: usize = 5_000;
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let mut connection = redis::Client::open(server.url())?.get_connection()?;
        let user = UserId(uuid::Uuid::from_u128(1));
        let kills = format!("test:k:{{{}}}", user.0.simple());
        let doomed: Vec<u8> = (0..MANY).flat_map(|_| given::digest().0).collect();
        let _: () = redis::cmd("SET").arg(&kills).arg(&doomed).query(&mut connection)?;
        let _: () = redis::cmd("ZADD").arg("test:closing").arg(1).arg(user.0.as_bytes()).query(&mut connection)?;
        let mut got_on = false;
        for waits in 0..50 * WAITS {
            let _: () = redis::cmd("DEL").arg("test:sweep").query(&mut connection)?;
            let swept = crash_after(waits, here.store().sweep()).await;
            let left: usize = redis::cmd("STRLEN").arg(&kills).query(&mut connection)?;
            got_on |= swept.is_none() && left > 0 && left < doomed.len();
            if left == 0 {
                break;
            }
        }
        assert!(got_on, "a part was done and noted");
        Ok(())
    })
}

#[test]
fn a_claim_on_an_address_that_nobody_has_is_swept() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let mut connection = redis::Client::open(server.url())?.get_connection()?;
        let (kept, nobody) = (given::account(&here), given::account(&here));
        here.store().create_accounts(std::slice::from_ref(&kept)).await?;
        let claim = |until: &str| [nobody.id.0.as_bytes(), until.as_bytes()].concat();
        let later = here.now().plus(given::HOUR).millis().to_string();
        // A claim of old, one on which an account may yet be made, and one that the account has no more.
        let old = [kept.id.0.as_bytes(), b"1".as_slice()].concat();
        for (address, value) in [("past@b", claim("1")), ("coming@b", claim(&later)), ("other@b", old)] {
            let _: () = redis::cmd("SET").arg(format!("test:e:{address}")).arg(value).query(&mut connection)?;
        }
        swept(&server, &here, "EXISTS test:e:past@b test:e:other@b").await?;
        assert_eq!(server.command("EXISTS test:e:coming@b"), ":1\r\n");
        assert_eq!(here.store().account_by_email(&kept.email).await?, Some(kept));
        Ok(())
    })
}

#[test]
fn a_creation_that_crashed_leaves_the_address_free() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let store = here.store();
        let mut addresses = Vec::new();
        for waits in 0..WAITS {
            let account = given::account(&here);
            let created = crash_after(waits, here.store().create_accounts(std::slice::from_ref(&account))).await;
            if created.is_some() {
                break;
            }
            addresses.push(account);
        }
        assert!(addresses.len() > 2, "{} points to crash at", addresses.len());
        for first in addresses {
            let second = bimgate::domain::Account { id: given::account(&here).id, ..first.clone() };
            let began = Instant::now();
            loop {
                let exists = store.account(first.id).await?.is_some();
                match store.create_accounts(std::slice::from_ref(&second)).await?[..] {
                    [Creation::Created] => assert!(!exists),
                    [Creation::EmailTaken(owner)] if exists => assert_eq!(owner, first.id),
                    _ if began.elapsed() < Duration::from_secs(15) => {
                        here.pass(Duration::from_millis(100)).await;
                        continue;
                    }
                    ref other => panic!("the address is not freed: {other:?}"),
                }
                let owner = store.account_by_email(&first.email).await?.map(|account| account.id);
                assert_eq!(owner, Some(if exists { first.id } else { second.id }));
                break;
            }
        }
        Ok(())
    })
}
