//! `Dump`: everything out of every store, and into every other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{
    Account, AccountChange, ClientInfo, CrossParent, Email, ExternalId, Group, GroupDirectory, GroupId, KeyRing,
    LicenseLimits, MintCross, OpenSession, ProviderSession, SealedKey, Session, SessionCommand, SessionId, SessionKey,
    Subject, TakenOver, TokenDigest, TokenOwner, UserId,
};
use bimgate::store::codec::encode;
use bimgate::store::{Creation, Entry, MAX_RESTORED, Person, Store};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use crate::backend::{self, Backend};
use crate::given::{self, HOUR, LIMITS, Result};
use crate::support::given as common;
use crate::{Outcome, embedded, redis, redis_cluster};

/// What a person has of which nobody else knows.
pub(super) struct Held {
    pub(super) account: Account,
    subject: Subject,
    external_id: ExternalId,
    pub(super) access: TokenDigest,
    remember_me: TokenDigest,
    cross: TokenDigest,
    sign_on: TokenDigest,
    pub(super) native: TokenDigest,
    session: SessionId,
    provider_session: ProviderSession,
    pub(super) client: bimgate::domain::ClientKey,
}

/// A person who has everything, with several sessions.
pub(super) async fn somebody(backend: &dyn Backend) -> Result<Held> {
    let (store, account, now) = (backend.store(), given::account(backend), backend.now());
    store.create_accounts(std::slice::from_ref(&account)).await?;
    let (user, client) = (account.id, given::client());
    let subject =
        Subject { issuer: "https://idp.example.org".into(), subject: user.to_string().into(), claims: "{}".into() };
    let link = AccountChange::Link { subject: subject.clone(), name: None, teams: None, relinks: false };
    store.change_account(user, &link).await??;
    let external_id = ExternalId::new(&format!("e-{user}")).ok_or("an id")?;
    store.change_account(user, &AccountChange::ExternalId(Some(external_id.clone()))).await??;
    let login = given::remembered_login(backend, &client);
    let (access, remember_me) = (login.access.0, login.remember_me.ok_or("remembered")?.0);
    given::logged_in(&store, user, &login).await?;
    for _another_client in 0..3 {
        given::logged_in(&store, user, &given::login(backend, &given::client())).await?;
    }
    let cross = given::mint(backend, &client, access);
    store.mint_cross(user, &cross).await??;
    let (sign_on, provider_session) = (given::digest(), ProviderSession(*Uuid::new_v4().as_bytes()));
    let open = OpenSession { sign_on: Some((sign_on, HOUR)), ..common::opening(now, user) };
    let (session, native) = (open.session, open.native.ok_or("a native client")?);
    store.update_session(user, &SessionCommand::Open(Box::new(open))).await??;
    let parent = CrossParent::Directory(session);
    store.mint_cross(user, &MintCross { parent, now, cross: (given::digest(), HOUR), limits: LIMITS }).await??;
    let owner = TokenOwner { user, session: None, expires: now.plus(HOUR) };
    store.note_provider_session(provider_session, &owner).await?;
    store.check_out(native, user, session, HOUR, LicenseLimits { total: 100, per_user: 100 }).await?;
    let cross = cross.cross.0;
    Ok(Held {
        account,
        subject,
        external_id,
        access,
        remember_me,
        cross,
        sign_on,
        native,
        session,
        provider_session,
        client,
    })
}

/// What belongs to nobody.
pub(super) async fn fill(backend: &dyn Backend) -> Result<()> {
    let (store, now) = (backend.store(), backend.now());
    for url in ["https://a.example.org/", "https://b.example.org/done"] {
        store.register_redirect(url).await?;
    }
    let group =
        Group { id: GroupId(Uuid::new_v4()), name: "Planners".into(), external_id: None, version: 1, created: now };
    store.replace_groups(&GroupDirectory { version: 0, groups: vec![group] }).await?;
    let key = SealedKey { id: "one".into(), public: Box::new([1]), sealed: Box::new([2]), made: now, signs_from: now };
    store.replace_key_ring(&KeyRing { version: 0, keys: vec![key] }).await?;
    store.upstream_until(now.plus(HOUR)).await?;
    let over = TakenOver {
        user: given::account(backend).id,
        stands_for: given::digest(),
        session: None,
        expires: now.plus(HOUR),
    };
    store.take_over(given::digest(), &over).await?;
    Ok(())
}

/// Everything in a store, in an order that does not depend on it. A person who comes twice counts once.
pub(super) async fn dumped(store: &Arc<dyn Store>) -> Result<Vec<Entry>> {
    let mut all = BTreeMap::new();
    let mut entries = store.dump();
    while let Some(entry) = entries.try_next().await? {
        let key = entry.user().map_or_else(|| encode(&entry), |user| user.0.as_bytes().to_vec());
        match sorted(entry) {
            Entry::Gone(_) => drop(all.remove(&key)),
            entry => drop(all.insert(key, entry)),
        }
    }
    Ok(all.into_values().collect())
}

fn sorted(mut entry: Entry) -> Entry {
    if let Entry::Person(person) = &mut entry {
        person.access.sort_unstable_by_key(|(digest, _)| *digest);
    }
    entry
}

/// Fills an empty store, a page at a time.
async fn restore(store: &Arc<dyn Store>, entries: Vec<Entry>) -> Result<()> {
    assert!(store.begin_restore().await?, "it is empty");
    for some in entries.chunks(MAX_RESTORED) {
        store.restore(some.to_vec()).await?;
    }
    Ok(store.end_restore().await?)
}

/// An empty store of the kind that needs no other program, where nothing of this backend has ended yet.
pub(super) fn other(backend: &dyn Backend) -> Result<Box<dyn Backend>> {
    Ok(Box::new(embedded::start_at(backend.now())?))
}

/// An empty store of each other kind.
pub(super) fn others() -> Result<[Box<dyn Backend>; 2]> {
    Ok([Box::new(redis::start()?), Box::new(redis_cluster::start()?)])
}

/// Has a clock that may be set not lag behind the machine's, by which Redis lets keys end.
pub(super) async fn keep_up(backend: &dyn Backend) {
    let lag = SystemClock.now().since(backend.now());
    if lag >= HOUR {
        backend.pass(lag).await;
    }
}

on_every_backend!(everything_goes_into_another_store, |backend| {
    keep_up(backend).await;
    let other = other(backend)?;
    everything_goes(backend, [other]).await
});

#[test]
fn everything_goes_into_redis() -> Outcome {
    backend::run(async {
        let (embedded, redis) = (embedded::start()?, redis::start()?);
        keep_up(&embedded).await;
        everything_goes(&embedded, others()?).await?;
        everything_goes(&redis, others()?).await
    })
}

async fn everything_goes<const N: usize>(backend: &dyn Backend, others: [Box<dyn Backend>; N]) -> Result<()> {
    let people = [somebody(backend).await?, somebody(backend).await?, somebody(backend).await?];
    given::user(backend).await?;
    fill(backend).await?;
    let entries = dumped(&backend.store()).await?;
    assert_eq!(entries.len(), 4 + 3 + 3 + 2 + 4, "people, notes, licences, URLs, and one each of the rest");
    for other in others {
        let store = other.store();
        restore(&store, entries.clone()).await?;
        assert_eq!(dumped(&other.second_server()).await?, entries);
        for held in &people {
            is_held(&store, held).await?;
        }
        works_on(&*other, &people[0]).await?;
    }
    Ok(())
}

/// What the person has is found by every way in.
async fn is_held(store: &Arc<dyn Store>, held: &Held) -> Result<()> {
    let Held { account, subject, external_id, .. } = held;
    let found = [
        store.account(account.id).await?,
        store.account_by_email(&account.email).await?,
        store.account_by_subject(&subject.issuer, &subject.subject).await?,
        store.account_by_external_id(external_id).await?,
    ];
    assert!(found.iter().all(|found| found.as_ref().is_some_and(|found| found.id == account.id)), "{found:?}");
    assert!(store.access_token(held.access).await?.is_some());
    let key = Some(SessionKey::Client(held.client.clone()));
    for owner in [store.remember_me_token(held.remember_me).await?, store.cross_token(held.cross).await?] {
        assert!(owner.is_some_and(|owner| owner.user == account.id && owner.session == key));
    }
    for owner in [store.sign_on(held.sign_on).await?, store.provider_session(held.provider_session).await?] {
        assert!(owner.is_some_and(|owner| owner.user == account.id && owner.session.is_none()));
    }
    Ok(())
}

/// Acts go on from there, and end all that came over.
async fn works_on(other: &dyn Backend, held: &Held) -> Result<()> {
    let (store, user) = (other.store(), held.account.id);
    let collides = Account { id: UserId(Uuid::new_v4()), ..held.account.clone() };
    assert_eq!(store.create_accounts(&[collides]).await?, [Creation::EmailTaken(user)]);
    let state = store.user_state(user).await?.ok_or("gone")?;
    assert_eq!(
        state.totals().tokens,
        state.clients.values().map(Session::tokens).sum::<usize>() + state.directory[&held.session].cross.len()
    );
    assert!(store.check_in(held.native).await?, "the licence comes back");
    let swap = given::swap(other, held.cross, &held.client, &given::client());
    let swap = bimgate::domain::Issue { contact: ClientInfo::default(), now: other.now(), ..swap };
    store.issue(user, &swap).await??;
    store.delete_account(user).await??;
    assert!(store.access_token(held.access).await?.is_none());
    assert!(store.remember_me_token(held.remember_me).await?.is_none() && store.sign_on(held.sign_on).await?.is_none());
    assert!(store.account_by_email(&held.account.email).await?.is_none());
    Ok(())
}

on_every_backend!(a_restore_begins_with_nothing_and_is_marked_until_it_ends, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    // Probes leave nothing.
    store.time().await?;
    assert!(!store.is_half_restored().await?);
    assert!(store.begin_restore().await?);
    assert!(second.is_half_restored().await? && !second.begin_restore().await?);
    store.restore(vec![Entry::RedirectUrl("https://a.example.org/".into())]).await?;
    assert!(store.restore(vec![Entry::Gone(UserId(Uuid::nil())); MAX_RESTORED + 1]).await.is_err());
    store.end_restore().await?;
    assert!(!second.is_half_restored().await?);
    assert!(!second.begin_restore().await?, "there is something");
    assert!(!second.is_half_restored().await?);
    Ok(())
});

on_every_backend!(a_person_who_comes_again_takes_the_place_of_the_one_before, |backend| {
    keep_up(backend).await;
    let other = other(backend)?;
    comes_again(backend, [other]).await
});

#[test]
fn a_person_who_comes_again_takes_the_place_of_the_one_before_in_redis() -> Outcome {
    backend::run(async { comes_again(&redis::start()?, others()?).await })
}

async fn comes_again<const N: usize>(backend: &dyn Backend, others: [Box<dyn Backend>; N]) -> Result<()> {
    let held = somebody(backend).await?;
    let entries = dumped(&backend.store()).await?;
    let person = entries.iter().find_map(|entry| match entry {
        Entry::Person(person) => Some((**person).clone()),
        _ => None,
    });
    let person = person.ok_or("nobody")?;
    let free = Email::new("other@example.org").ok_or("an address")?;
    let later = Account { email: free, external_id: None, ..person.account.clone() };
    let later = Person { account: later, clients: Vec::new(), directory: Vec::new(), access: Vec::new() };
    let heir = Account {
        external_id: person.account.external_id.clone(),
        email: person.account.email.clone(),
        ..given::account(backend)
    };
    let heir = Person { account: heir, ..later.clone() };
    let gone = given::account(backend).id;
    let entries = [
        Entry::Person(person.into()),
        Entry::Person(later.into()),
        Entry::Person(heir.clone().into()),
        Entry::Gone(gone),
    ];
    for other in others {
        let store = other.store();
        restore(&store, entries.to_vec()).await?;
        assert!(store.access_token(held.access).await?.is_none() && store.cross_token(held.cross).await?.is_none());
        assert!(store.sign_on(held.sign_on).await?.is_some(), "that one the account has still");
        let found = store.account_by_email(&heir.account.email).await?.ok_or("nobody")?;
        assert_eq!(found.id, heir.account.id);
        assert_eq!(store.account(held.account.id).await?.ok_or("nobody")?.email.as_str(), "other@example.org");
        let twice = vec![Entry::Person(
            Person { account: Account { id: gone, ..heir.account.clone() }, ..heir.clone() }.into(),
        )];
        assert!(store.restore(twice).await.is_err(), "two people have one address");
    }
    Ok(())
}

on_every_backend!(a_dump_is_whole_while_people_pass_on_what_only_one_may_have, |backend| {
    const PEOPLE: usize = 120;
    let (store, stop) = (backend.store(), Arc::new(AtomicBool::new(false)));
    let people: Vec<_> = (0..PEOPLE).map(|_| given::account(backend)).collect();
    store.create_accounts(&people).await?;
    let passing = {
        let (store, stop, people, now) = (backend.second_server(), stop.clone(), people.clone(), backend.now());
        tokio::spawn(async move {
            let mut heirs = Vec::new();
            for turn in 0.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                // Someone takes another address, and somebody new or old comes to have the one before.
                let (one, other) = (&people[turn * 7 % PEOPLE], &people[turn * 13 % PEOPLE]);
                let Some(account) = store.account(one.id).await.expect("a store") else { continue };
                let other_one = Email::new(&format!("{}@example.org", Uuid::new_v4())).expect("an address");
                store.change_account(one.id, &AccountChange::Email(other_one)).await.expect("a store").expect("there");
                if turn % 2 == 0 && one.id != other.id {
                    let passed = store.change_account(other.id, &AccountChange::Email(account.email)).await;
                    passed.expect("a store").expect("free");
                } else {
                    let heir = Account { email: account.email, ..common::account(now) };
                    heirs.push(heir.id);
                    store.create_accounts(&[heir]).await.expect("a store");
                    if let Some(late) = heirs.first().filter(|_| turn % 3 == 0).copied() {
                        store.delete_account(late).await.expect("a store").expect("there");
                        heirs.remove(0);
                    }
                }
            }
        })
    };
    for _dump in 0..8 {
        let mut entries = Vec::new();
        let mut dump = store.dump();
        while let Some(entry) = dump.try_next().await? {
            entries.push(entry);
        }
        let other = embedded::start()?;
        restore(&other.store(), entries).await?;
        for person in &people {
            assert!(other.store().account(person.id).await?.is_some(), "who was there all the time is in it");
        }
    }
    stop.store(true, Ordering::SeqCst);
    passing.await?;
    Ok(())
});
