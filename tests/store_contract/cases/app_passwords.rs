//! App passwords: `AccountChange::AddAppPassword`, `RevokeAppPasswords`, and logins by them.

use std::time::Duration;

use bimgate::domain::{
    AccountChange, AppPassword, AppPasswordId, AuthMethod, CloseReason, Denied, Grant, Issue, LoginProof, Network,
    OpenSession, PasswordHash, Timestamp, TokenDigest, UserId,
};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::backend::Backend;
use crate::given;
use crate::given_directory::{link, opened, opening};

const MOST: usize = 4;

fn adding(backend: &dyn Backend) -> (AppPasswordId, AccountChange) {
    let app_password = AppPassword {
        id: AppPasswordId(Uuid::new_v4()),
        digest: given::digest(),
        name: "phone".into(),
        created: backend.now(),
        expires: None,
        used: None,
    };
    (app_password.id, AccountChange::AddAppPassword { app_password, most: MOST, browser: None })
}

fn revoking(which: Option<AppPasswordId>) -> AccountChange {
    AccountChange::RevokeAppPasswords { which, why: CloseReason::ByAdmin }
}

/// A user with one.
async fn user_with_one(backend: &dyn Backend) -> given::Result<(UserId, AppPasswordId)> {
    let (user, (id, add)) = (given::user(backend).await?, adding(backend));
    backend.store().change_account(user, &add).await??;
    Ok((user, id))
}

fn by(id: AppPasswordId, login: Issue) -> Issue {
    let network = Some(Network::of([192, 0, 2, 1].into()));
    Issue { grant: Grant::AppPassword { id, generation: 0, proven: login.now }, network, ..login }
}

on_every_backend!(an_app_password_is_seen_by_every_server_until_it_is_revoked, |backend| {
    let (user, id) = user_with_one(backend).await?;
    let (other, add) = adding(backend);
    let changed = backend.store().change_account(user, &add).await??;
    assert_eq!(backend.second_server().account(user).await?, Some(changed));
    let login = by(id, given::login(backend, &given::client()));
    given::logged_in(&backend.second_server(), user, &login).await?;
    let account = backend.store().account(user).await?.ok_or("gone")?;
    assert_eq!(account.app_password(id).and_then(|held| held.used).map(|used| used.seen), Some(login.now));
    assert_eq!(account.generation, 0);

    let changed = backend.store().change_account(user, &revoking(Some(id))).await??;
    assert!(changed.app_password(id).is_none() && changed.app_password(other).is_some());
    assert_eq!(backend.second_server().account(user).await?, Some(changed));
    assert!(backend.second_server().change_account(user, &revoking(Some(id))).await?.is_err(), "it has no such one");
    Ok(())
});

on_every_backend!(of_simultaneous_additions_no_more_than_the_most_succeed, |backend| {
    let user = given::user(backend).await?;
    let additions = (0..16).map(|turn| {
        let (store, (_, add)) = (backend.server(turn), adding(backend));
        tokio::spawn(async move { store.change_account(user, &add).await })
    });
    let mut added = 0;
    for addition in join_all(additions).await {
        added += usize::from(addition??.is_ok());
    }
    assert_eq!(added, MOST);
    let held = backend.store().account(user).await?.map(|account| account.app_passwords.len());
    assert_eq!(held, Some(MOST));
    Ok(())
});

on_every_backend!(a_browser_that_is_signed_off_adds_no_app_password, |backend| {
    let (store, user, browser) = (backend.store(), given::user(backend).await?, given::digest());
    let adding_in = |browser| {
        let (id, add) = adding(backend);
        let AccountChange::AddAppPassword { app_password, most, .. } = add else { unreachable!("as made") };
        (id, AccountChange::AddAppPassword { app_password, most, browser: Some(browser) })
    };
    let refused = async |browser| -> given::Result<()> {
        let added = backend.second_server().change_account(user, &adding_in(browser).1).await?;
        assert_eq!(added.map(drop), Err(Denied::SignedOff));
        Ok(())
    };
    refused(browser).await?;
    opened(&store, &OpenSession { sign_on: Some((browser, given::HOUR)), ..opening(backend, user) }).await?;
    refused(given::digest()).await?;
    let (id, add) = adding_in(browser);
    assert!(store.change_account(user, &add).await??.app_password(id).is_some());
    // As by a change of the password, or whatever else ends everything, while the person makes another.
    store.change_account(user, &AccountChange::LogOutEverywhere(CloseReason::ByAdmin)).await??;
    refused(browser).await?;
    let account = store.account(user).await?.ok_or("gone")?;
    assert_eq!(account.app_passwords.iter().map(|held| held.id).collect::<Vec<_>>(), [id]);
    Ok(())
});

on_every_backend!(a_login_that_is_proven_elsewhere_is_noted_with_the_account, |backend| {
    let store = backend.store();
    let vouched = async |user| -> given::Result<Option<Timestamp>> {
        Ok(backend.second_server().account(user).await?.ok_or("gone")?.vouched)
    };
    let by_provider = given::user(backend).await?;
    let open = opening(backend, by_provider);
    opened(&store, &open).await?;
    assert_eq!(vouched(by_provider).await?, None, "not by a password here");
    let proof = LoginProof { how: AuthMethod::Oidc, ..open.proof };
    let open = OpenSession { proof, ..opening(backend, by_provider) };
    opened(&store, &open).await?;
    assert_eq!(vouched(by_provider).await?, Some(open.now));
    let by_ldap = given::user(backend).await?;
    let login = given::login(backend, &given::client());
    given::logged_in(&store, by_ldap, &login).await?;
    assert_eq!(vouched(by_ldap).await?, None, "linked to nobody");
    store.change_account(by_ldap, &link(&by_ldap.to_string())).await??;
    let login = given::login(backend, &given::client());
    given::logged_in(&store, by_ldap, &login).await?;
    assert_eq!(vouched(by_ldap).await?, Some(login.now));
    Ok(())
});

on_every_backend!(revoking_an_app_password_ends_what_comes_of_it_and_nothing_else, |backend| {
    let (store, (user, id)) = (backend.store(), user_with_one(backend).await?);
    let (other, add) = adding(backend);
    store.change_account(user, &add).await??;
    let [client, another, third] = [given::client(), given::client(), given::client()];

    let first = by(id, given::remembered_login(backend, &client));
    given::logged_in(&store, user, &first).await?;
    let (remember_me, _) = first.remember_me.ok_or("none asked for")?;
    let silent = || Issue { grant: Grant::RememberMe(remember_me), ..given::login(backend, &client) };
    let second = silent();
    given::logged_in(&store, user, &second).await?;
    let mint = given::mint(backend, &client, second.access.0);
    store.mint_cross(user, &mint).await??;
    let swapped = given::swap(backend, mint.cross.0, &client, &another);
    given::logged_in(&store, user, &swapped).await?;
    let pending = given::mint(backend, &another, swapped.access.0);
    store.mint_cross(user, &pending).await??;

    let own = [given::login(backend, &client), given::login(backend, &another)];
    let by_other = [by(other, given::login(backend, &client)), by(other, given::login(backend, &third))];
    for login in own.iter().chain(&by_other) {
        given::logged_in(&store, user, login).await?;
    }
    backend.reported();
    backend.second_server().change_account(user, &revoking(Some(id))).await??;
    for gone in [&first, &second, &swapped] {
        assert!(!given::usable(&store, gone.access.0).await?);
    }
    assert!(store.issue(user, &silent()).await?.is_err());
    let late = given::swap(backend, pending.cross.0, &another, &given::client());
    assert!(store.issue(user, &late).await?.is_err());
    for stays in own.iter().chain(&by_other) {
        assert!(given::usable(&store, stays.access.0).await?);
    }
    assert!(backend.reported().is_empty(), "no session has lost its last token");
    store.change_account(user, &revoking(None)).await??;
    let left: Vec<_> = own.iter().chain(&by_other).map(|login| login.access.0).collect();
    let left = usable_of(backend, &left).await?;
    assert_eq!(left, own.each_ref().map(|login| login.access.0));
    assert_eq!(backend.reported().len(), 1, "the session that only it had opened");
    Ok(())
});

async fn usable_of(backend: &dyn Backend, tokens: &[TokenDigest]) -> given::Result<Vec<TokenDigest>> {
    let mut usable = Vec::new();
    for token in tokens {
        if given::usable(&backend.second_server(), *token).await? {
            usable.push(*token);
        }
    }
    Ok(usable)
}

// Into sessions that are open by the person's own login, into new ones, silently and by cross tokens: whatever is under
// way while the app password is revoked, nothing that comes of it is left.
on_every_backend!(no_login_by_an_app_password_outlives_its_revocation, |backend| {
    for _round in 0..10 {
        let (user, id) = user_with_one(backend).await?;
        let store = backend.store();
        let [client, minter] = [given::client(), given::client()];
        given::logged_in(&store, user, &given::login(backend, &client)).await?;
        let parent = by(id, given::remembered_login(backend, &minter));
        given::logged_in(&store, user, &parent).await?;
        let (remember_me, _) = parent.remember_me.ok_or("none asked for")?;
        let mint = given::mint(backend, &minter, parent.access.0);
        store.mint_cross(user, &mint).await??;
        let logins = (0..24).map(|turn| {
            let store = backend.server(turn);
            let login = match turn % 4 {
                0 => by(id, given::login(backend, &client)),
                1 => by(id, given::login(backend, &given::client())),
                2 => Issue { grant: Grant::RememberMe(remember_me), ..given::login(backend, &minter) },
                _ => given::swap(backend, mint.cross.0, &minter, &client),
            };
            tokio::spawn(async move {
                let _refused_or_not = store.issue(user, &login).await;
                login.access.0
            })
        });
        let logins: Vec<_> = logins.collect();
        backend.second_server().change_account(user, &revoking(Some(id))).await??;
        for token in join_all(logins).await {
            assert!(!given::usable(&backend.store(), token?).await?, "it outlives the app password");
        }
        let late = by(id, given::login(backend, &client));
        assert!(backend.store().issue(user, &late).await?.is_err());
    }
    Ok(())
});

on_every_backend!(a_password_change_revokes_app_passwords_if_it_says_so, |backend| {
    for revokes_app_passwords in [false, true] {
        let (user, id) = user_with_one(backend).await?;
        let login = by(id, given::login(backend, &given::client()));
        given::logged_in(&backend.store(), user, &login).await?;
        let hash = PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$new").ok_or("a hash")?;
        let change = AccountChange::Password { hash, revokes_app_passwords };
        let changed = backend.store().change_account(user, &change).await??;
        assert_eq!(changed.app_passwords.is_empty(), revokes_app_passwords);
        assert_eq!(backend.second_server().account(user).await?, Some(changed));
        assert!(!given::usable(&backend.second_server(), login.access.0).await?);
    }
    Ok(())
});

on_every_backend!(nothing_outlives_an_app_password_that_ends_by_itself, |backend| {
    let (store, user) = (backend.store(), given::user(backend).await?);
    let (id, add) = adding(backend);
    let AccountChange::AddAppPassword { app_password, most, browser } = add else { unreachable!("as made") };
    let expires = backend.now().plus(Duration::from_secs(600));
    let app_password = AppPassword { expires: Some(expires), ..app_password };
    store.change_account(user, &AccountChange::AddAppPassword { app_password, most, browser }).await??;
    let login = by(id, given::remembered_login(backend, &given::client()));
    let issued = given::logged_in(&store, user, &login).await?;
    assert_eq!((issued.access_expires, issued.remember_me_expires), (expires, Some(expires)));
    let late = Issue { now: expires, ..by(id, given::login(backend, &given::client())) };
    assert!(store.issue(user, &late).await?.is_err());
    Ok(())
});
