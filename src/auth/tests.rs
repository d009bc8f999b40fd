use std::collections::BTreeMap;
use std::error::Error;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::registry::Registry;

use super::*;
use crate::clock::ManualClock;
use crate::domain::{AppPassword, ClientKey, FactorCode, RecoveryCode, SecondFactor, TokenDigest, UserId};
use crate::settings::{BucketSettings, PasswordSettings};
use crate::store::embedded::EmbeddedStore;
use crate::store::{Remember, RetryAfter};

type Outcome = Result<(), Box<dyn Error>>;

/// A hash of "password" made elsewhere (github.com/P-H-C/phc-winner-argon2, src/test.c).
const FOREIGN: &str = "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8";
const MINUTE: Duration = Duration::from_mins(1);

struct House {
    identity: Identity,
    clock: Arc<ManualClock>,
}

impl House {
    fn new() -> Result<Self, Box<dyn Error>> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let store = Arc::new(EmbeddedStore::throw_away(clock.clone(), Duration::from_secs(5))?);
        let every = |burst, secs| BucketSettings { burst, refill: Duration::from_secs(secs) };
        let throttle = ThrottleSettings {
            account_network: every(10, 60),
            network: every(100, 6),
            account: every(1000, 6),
            first_account_network: every(2, 43_200),
            first_network: every(100, 3),
            first_account: every(500, 60),
            successes: every(200, 1),
            tokens: every(3, 1),
            issues: every(20_000, 1),
            heartbeats: every(1000, 1),
            licenses: every(100, 10),
            codes: every(10, 600),
        };
        let secret = Salt::new(HKDF_SHA256, b"salt").extract(b"secret");
        let keys = (DigestKey::new(&[1; 32]), FactorKey::new(secret));
        let settings = password_settings();
        let identity = Identity::new(store, passwords()?, throttle, keys, &settings, None, clock.clone());
        Ok(Self { identity, clock })
    }

    /// Adds an account, changed by `change` from one that logs in with the password "password".
    async fn add(&self, email: &str, change: impl FnOnce(&mut Account)) -> Result<Account, Box<dyn Error>> {
        let hash = self.identity.passwords.hash(password("password")?).await?;
        let mut account = Account {
            password: Some(hash),
            ..Account::new(UserId(uuid::Uuid::new_v4()), address(email)?, 7, self.clock.now())
        };
        change(&mut account);
        self.identity.store.create_accounts(std::slice::from_ref(&account)).await?;
        Ok(account)
    }

    async fn try_login(&self, email: &str, sent: &str, from: Network) -> Result<Proof, ServiceError> {
        let (Ok(email), Ok(sent)) = (address(email), password(sent)) else {
            return Err(ServiceError::InvalidCredentials(Denied::NoSuchUser));
        };
        self.identity.prove(&email, sent, Accepts::AppPasswordToo, &at(from)).await
    }

    /// Tries it from a device that was known before.
    async fn try_from(&self, email: &str, device: &str, sent: &str, from: Network) -> Result<Proof, ServiceError> {
        let (Ok(email), Ok(sent)) = (address(email), password(sent)) else {
            return Err(ServiceError::InvalidCredentials(Denied::NoSuchUser));
        };
        let device = Some(Device::Client(ClientKey::of(device)));
        let known = Origin { device, remember: Remember::Always, network: network(200) };
        self.identity.remember(&email, &known).await;
        self.identity.prove(&email, sent, Accepts::AppPasswordToo, &Origin { network: from, ..known }).await
    }

    /// How often each act of the store was asked for.
    fn acts(&self) -> BTreeMap<String, u64> {
        let (mut registry, mut page) = (Registry::default(), String::new());
        self.identity.store.metrics().register(&mut registry);
        encode(&mut page, &registry).expect("text takes all");
        let counts = page.lines().filter_map(|line| line.strip_prefix(r#"bimgate_store_duration_seconds_count{act=""#));
        let acts = counts.filter_map(|rest| rest.split_once(r#""} "#));
        acts.filter_map(|(act, count)| Some((act.to_owned(), count.parse().ok()?))).collect()
    }
}

fn passwords() -> Result<Arc<Passwords>, PasswordsError> {
    Passwords::start(&password_settings())
}

fn password_settings() -> PasswordSettings {
    PasswordSettings {
        min_length: 8,
        refuse_common: true,
        beside_provider: false,
        memory_kib: 8,
        iterations: 1,
        parallelism: 1,
        threads: 1,
        queue: 4,
        app_passwords: 2,
        app_passwords_without_login: Duration::ZERO,
        skip_second_factor: false,
    }
}

fn address(text: &str) -> Result<Email, &'static str> {
    Email::new(text).ok_or("address")
}

fn password(text: &str) -> Result<Password, &'static str> {
    Password::new(text).ok_or("password")
}

fn network(host: u8) -> Network {
    Network::of([192, 0, 2, host].into())
}

fn at(network: Network) -> Origin {
    Origin { network, device: None, remember: Remember::IfKnown }
}

fn wait(outcome: &Result<Proof, ServiceError>) -> Option<Duration> {
    match outcome {
        Err(ServiceError::Throttled(RetryAfter(wait))) => Some(*wait),
        _ => None,
    }
}

#[tokio::test]
async fn a_proof_carries_the_generation_and_the_instant() -> Outcome {
    let house = House::new()?;
    let account = house.add("a@b", |_| {}).await?;
    let proof = house.try_login(" A@B ", "password", network(1)).await?;
    assert_eq!((proof.user, proof.generation, proof.proven), (account.id, 7, house.clock.now()));
    Ok(())
}

#[tokio::test]
async fn all_who_are_refused_look_alike_and_cost_alike() -> Outcome {
    let house = House::new()?;
    house.add("known@x", |_| {}).await?;
    house.add("foreign@x", |account| account.password = PasswordHash::new(FOREIGN)).await?;
    house.add("disabled@x", |account| account.enabled = false).await?;
    house.add("passwordless@x", |account| account.password = None).await?;
    let app_password = AppPasswordValue::generate()?.reveal();
    house.add("bcrypt@x", |account| account.password = PasswordHash::new("$2b$12$GhvMmNVjRW29ulnudl")).await?;
    for (email, sent) in [
        ("known@x", "wrong"),
        ("foreign@x", "wrong"),
        ("disabled@x", "password"),
        ("passwordless@x", "password"),
        ("bcrypt@x", "password"),
        ("unknown@x", "password"),
        ("known@x", &app_password),
        ("unknown@x", &app_password),
        ("known@x", "bgap-0123-mistyped-one"),
    ] {
        let (acts, hashes) = (house.acts(), house.identity.passwords.begun());
        let outcome = house.try_login(email, sent, network(1)).await;
        assert!(matches!(outcome, Err(ServiceError::InvalidCredentials(_))), "{email}");
        assert_eq!(house.identity.passwords.begun(), hashes + 1, "{email}");
        let mut expected = acts;
        for (act, times) in [("find", 1), ("throttle", 2)] {
            *expected.entry(act.to_owned()).or_default() += times;
        }
        assert_eq!(house.acts(), expected, "{email}");
    }
    Ok(())
}

#[tokio::test]
async fn a_hash_made_elsewhere_is_replaced_at_the_first_login() -> Outcome {
    let house = House::new()?;
    let account = house.add("a@b", |account| account.password = PasswordHash::new(FOREIGN)).await?;
    assert!(house.try_login("a@b", "wrong", network(1)).await.is_err());
    let stored = house.identity.store.account(account.id).await?;
    assert_eq!(stored.as_ref(), Some(&account));
    let mut hashes = Vec::new();
    for _ in 0..2 {
        assert_eq!(house.try_login("a@b", "password", network(1)).await?.generation, 7);
        let stored = house.identity.store.account(account.id).await?.ok_or("account")?;
        assert_eq!(stored.generation, 7);
        hashes.push(stored.password.ok_or("hash")?);
    }
    assert!(hashes[0].as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
    assert_eq!(hashes[0], hashes[1]);
    Ok(())
}

#[tokio::test]
async fn a_login_outlives_a_store_that_cannot_keep_the_better_hash() -> Outcome {
    let house = House::new()?;
    let account = house.add("a@b", |account| account.password = PasswordHash::new(FOREIGN)).await?;
    // Closed, the store in memory still reads but writes no more, as with a full disk.
    house.identity.store.close().await;
    assert!(house.identity.store.change_account(account.id, &AccountChange::Enable).await.is_err());
    house.try_login("a@b", "password", network(1)).await?;
    Ok(())
}

#[tokio::test]
async fn ten_failures_then_one_a_minute_for_known_and_unknown_alike() -> Outcome {
    let house = House::new()?;
    house.add("known@x", |_| {}).await?;
    for email in ["known@x", "unknown@x"] {
        for _ in 0..10 {
            assert!(matches!(
                house.try_login(email, "wrong", network(1)).await,
                Err(ServiceError::InvalidCredentials(_))
            ));
        }
        let hashes = house.identity.passwords.begun();
        assert_eq!(wait(&house.try_login(email, "password", network(1)).await), Some(MINUTE), "{email}");
        assert_eq!(house.identity.passwords.begun(), hashes, "hashed although throttled");
    }
    house.clock.advance(MINUTE / 4);
    assert_eq!(wait(&house.try_login("known@x", "password", network(1)).await), Some(MINUTE / 4 * 3));
    house.try_login("known@x", "password", network(2)).await?;
    house.clock.advance(MINUTE / 4 * 3);
    house.try_login("known@x", "password", network(1)).await?;
    Ok(())
}

#[tokio::test]
async fn a_network_is_throttled_over_all_accounts() -> Outcome {
    let house = House::new()?;
    house.add("known@x", |_| {}).await?;
    for attempt in 0..200 {
        let outcome = house.try_login(&format!("{attempt}@x"), "wrong", network(1)).await;
        assert!(matches!(outcome, Err(ServiceError::InvalidCredentials(_))), "{attempt}");
    }
    let outcome = house.try_login("known@x", "password", network(1)).await;
    assert_eq!(wait(&outcome), Some(Duration::from_secs(3)));
    let outcome = house.try_login("0@x", "wrong", network(1)).await;
    assert!(
        matches!(outcome, Err(ServiceError::InvalidCredentials(_))),
        "an account that was tried before costs a network nothing"
    );
    house.try_login("known@x", "password", network(2)).await?;
    let own = house.try_from("known@x", "device", "password", network(1)).await;
    assert!(own.is_ok(), "from a device that the account knows");
    Ok(())
}

#[tokio::test]
async fn what_does_not_fail_costs_nothing() -> Outcome {
    let mut house = House::new()?;
    house.add("a@b", |_| {}).await?;
    for _ in 0..150 {
        house.try_login("a@b", "password", network(1)).await?;
    }
    house.identity.passwords.stop();
    for _ in 0..250 {
        assert!(matches!(house.try_login("a@b", "wrong", network(1)).await, Err(ServiceError::HashingBusy)));
    }
    house.identity.passwords = passwords()?;
    house.try_login("a@b", "password", network(1)).await?;
    Ok(())
}

#[tokio::test]
async fn whoever_hangs_up_has_had_one_guess_and_no_more() -> Outcome {
    let house = House::new()?;
    house.add("a@b", |_| {}).await?;
    for _ in 0..9 {
        let mut attempt = pin!(house.try_login("a@b", "wrong", network(1)));
        let _ = attempt.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    assert!(matches!(house.try_login("a@b", "wrong", network(1)).await, Err(ServiceError::InvalidCredentials(_))));
    assert_eq!(wait(&house.try_login("a@b", "password", network(1)).await), Some(MINUTE));
    Ok(())
}

#[tokio::test]
async fn failures_from_a_hundred_networks_do_not_lock_the_owner_out() -> Outcome {
    let house = House::new()?;
    house.add("a@b", |_| {}).await?;
    let mut refused = 0;
    for round in 0..20 {
        for host in 0..110 {
            let guess = house.try_login("a@b", "guess", Network::of([10, 0, 0, host].into())).await;
            refused += u32::from(wait(&guess).is_some());
            assert_eq!(wait(&guess).is_some(), round >= 10, "{round} {host}");
        }
    }
    assert_eq!(refused, 1100);
    house.try_login("a@b", "password", network(1)).await.map_err(|error| format!("on the first day: {error}"))?;
    for _ in 0..20 {
        house.try_login("a@b", "password", network(1)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn only_so_many_of_one_accounts_logins_succeed() -> Outcome {
    let house = House::new()?;
    house.add("a@b", |_| {}).await?;
    let logins = async |from: std::ops::Range<u8>| {
        let mut proven = 0;
        for host in from.cycle().take(500) {
            proven += u32::from(house.try_login("a@b", "password", network(host)).await.is_ok());
        }
        proven
    };
    assert_eq!(logins(0..40).await, 400, "from networks that are known by then, and as a stranger");
    house.clock.advance(Duration::from_secs(7));
    assert_eq!(logins(0..40).await, 14);
    Ok(())
}

#[tokio::test]
async fn a_network_is_known_for_thirty_days() -> Outcome {
    const DAY: Duration = Duration::from_secs(86_400);
    let house = House::new()?;
    house.add("a@b", |_| {}).await?;
    let drain = async |host| {
        for attempt in 0..201 {
            let _ = house.try_login(&format!("{attempt}@x"), "wrong", network(host)).await;
        }
        house.try_login("a@b", "password", network(host)).await.is_ok()
    };
    house.try_login("a@b", "password", network(1)).await?;
    house.clock.advance(DAY * 29);
    assert!(drain(1).await, "which renews it");
    house.clock.advance(DAY * 29);
    house.try_login("a@b", "password", network(2)).await?;
    house.clock.advance(DAY * 2);
    assert!(drain(2).await && !drain(3).await);
    house.clock.advance(DAY * 31);
    assert!(!drain(2).await);
    Ok(())
}

#[tokio::test]
async fn unknown_tokens_count_by_network_and_kind() -> Outcome {
    let house = House::new()?;
    for kind in [GuessedToken::Cross, GuessedToken::RememberMe] {
        for _ in 0..3 {
            house.identity.count_unknown(kind, network(1)).await?;
        }
        let refused = house.identity.count_unknown(kind, network(1)).await;
        assert!(matches!(refused, Err(ServiceError::Throttled(RetryAfter(wait))) if wait == Duration::from_secs(1)));
        house.identity.count_unknown(kind, network(2)).await?;
    }
    house.clock.advance(Duration::from_secs(1));
    house.identity.count_unknown(GuessedToken::Cross, network(1)).await?;
    Ok(())
}

/// An app password for an account that `House::add` makes.
fn app_password(expires: Option<Timestamp>) -> Result<(AppPasswordValue, AppPassword), getrandom::Error> {
    let value = AppPasswordValue::generate()?;
    let (id, created) = (AppPasswordId(uuid::Uuid::new_v4()), Timestamp::default());
    let held = AppPassword { id, digest: value.digest(), name: "phone".into(), created, expires, used: None };
    Ok((value, held))
}

#[tokio::test]
async fn an_app_password_of_somebody_proven_elsewhere_counts_no_more_without_such_a_proof() -> Outcome {
    let mut house = House::new()?;
    let (limit, start) = (Duration::from_secs(90 * 86_400), house.clock.now());
    house.identity.app_passwords_without_login = limit;
    let (value, held) = app_password(None)?;
    let typed = value.reveal();
    let subject = Subject { issuer: "i".into(), subject: "s".into(), claims: "{}".into() };
    let linked = |account: &mut Account| {
        account.app_passwords = vec![held.clone()];
        account.profile.subject = Some(subject.clone());
        account.vouched = Some(start);
    };
    house.add("here@x", |account| account.app_passwords = vec![held.clone()]).await?;
    house
        .add("elsewhere@x", |account| {
            linked(account);
            account.password = None;
        })
        .await?;
    let try_both = async |house: &House| {
        let mut outcomes = Vec::new();
        for email in ["here@x", "elsewhere@x"] {
            let hashes = house.identity.passwords.begun();
            let outcome = house.try_login(email, &typed, network(1)).await;
            outcomes.push((outcome.map(drop), house.identity.passwords.begun() - hashes));
        }
        outcomes
    };
    house.clock.advance(limit.checked_sub(MINUTE).ok_or("too short")?);
    assert!(matches!(&try_both(&house).await[..], [(Ok(()), 0), (Ok(()), 0)]));
    house.clock.advance(MINUTE);
    let late = try_both(&house).await;
    let refused = ServiceError::InvalidCredentials(Denied::NotVouchedFor).to_string();
    let [(Ok(()), 0), (Err(error), 1)] = &late[..] else { return Err(format!("{late:?}").into()) };
    assert_eq!(error.to_string(), refused, "as much work as a wrong password");
    Ok(())
}

#[tokio::test]
async fn an_app_password_counts_without_hashing_and_only_if_nothing_is_against_it() -> Outcome {
    let house = House::new()?;
    let (value, held) = app_password(Some(house.clock.now().plus(MINUTE)))?;
    let typed = value.reveal();
    let with = |account: &mut Account| account.app_passwords = vec![held.clone()];
    house.add("a@b", with).await?;
    house
        .add("passwordless@x", |account| (account.password, account.app_passwords) = (None, vec![held.clone()]))
        .await?;
    house.add("disabled@x", |account| (account.enabled, account.app_passwords) = (false, vec![held.clone()])).await?;
    house.add("another@x", |_| {}).await?;
    let hashes = house.identity.passwords.begun();
    for email in ["a@b", "passwordless@x"] {
        let proof = house.try_login(email, &typed, network(1)).await?;
        assert_eq!((proof.app_password, proof.generation), (Some(held.id), 7));
    }
    assert_eq!(house.identity.passwords.begun(), hashes, "nothing was hashed");
    assert_eq!(house.try_login("a@b", "password", network(1)).await?.app_password, None, "beside it");

    let refused = async |house: &House, email: &str, accepts| -> Result<Denied, Box<dyn Error>> {
        let hashes = house.identity.passwords.begun();
        let outcome = house.identity.prove(&address(email)?, password(&typed)?, accepts, &at(network(1))).await;
        assert_eq!(house.identity.passwords.begun(), hashes + 1, "{email}: as much work as a wrong password");
        match outcome {
            Err(ServiceError::InvalidCredentials(denied)) => Ok(denied),
            other => Err(format!("{email}: {other:?}").into()),
        }
    };
    let too = Accepts::AppPasswordToo;
    assert_eq!(refused(&house, "a@b", Accepts::PasswordAlone).await?, Denied::AppPasswordNotTaken);
    assert_eq!(refused(&house, "disabled@x", too).await?, Denied::Disabled);
    assert_eq!(refused(&house, "another@x", too).await?, Denied::WrongAppPassword);
    assert_eq!(refused(&house, "nobody@x", too).await?, Denied::NoSuchUser);
    house.clock.advance(MINUTE);
    assert_eq!(refused(&house, "a@b", too).await?, Denied::AppPasswordExpired);
    let off = House { identity: Identity { app_passwords: 0, ..house.identity.clone() }, clock: house.clock.clone() };
    assert_eq!(refused(&off, "a@b", too).await?, Denied::AppPasswordNotTaken);
    Ok(())
}

/// A second factor whose app has this secret.
fn factor(house: &House, account: &Account) -> Result<(SecondFactor, Vec<RecoveryCode>), Box<dyn Error>> {
    let secret = house.identity.offered_secret(account.id, TokenDigest([1; 16]))?;
    let code = FactorCode::App(secret.code_at(house.clock.now()));
    let NewFactor { factor, codes } = house.identity.new_app(account, TokenDigest([1; 16]), Some(&code))?;
    Ok((factor, codes))
}

#[tokio::test]
async fn the_password_of_somebody_with_a_second_factor_counts_on_the_page_alone() -> Outcome {
    let house = House::new()?;
    let account = house.add("a@b", |_| {}).await?;
    let (held, _) = factor(&house, &account)?;
    let other = Account { password: PasswordHash::new(FOREIGN), ..house.add("c@d", |_| {}).await? };
    house.identity.store.delete_account(account.id).await??;
    house.identity.store.delete_account(other.id).await??;
    let with = |account| Account { second_factor: Some(held.clone()), ..account };
    house.identity.store.create_accounts(&[with(account), with(other)]).await?;
    let try_both = async |identity: &Identity, email: &str, accepts| -> Result<_, Box<dyn Error>> {
        let mut outcomes = Vec::new();
        for sent in ["password", "wrong"] {
            let (hashes, before) = (identity.passwords.begun(), house.acts());
            let outcome = identity.prove(&address(email)?, password(sent)?, accepts, &at(network(1))).await;
            let outcome = outcome.map(|proof| proof.needs_code).map_err(|error| error.to_string());
            let acts: BTreeMap<_, _> =
                house.acts().into_iter().map(|(act, n)| (act.clone(), n - before.get(&act).unwrap_or(&0))).collect();
            outcomes.push((outcome, identity.passwords.begun() - hashes, acts));
        }
        Ok(outcomes)
    };
    for email in ["a@b", "c@d"] {
        let v2 = try_both(&house.identity, email, Accepts::AppPasswordToo).await?;
        assert_eq!(v2[0].0, Err("invalid credentials: needs_app_password".to_owned()), "{email}");
        assert_eq!(v2[0], v2[1], "{email}: the right one answers, hashes and asks the store as a wrong one does");
    }
    let on_page = try_both(&house.identity, "a@b", Accepts::PasswordAlone).await?;
    assert_eq!(on_page[0].0, Ok(true), "and a code is needed");
    let skips = Identity { skips_second_factor: true, ..house.identity.clone() };
    assert_eq!(try_both(&skips, "a@b", Accepts::AppPasswordToo).await?[0].0, Ok(false));
    Ok(())
}

#[tokio::test]
async fn who_knows_the_password_alone_makes_no_network_known() -> Outcome {
    let house = House::new()?;
    let account = house.add("a@b", |_| {}).await?;
    let (held, codes) = factor(&house, &account)?;
    house.identity.store.delete_account(account.id).await??;
    let account = Account { second_factor: Some(held), ..account };
    house.identity.store.create_accounts(std::slice::from_ref(&account)).await?;
    let guess = FactorCode::App(1_000_000);
    let prove = async |code: &FactorCode, from| {
        house.identity.prove_code(account.id, account.generation, Some(code), TokenDigest([2; 16]), &from).await
    };
    let on_page = async |number| {
        let from = at(network(number));
        house.identity.prove(&account.email, password("password")?, Accepts::PasswordAlone, &from).await?;
        Ok::<_, Box<dyn Error>>(prove(&guess, from).await)
    };
    // From a network of its own each, so that nothing but the account's bucket bounds them.
    for number in 1..=10 {
        let outcome = on_page(number).await?;
        assert!(matches!(outcome, Err(ServiceError::InvalidCredentials(Denied::WrongCode))), "{outcome:?}");
    }
    assert!(matches!(on_page(11).await?, Err(ServiceError::Throttled(_))));
    // A recovery code is not to be guessed, and lets the owner in; then the network is known.
    let recovery = FactorCode::Recovery(codes.into_iter().next().ok_or("a code")?);
    prove(&recovery, at(network(12))).await?;
    let again = prove(&recovery, at(network(12))).await;
    assert!(matches!(again, Err(ServiceError::InvalidCredentials(Denied::WrongCode))), "once: {again:?}");
    let known = on_page(12).await?;
    assert!(matches!(known, Err(ServiceError::InvalidCredentials(Denied::WrongCode))), "{known:?}");
    assert!(matches!(on_page(13).await?, Err(ServiceError::Throttled(_))));
    Ok(())
}
