//! `Moving`: changes are held on every server while a store moves to another one, which has followed it until then.

use std::time::Duration;

use bimgate::backup::{BackupError, Mirror};
use bimgate::domain::{
    Account, AccountChange, Email, GroupDirectory, KeyRing, LicenseLimits, ProviderSession, SessionId, TakenOver,
    TokenOwner,
};
use bimgate::store::{HELD_FOR, HoldStep, StoreError};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::dumping::{dumped, fill, keep_up, other, others, somebody};
use crate::backend::{self, Backend};
use crate::given::{self, HOUR, Result};
use crate::{Outcome, embedded};

/// Whether an act was refused because changes are held.
fn held<T>(result: &std::result::Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Held))
}

/// Whether each kind of change is refused, on either server: all or none.
async fn all_are_held(backend: &dyn Backend) -> Result<bool> {
    let refused = are_held(backend).await?;
    assert!(refused.iter().all(|one| *one == refused[0]), "{refused:?}");
    Ok(refused[0])
}

/// Of each kind of change, on either server, whether it is refused.
async fn are_held(backend: &dyn Backend) -> Result<Vec<bool>> {
    let (now, mut refused) = (backend.now(), Vec::new());
    for store in [backend.store(), backend.second_server()] {
        let account = given::account(backend);
        let user = account.id;
        refused.push(held(&store.create_accounts(&[account]).await));
        refused.push(held(
            &store
                .note_provider_session(
                    ProviderSession(*Uuid::new_v4().as_bytes()),
                    &TokenOwner { user, session: None, expires: now.plus(HOUR) },
                )
                .await,
        ));
        let over = TakenOver { user, stands_for: given::digest(), session: None, expires: now.plus(HOUR) };
        refused.push(held(&store.take_over(given::digest(), &over).await));
        refused.push(held(&store.upstream_until(now).await));
        refused.push(held(&store.register_redirect(&format!("https://{user}.example.org/")).await));
        refused.push(held(&store.unregister_redirect("https://a.example.org/").await));
        let groups = store.groups().await?;
        refused
            .push(held(&store.replace_groups(&GroupDirectory { version: groups.version, groups: Vec::new() }).await));
        let ring = store.key_ring().await?;
        refused.push(held(&store.replace_key_ring(&KeyRing { version: ring.version, keys: Vec::new() }).await));
        let limits = LicenseLimits { total: 1000, per_user: 1000 };
        let session = SessionId(Uuid::new_v4());
        refused.push(held(&store.check_out(given::digest(), user, session, HOUR, limits).await));
        refused.push(held(&store.renew_license(given::digest(), HOUR).await));
        refused.push(held(&store.check_in(given::digest()).await));
    }
    Ok(refused)
}

on_every_backend!(changes_are_held_on_every_server_until_the_hold_is_lifted_or_kept, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    let (user, client) = (given::user(backend).await?, given::client());
    let login = given::login(backend, &client);
    let token = login.access.0;
    given::logged_in(&store, user, &login).await?;
    let [by, other] = [Uuid::new_v4(), Uuid::new_v4()];
    assert!(!all_are_held(backend).await?);
    assert!(!store.hold(HoldStep::Renew { by }).await?, "it does not hold them");
    assert!(store.hold(HoldStep::Begin { by }).await?);
    assert!(all_are_held(backend).await?);
    for store in [&store, &second] {
        assert!(held(&store.issue(user, &given::login(backend, &given::client())).await));
        assert!(held(&store.revoke(user, &given::revoke(&client, token)).await));
        assert!(held(&store.change_account(user, &AccountChange::Disable).await));
        assert!(held(&store.delete_account(user).await));
        assert!(given::usable(store, token).await? && store.account(user).await?.is_some(), "reads go on");
        store.time().await?;
    }
    assert!(!second.hold(HoldStep::Begin { by: other }).await?, "one move at a time");
    assert!(!second.hold(HoldStep::Keep { by: other, to: "redis://other".into() }).await?);
    assert!(store.hold(HoldStep::Renew { by }).await?);
    store.hold(HoldStep::Lift { by }).await?;
    assert!(!all_are_held(backend).await? && store.moved_to().await?.is_none());

    assert!(second.hold(HoldStep::Begin { by: other }).await?);
    assert!(second.hold(HoldStep::Keep { by: other, to: "redis://other".into() }).await?);
    assert_eq!(store.moved_to().await?.as_deref(), Some("redis://other"));
    assert!(all_are_held(backend).await?);
    store.hold(HoldStep::Lift { by }).await?;
    assert!(all_are_held(backend).await?, "another move has nothing to say");
    store.hold(HoldStep::Undo).await?;
    assert!(!all_are_held(backend).await? && second.moved_to().await?.is_none());
    Ok(())
});

// As of a command that does not know whether its last step was taken.
on_every_backend!(a_hold_for_good_ends_when_its_own_move_lifts_it, |backend| {
    let (store, second, by) = (backend.store(), backend.second_server(), Uuid::new_v4());
    let keep = || HoldStep::Keep { by, to: "redis://other".into() };
    assert!(store.hold(HoldStep::Begin { by }).await? && store.hold(keep()).await?);
    assert!(second.hold(keep()).await?, "once more");
    assert_eq!(second.moved_to().await?.as_deref(), Some("redis://other"));
    assert!(store.hold(HoldStep::Lift { by }).await?);
    assert_eq!(second.moved_to().await?, None);
    assert!(!all_are_held(backend).await?);
    assert!(!store.hold(keep()).await?, "it does not hold them");
    assert!(!all_are_held(backend).await? && store.moved_to().await?.is_none());
    Ok(())
});

// As of a step that was on its way for long.
on_every_backend!(a_hold_for_good_stays_so_when_a_step_from_before_arrives_late, |backend| {
    let (store, second, by) = (backend.store(), backend.second_server(), Uuid::new_v4());
    let keep = HoldStep::Keep { by, to: "redis://other".into() };
    assert!(store.hold(HoldStep::Begin { by }).await? && store.hold(keep).await?);
    assert!(second.hold(HoldStep::Renew { by }).await? && second.hold(HoldStep::Begin { by }).await?);
    let since = std::time::Instant::now();
    while since.elapsed() < HELD_FOR + Duration::from_secs(1) {
        assert!(all_are_held(backend).await?);
        // Time itself is under test: nothing may happen while it passes.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
});

// As of a command that was killed.
on_every_backend!(a_hold_that_nobody_renews_ends_by_itself, |backend| {
    let (store, by) = (backend.store(), Uuid::new_v4());
    let began = std::time::Instant::now();
    assert!(store.hold(HoldStep::Begin { by }).await?);
    // Those of the shards end within milliseconds of each other.
    while are_held(backend).await?.contains(&true) {
        assert!(began.elapsed() < Duration::from_secs(60), "it ends");
        // A store tells nobody that a hold has ended, so it is asked again.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(began.elapsed() + Duration::from_secs(1) >= HELD_FOR, "{:?}", began.elapsed());
    assert!(!store.hold(HoldStep::Renew { by }).await?, "there was a gap");
    assert!(!store.hold(HoldStep::Keep { by, to: "redis://other".into() }).await?);
    assert!(!all_are_held(backend).await? && store.moved_to().await?.is_none());
    Ok(())
});

on_every_backend!(a_mirror_follows_whatever_changes, |backend| {
    keep_up(backend).await;
    follows(backend, [other(backend)?]).await
});

#[test]
fn a_mirror_in_redis_follows_whatever_changes() -> Outcome {
    backend::run(async {
        let embedded = embedded::start()?;
        keep_up(&embedded).await;
        follows(&embedded, others()?).await
    })
}

async fn follows<const N: usize>(backend: &dyn Backend, others: [Box<dyn Backend>; N]) -> Result<()> {
    let (store, now) = (backend.store(), backend.now());
    let until = now.plus(HOUR / 12);
    let [gone, one, two, three] = [(); 4].map(|()| somebody(backend));
    let (gone, one, two, three) = (gone.await?, one.await?, two.await?, three.await?);
    fill(backend).await?;
    let entries = || store.dump().map_err(BackupError::from);
    let mut mirrors = Vec::new();
    for other in &others {
        let mirrored = other.store();
        assert!(mirrored.begin_restore().await?);
        let mut mirror = Mirror::new(mirrored, now);
        let (copied, changes) = mirror.follow(until, entries()).await?;
        assert!(copied.people == 4 && changes > 4 && mirror.compare().await?, "{copied:?}, {changes}");
        assert_eq!(mirror.follow(until, entries()).await?, (copied, 0), "nothing has changed");
        mirrors.push(mirror);
    }

    store.delete_account(gone.account.id).await??;
    // What only one may have passes on, in a ring with somebody new.
    let free = Email::new("free@example.org").ok_or("an address")?;
    store.change_account(one.account.id, &AccountChange::Email(free)).await??;
    store.change_account(two.account.id, &AccountChange::Email(one.account.email.clone())).await??;
    let heir = Account { email: two.account.email.clone(), ..given::account(backend) };
    store.create_accounts(&[heir]).await?;
    let last = Email::new("last@example.org").ok_or("an address")?;
    let address = three.account.email.clone();
    store.change_account(three.account.id, &AccountChange::Email(last)).await??;
    store.change_account(one.account.id, &AccountChange::Email(address)).await??;
    store.revoke(three.account.id, &given::revoke(&three.client, three.access)).await?;
    given::logged_in(&store, two.account.id, &given::login(backend, &given::client())).await?;
    assert!(store.check_in(one.native).await? && store.renew_license(two.native, HOUR * 2).await?);
    assert!(store.unregister_redirect("https://a.example.org/").await?);
    store.register_redirect("https://c.example.org/").await?;
    assert!(store.replace_groups(&GroupDirectory { version: 1, groups: Vec::new() }).await?);
    let entries_now = dumped(&store).await?;
    for (mirror, other) in mirrors.iter_mut().zip(&others) {
        let (copied, changes) = mirror.follow(until, entries()).await?;
        assert!(copied.people == 4 && changes >= 9, "{copied:?}, {changes}");
        assert!(mirror.compare().await?);
        assert_eq!(dumped(&other.store()).await?, entries_now);
        let somebody_else = other.store();
        somebody_else.unregister_redirect("https://c.example.org/").await?;
        assert!(!mirror.compare().await?, "one is missing");
        somebody_else.register_redirect("https://d.example.org/").await?;
        assert!(!mirror.compare().await?, "one is another");
    }
    Ok(())
}
