//! What must not weigh more for some than for others, nor more with all that lies in Redis.

use std::collections::HashSet;

use bimgate::domain::{
    Account, ClientInfo, Grant, Issue, KeyRing, LicenseLimits, OpenSession, PendingLogin, Profile, Ruling,
    SessionCommand,
};
use bimgate::settings::Settings;
use bimgate::store::{
    Accounts as _, Creation, Licenses as _, Logins as _, RedirectUrls as _, Sessions as _, SigningKeys as _,
    Tokens as _,
};

use crate::backend::{Backend as _, run};
use crate::fixture::{here, patient};
use crate::given_directory::{MANY, close, heartbeat, link, opened, opening, opening_of, pending, proven};
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given};

#[test]
fn finding_a_user_with_many_sessions_weighs_little_more_than_finding_nobody() -> Outcome {
    const TIMES: u64 = 100;
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let (known, unknown) = (given::account(&here), given::account(&here));
        here.0.create_accounts(std::slice::from_ref(&known)).await?;
        for _ in 0..100 {
            here.logged_in(known.id).await?;
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
        let here = patient(&server.url());
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
        // In so short a time that it takes more than one page.
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

#[test]
fn a_v2_login_leaves_its_user_its_address_its_session_and_its_token_and_nothing_else() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let user = given::user(&here).await?;
        here.logged_in(user).await?;
        assert_eq!(server.command("DBSIZE"), ":4\r\n");
        Ok(())
    })
}

/// What goes to Redis and comes back while `act` is carried out, in bytes.
async fn weight<T>(
    server: &RedisServer,
    act: impl Future<Output = bimgate::store::Result<Ruling<T>>>,
) -> given::Result<u64> {
    let moved = || server.info("total_net_input_bytes") + server.info("total_net_output_bytes");
    let before = moved();
    // To look weighs something, too.
    let look = moved() - before;
    let before = moved();
    act.await??;
    Ok(moved() - before - look)
}

#[test]
fn an_act_weighs_the_same_however_much_its_user_has() -> Outcome {
    const SESSIONS: usize = 200;
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let mut weights = Vec::new();
        // The first time Redis learns the scripts.
        for sessions in [1, 1, SESSIONS] {
            let user = given::user(&here).await?;
            let mut login = given::remembered_login(&here, &given::client());
            for _ in 0..sessions {
                login = given::remembered_login(&here, &given::client());
                given::logged_in(&here.store(), user, &login).await?;
                opened(&here.store(), &opening(&here, user)).await?;
            }
            let (remembered, _) = login.remember_me.ok_or("none")?;
            let silent = Issue { grant: Grant::RememberMe(remembered), ..given::login(&here, &login.client) };
            let session = opening(&here, user);
            let act = SessionCommand::Open(Box::new(session.clone()));
            let beat = heartbeat(&here, session.session, given::HOUR);
            weights.push([
                weight(&server, here.0.issue(user, &silent)).await?,
                weight(&server, here.0.update_session(user, &act)).await?,
                weight(&server, here.0.update_session(user, &beat)).await?,
                weight(&server, here.0.close_session(user, &close(session.session))).await?,
            ]);
        }
        let close_to = |(one, many): (&u64, &u64)| many.abs_diff(*one) < 512;
        assert!(weights[1].iter().zip(&weights[2]).all(close_to), "{weights:?} bytes");
        Ok(())
    })
}

#[test]
fn an_act_on_a_user_is_two_scripts() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let user = given::user(&here).await?;
        let scripts = || {
            let stats = server.command("INFO commandstats");
            let calls = stats.split("cmdstat_evalsha:calls=").nth(1).and_then(|rest| rest.split(',').next());
            calls.and_then(|calls| calls.parse::<u64>().ok()).unwrap_or_default()
        };
        // So that Redis knows the scripts.
        let login = given::remembered_login(&here, &given::client());
        given::logged_in(&here.store(), user, &login).await?;
        let other = here.logged_in(user).await?;
        here.0.revoke(user, &given::revoke(&other.client, other.access.0)).await?;

        let mut before = scripts();
        let mut is_two = |act: &str| {
            assert_eq!(scripts() - before, 2, "{act}");
            before = scripts();
        };
        let second = here.logged_in(user).await?;
        is_two("a login");
        let silent = Grant::RememberMe(login.remember_me.ok_or("none")?.0);
        given::logged_in(&here.store(), user, &Issue { grant: silent, ..given::login(&here, &login.client) }).await?;
        is_two("a silent login");
        let mint = given::mint(&here, &login.client, login.access.0);
        here.0.mint_cross(user, &mint).await??;
        is_two("a cross token");
        let swap = given::swap(&here, mint.cross.0, &login.client, &given::client());
        given::logged_in(&here.store(), user, &swap).await?;
        is_two("a swap");
        let session = opening(&here, user);
        opened(&here.store(), &session).await?;
        is_two("an opening");
        here.0.update_session(user, &heartbeat(&here, session.session, 2 * given::HOUR)).await??;
        is_two("a heartbeat");
        here.0.revoke(user, &given::revoke(&second.client, second.access.0)).await?;
        is_two("a revocation");
        Ok(())
    })
}

#[test]
fn all_that_has_an_end_expires() -> Outcome {
    const STAY: [&str; 8] = [
        "test:u:{o6}",
        "test:i:{o6}",
        "test:s:{o6}",
        "test:due:{o6}",
        "test:e:",
        "test:p:",
        "test:redirects",
        "test:signing",
    ];
    run(async {
        let server = RedisServer::start();
        let (here, native) = (patient(&server.url()), given::digest());
        let user = given::user(&here).await?;
        let sign_on = Some((given::digest(), given::HOUR));
        for _ in 0..2 {
            let asked = OpenSession { sign_on, ..opening(&here, user) };
            opened(&here.store(), &asked).await?;
        }
        let closed = opening(&here, user);
        opened(&here.store(), &closed).await?;
        here.0.close_session(user, &close(closed.session)).await??;
        here.0.change_account(user, &link("someone")).await??;
        for ends in [false, true] {
            let (state, login) = (given::digest(), pending(&here));
            here.0.begin_login(state, &login, MANY).await?;
            assert!(!ends || here.0.end_login(state, &login).await?);
        }
        let (state, login) = (given::digest(), PendingLogin { native: Some(native), ..pending(&here) });
        here.0.begin_login(state, &login, MANY).await?;
        here.0.complete(state, &login, &opening_of(&here, &login, user)).await??;
        assert!(here.0.used_state(state).await?.is_some());
        here.0.register_redirect("https://example.org/").await?;
        here.0.replace_key_ring(&KeyRing::default()).await?;
        let limits = LicenseLimits { total: 2, per_user: 2 };
        for borrower in [native, given::digest()] {
            here.0.check_out(borrower, user, closed.session, given::HOUR, limits).await?;
        }
        assert!(here.0.renew_license(native, 2 * given::HOUR).await? && here.0.check_in(native).await?);

        let mut connection = redis::Client::open(server.url())?.get_connection()?;
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection)?;
        assert!(keys.len() > 15, "{} keys", keys.len());
        for key in keys {
            let expires: i64 = redis::cmd("PTTL").arg(&key).query(&mut connection)?;
            let name = String::from_utf8_lossy(&key);
            let stays = STAY.iter().any(|stays| name.starts_with(stays));
            assert_eq!(expires == -1, stays, "{name}: {expires}");
        }
        Ok(())
    })
}

#[test]
fn logins_that_ask_for_all_they_may_leave_redis_more_than_half_of_its_memory() -> Outcome {
    const LOGINS: u64 = 500;
    run(async {
        let server = RedisServer::start();
        let here = patient(&server.url());
        let largest = || {
            let claims = PendingLogin::MAX_ASKED / Profile::MAX_ENTRIES;
            let begun = proven(&here, &pending(&here));
            PendingLogin {
                app_claims: vec!["c".repeat(claims).into(); Profile::MAX_ENTRIES],
                app_data: Some("".into()),
                redirect_url: "".into(),
                contact: ClientInfo {
                    address: Some([1; 16].into()),
                    user_agent: Some("u".repeat(ClientInfo::MAX_USER_AGENT).into()),
                    application: None,
                },
                ..begun
            }
        };
        here.0.begin_login(given::digest(), &largest(), MANY).await?;
        let before = server.info("used_memory");
        for _ in 0..LOGINS {
            here.0.begin_login(given::digest(), &largest(), MANY).await?;
        }
        let each = (server.info("used_memory") - before) / LOGINS;
        assert!(each <= 9_000, "{each} bytes");
        let conf = include_str!("../../config/redis.conf");
        let given = conf.lines().find_map(|line| line.strip_prefix("maxmemory ")?.strip_suffix("mb"));
        let given = given.ok_or("no bound")?.parse::<u64>()? * 1024 * 1024;
        let most = u64::try_from(Settings::defaults()?.directory.max_pending)?;
        assert!(most * each <= given / 2, "{most} logins of {each} bytes in {given}");
        Ok(())
    })
}
