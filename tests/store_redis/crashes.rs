//! A crash between any two steps of an act: nothing usable is left that should not be, and a sweep finishes the rest.
//!
//! A crash is an act's future dropped at one of the points where it waits; every point has its turn.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bimgate::domain::{Account, AccountChange, ClientKey, CloseReason, ExternalId, Issue, TokenDigest, UserId};
use bimgate::store::{Bucket, Creation, Store};
use futures_util::future::try_join_all;

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

/// Runs a case on one thread: nothing answers an act before it waits, so that it waits for each step.
pub fn run_crashing(case: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(case)
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
    run_crashing(async {
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
        assert!(interrupted > 2, "{interrupted} points to crash at");
        for (user, token) in logins {
            let held = held(&here.store(), user).await?.contains(&token);
            assert_eq!(given::usable(&here.store(), token).await?, held);
        }
        Ok(())
    })
}

#[test]
fn a_swap_that_crashed_is_undone_or_done_but_never_half() -> Outcome {
    run_crashing(async {
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
        assert!(interrupted > 1, "{interrupted} points to crash at");
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
fn a_sweep_goes_on_behind_a_user_that_cannot_be_read() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let user = given::user(&here).await?;
        let access = (given::digest(), Duration::from_millis(1));
        given::logged_in(&here.store(), user, &Issue { access, ..given::login(&here, &given::client()) }).await?;
        let mut connection = redis::Client::open(server.url())?.get_connection()?;
        redis::cmd("SET").arg([b"test:u:{o6}", &[0; 16][..]].concat()).arg("damaged").exec(&mut connection)?;
        here.pass(Duration::from_millis(2)).await;
        let (began, mut failed) = (Instant::now(), false);
        while server.command("KEYS test:s:*") != "*0\r\n" {
            assert!(began.elapsed() < Duration::from_secs(30), "it is not removed");
            server.command("DEL test:sweep");
            failed |= here.store().sweep().await.is_err();
        }
        assert!(failed, "it says so");
        Ok(())
    })
}

#[test]
fn all_that_a_user_has_ends_at_once_or_not_at_all() -> Outcome {
    const SESSIONS: usize = 40;
    const EACH: usize = given::LIMITS.tokens_per_client;
    /// How many access tokens and sessions there are, at one instant.
    const COUNT: &str = "EVAL \"return {#redis.call('KEYS', 'test:t:*'), #redis.call('KEYS', 'test:s:*')}\" 0";
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let everything = AccountChange::LogOutEverywhere(CloseReason::ByAdmin);
        for waits in 0..WAITS {
            let user = given::user(&here).await?;
            let clients = (0..SESSIONS).map(async |_| {
                let client = given::client();
                for _ in 0..EACH {
                    given::logged_in(&here.store(), user, &given::login(&here, &client)).await?;
                }
                given::Result::Ok(())
            });
            try_join_all(clients).await?;
            let all = format!("*2\r\n:{}\r\n:{SESSIONS}\r\n", SESSIONS * EACH);
            assert_eq!(server.command(COUNT), all);
            let done = crash_after(waits, here.store().change_account(user, &everything)).await;
            let left = server.command(COUNT);
            assert!(left == "*2\r\n:0\r\n:0\r\n" || done.is_none() && left == all, "{left}");
            if done.is_some() {
                break;
            }
            here.store().change_account(user, &everything).await??;
        }
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
    run_crashing(async {
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
        assert!(addresses.len() > 1, "{} points to crash at", addresses.len());
        for first in addresses {
            let second = Account { id: given::account(&here).id, ..first.clone() };
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

/// What an account has that no other may have: its address, its external id.
async fn finds(store: &Arc<dyn Store>, account: &Account) -> given::Result<[bool; 2]> {
    let is_it = |found: Option<Account>| found.is_some_and(|found| found.id == account.id);
    let by_external_id = match &account.external_id {
        Some(id) => is_it(store.account_by_external_id(id).await?),
        None => true,
    };
    Ok([is_it(store.account_by_email(&account.email).await?), by_external_id])
}

#[test]
fn a_new_address_whose_change_crashed_is_had_or_not_and_the_other_is_free() -> Outcome {
    run_crashing(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let store = here.store();
        let external_id = |name: &str| ExternalId::new(name).ok_or("an id");
        let (mut interrupted, mut left) = (Vec::new(), HashSet::new());
        for way in 0..2 {
            for waits in 0..WAITS {
                let (before, new) = (given::account(&here), given::account(&here).email);
                store.create_accounts(std::slice::from_ref(&before)).await?;
                let change = if way == 0 {
                    AccountChange::Email(new.clone())
                } else {
                    let old = AccountChange::ExternalId(Some(external_id(&format!("old {waits}"))?));
                    store.change_account(before.id, &old).await??;
                    AccountChange::ExternalId(Some(external_id(&format!("new {waits}"))?))
                };
                let before = store.account(before.id).await?.ok_or("nobody")?;
                let changed = crash_after(waits, here.store().change_account(before.id, &change)).await;
                let account = store.account(before.id).await?.ok_or("nobody")?;
                assert_eq!(finds(&store, &account).await?, [true, true], "found by what it has: way {way}, {waits}");
                let is_new = account != before;
                if changed.is_some() {
                    assert!(is_new, "acknowledged");
                    break;
                }
                left.insert((way, is_new));
                interrupted.push((way, waits, is_new, before, account, change));
            }
        }
        assert_eq!(left.len(), 4, "crashes before and after the account was written, of both: {left:?}");
        let began = Instant::now();
        for (way, waits, is_new, before, account, change) in interrupted {
            // What it does not have any more, or never came to have, somebody else may have in the end.
            let (free, stranger) = (if is_new { before } else { given::account(&here) }, given::user(&here).await?);
            let wanted = match (way, is_new) {
                (0, true) => AccountChange::Email(free.email),
                (_, true) => AccountChange::ExternalId(free.external_id),
                (_, false) => change.clone(),
            };
            while store.change_account(stranger, &wanted).await?.is_err() {
                assert!(began.elapsed() < Duration::from_secs(60), "it is not freed: way {way}, {waits}");
                here.pass(Duration::from_millis(100)).await;
            }
            let account_now = store.account(account.id).await?.ok_or("nobody")?;
            assert_eq!((&account_now, finds(&store, &account_now).await?), (&account, [true, true]));
            let again = store.change_account(account.id, &change).await?;
            assert_eq!(again.is_ok(), is_new, "the same again, unless another has it: way {way}, {waits}");
        }
        Ok(())
    })
}
