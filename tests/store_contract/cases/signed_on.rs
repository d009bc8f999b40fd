//! `Sessions::sign_on` and `Accounts::account_by_subject`: how a person is known without a password.

use std::time::Duration;

use bimgate::domain::{
    AccountChange, AuthMethod, CloseSession, LoginProof, OpenSession, ProviderSession, SessionCommand, SignOn,
    Timestamp, TokenOwner,
};
use futures_util::future::join_all;

use crate::given::{self, HOUR};
use crate::given_directory::{close, link, link_to, opened, opening, subject};

const ISSUER: &str = "https://id.example.org";
const SHORT: Duration = Duration::from_millis(300);

on_every_backend!(a_signed_on_browser_is_found_until_it_is_signed_off, |backend| {
    let (store, user, sign_on) = (backend.store(), given::user(backend).await?, given::digest());
    assert_eq!(store.sign_on(sign_on).await?, None);
    let asked = OpenSession { sign_on: Some((sign_on, HOUR)), ..opening(backend, user) };
    let held = opened(&store, &asked).await?;
    let expires = asked.proof.proven.plus(HOUR);
    let known = SignOn {
        digest: sign_on,
        expires,
        proven: asked.proof.proven,
        provider_session: None,
        asked: Some(asked.proof.proven),
        contact: Some(asked.contact.clone()),
        used: None,
    };
    assert_eq!(held.account.profile.sign_ons, [known]);
    let found = backend.second_server().sign_on(sign_on).await?.ok_or("not found")?;
    assert_eq!((found.user, found.session, found.expires), (user, None, expires));
    let account = store.change_account(user, &AccountChange::SignOffEverywhere).await??;
    assert_eq!(account.profile.sign_ons, []);
    assert_eq!(backend.second_server().sign_on(sign_on).await?, None);
    assert!(store.directory_session(user, asked.session, backend.now()).await?.is_some(), "no session ends");
    Ok(())
});

on_every_backend!(the_oldest_signed_on_browser_is_pushed_out, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let mut sign_ons = Vec::new();
    for _browser in 0..=SignOn::MAX_BROWSERS {
        let sign_on = given::digest();
        opened(&store, &OpenSession { sign_on: Some((sign_on, HOUR)), ..opening(backend, user) }).await?;
        sign_ons.push(sign_on);
    }
    for (age, sign_on) in sign_ons.iter().rev().enumerate() {
        assert_eq!(backend.second_server().sign_on(*sign_on).await?.is_some(), age < SignOn::MAX_BROWSERS);
    }
    Ok(())
});

on_every_backend!(after_a_close_that_demands_it_the_person_is_asked_again, |backend| {
    let (store, user, sign_on) = (backend.store(), given::user(backend).await?, given::digest());
    let asked = OpenSession { sign_on: Some((sign_on, HOUR)), ..opening(backend, user) };
    opened(&store, &asked).await?;
    let by_sign_on = |sign_on| {
        let proof = LoginProof { how: AuthMethod::SingleSignOn, sign_on: Some(sign_on), ..asked.proof };
        OpenSession { proof, ..opening(backend, user) }
    };
    opened(&store, &by_sign_on(sign_on)).await?;
    let close = CloseSession { ask_again: true, ..close(asked.session) };
    store.close_session(user, &close).await??;
    let second = backend.second_server();
    let demand = second.account(user).await?.ok_or("no user")?.profile.reauth_request;
    assert!(demand.is_some());
    assert!(second.update_session(user, &SessionCommand::Open(Box::new(by_sign_on(sign_on)))).await?.is_err());
    // However far the clocks of two machines differ: which demand a proof meets decides, and not when it was made.
    let now = backend.now();
    let proven = |proven, meets| {
        let open = opening(backend, user);
        OpenSession { proof: LoginProof { proven, meets, ..open.proof }, ..open }
    };
    let unaware = proven(now.plus(HOUR), None);
    assert!(second.update_session(user, &SessionCommand::Open(Box::new(unaware))).await?.is_err());
    let anew = given::digest();
    let asked = proven(Timestamp::from_millis(now.millis() - 60_000), demand);
    let held = opened(&second, &OpenSession { sign_on: Some((anew, HOUR)), ..asked }).await?;
    assert_eq!(held.account.profile.reauth_request, None);
    assert_eq!(store.sign_on(sign_on).await?, None, "who was signed on before stays off");
    assert!(store.update_session(user, &SessionCommand::Open(Box::new(by_sign_on(sign_on)))).await?.is_err());
    opened(&store, &by_sign_on(anew)).await?;
    Ok(())
});

on_every_backend!(whose_a_session_at_the_provider_is_is_kept_until_its_time_is_over, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    let session = || ProviderSession::of(ISSUER, &subject());
    let owner =
        |lives| TokenOwner { user: given::account(backend).id, session: None, expires: backend.now().plus(lives) };
    let (long, short) = (session(), session());
    assert_eq!(store.provider_session(long).await?, None);
    let (first, last, brief) = (owner(SHORT), owner(HOUR), owner(SHORT));
    store.note_provider_session(long, &first).await?;
    assert_eq!(second.provider_session(long).await?, Some(first));
    second.note_provider_session(long, &last).await?;
    store.note_provider_session(short, &brief).await?;
    assert_eq!(second.provider_session(short).await?, Some(brief));
    backend.pass(SHORT * 2).await;
    store.close_due().await?;
    assert_eq!(second.provider_session(short).await?, None, "nothing is kept for longer");
    assert_eq!(store.provider_session(long).await?, Some(last), "the last note counts");
    Ok(())
});

on_every_backend!(an_account_is_found_by_its_subject, |backend| {
    let (store, user, subject) = (backend.store(), given::user(backend).await?, subject());
    assert_eq!(store.account_by_subject(ISSUER, &subject).await?, None);
    let linked = store.change_account(user, &link(&subject)).await??;
    assert_eq!((&*linked.name, linked.profile.teams.len()), ("Ada", 1));
    for store in [backend.store(), backend.second_server()] {
        assert_eq!(store.account_by_subject(ISSUER, &subject).await?.as_ref(), Some(&linked));
        assert_eq!(store.account_by_subject("https://other.example.org", &subject).await?, None);
    }
    assert!(store.change_account(user, &link(&subject)).await?.is_ok(), "the same again is what every login says");
    assert!(store.change_account(user, &link("another")).await?.is_err(), "linked to one subject");
    assert_eq!(store.account_by_subject(ISSUER, "another").await?, None);
    Ok(())
});

on_every_backend!(of_simultaneous_links_of_one_subject_one_user_is_given_it, |backend| {
    for _round in 0..5 {
        let (subject, mut users) = (subject(), Vec::new());
        for _user in 0..8 {
            users.push(given::user(backend).await?);
        }
        let links = users.iter().enumerate().map(|(turn, user)| {
            let (store, user, link) = (backend.server(turn), *user, link(&subject));
            tokio::spawn(async move { store.change_account(user, &link).await })
        });
        let mut linked = Vec::new();
        for link in join_all(links).await {
            linked.extend(link??.map(|account| account.id));
        }
        assert_eq!(linked.len(), 1);
        let found = backend.second_server().account_by_subject(ISSUER, &subject).await?.ok_or("not found")?;
        assert_eq!(found.id, linked[0]);
        for user in users {
            let account = backend.store().account(user).await?.ok_or("no user")?;
            assert_eq!(account.profile.subject.is_some(), user == found.id);
        }
    }
    Ok(())
});

on_every_backend!(who_is_unlinked_or_linked_anew_frees_the_subject, |backend| {
    const NEW: &str = "https://new.example.org";
    let (store, second) = (backend.store(), backend.second_server());
    let (user, other) = (given::user(backend).await?, given::user(backend).await?);
    let (old, new) = (subject(), subject());
    let unlink = |issuer: Option<&str>| AccountChange::Unlink { issuer: issuer.map(Into::into) };
    assert!(store.change_account(user, &unlink(None)).await?.is_err(), "there is no link");
    for issuer in [None, Some(ISSUER)] {
        store.change_account(user, &link(&old)).await??;
        assert!(second.change_account(user, &unlink(Some(NEW))).await?.is_err(), "of another issuer");
        let unlinked = second.change_account(user, &unlink(issuer)).await??;
        assert_eq!(unlinked.profile.subject, None);
        assert_eq!(store.account_by_subject(ISSUER, &old).await?, None);
        store.change_account(other, &link(&old)).await??;
        second.change_account(other, &unlink(None)).await??;
    }
    store.change_account(user, &link(&old)).await??;
    assert!(store.change_account(user, &link_to(NEW, &new, false)).await?.is_err());
    assert!(store.change_account(user, &link_to(ISSUER, &new, true)).await?.is_err(), "the same issuer");
    assert_eq!(store.account_by_subject(ISSUER, &old).await?.map(|account| account.id), Some(user));
    let linked = second.change_account(user, &link_to(NEW, &new, true)).await??;
    assert_eq!(store.account_by_subject(NEW, &new).await?, Some(linked));
    assert_eq!(store.account_by_subject(ISSUER, &old).await?, None);
    store.change_account(other, &link(&old)).await??;
    assert!(store.change_account(other, &link_to(NEW, &new, true)).await?.is_err(), "it is somebody's");
    Ok(())
});

on_every_backend!(a_deleted_account_frees_its_subject, |backend| {
    let (store, subject) = (backend.store(), subject());
    for _life in 0..2 {
        let user = given::user(backend).await?;
        store.change_account(user, &link(&subject)).await??;
        assert!(backend.second_server().delete_account(user).await?.is_ok());
        assert_eq!(store.account_by_subject(ISSUER, &subject).await?, None);
    }
    Ok(())
});
