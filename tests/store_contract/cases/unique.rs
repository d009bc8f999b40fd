//! `Accounts::change_account` where it gives an account what only one may have, and `account_by_external_id`.

use bimgate::domain::{Account, AccountChange, Denied, ExternalId, UserId};
use bimgate::store::Store;
use futures_util::future::join_all;

use crate::given;

fn called(name: &str) -> ExternalId {
    ExternalId::new(name).expect("an id")
}

/// An external id that no other case has.
fn external_id() -> ExternalId {
    called(&uuid::Uuid::new_v4().to_string())
}

async fn id_by_external_id(store: &dyn Store, id: &ExternalId) -> given::Result<Option<UserId>> {
    Ok(store.account_by_external_id(id).await?.map(|account| account.id))
}

on_every_backend!(a_new_address_is_the_same_account, |backend| {
    let (store, account) = (backend.store(), given::account(backend));
    store.create_accounts(std::slice::from_ref(&account)).await?;
    let login = given::remembered_login(backend, &given::client());
    given::logged_in(&store, account.id, &login).await?;
    let new = given::account(backend).email;
    let changed = store.change_account(account.id, &AccountChange::Email(new.clone())).await??;
    let name = AccountChange::Name("Another Name".into());
    let renamed = store.change_account(account.id, &name).await??;
    assert_eq!(changed, Account { email: new.clone(), ..account.clone() });
    assert_eq!(renamed, Account { name: "Another Name".into(), ..changed });
    let store = backend.second_server();
    assert_eq!(store.account_by_email(&new).await?, Some(renamed));
    assert_eq!(store.account_by_email(&account.email).await?, None);
    assert!(given::usable(&store, login.access.0).await?, "ends nothing");
    let same = store.change_account(account.id, &AccountChange::Email(new.clone())).await?;
    assert!(same.is_ok(), "the same again");
    // Whoever comes next may have the former address, and nobody the new one.
    let next = Account { email: account.email, ..given::account(backend) };
    assert_eq!(store.create_accounts(std::slice::from_ref(&next)).await?, [bimgate::store::Creation::Created]);
    let refused = store.change_account(next.id, &AccountChange::Email(new.clone())).await?;
    assert_eq!(refused.err(), Some(Denied::EmailTaken));
    assert_eq!(store.account(next.id).await?, Some(next));
    store.delete_account(account.id).await??;
    assert_eq!(store.account_by_email(&new).await?, None);
    Ok(())
});

on_every_backend!(of_simultaneous_changes_to_one_address_one_user_is_given_it, |backend| {
    for _round in 0..5 {
        let (new, mut accounts) = (given::account(backend).email, Vec::new());
        for _ in 0..8 {
            accounts.push(given::account(backend));
        }
        backend.store().create_accounts(&accounts).await?;
        let changes = accounts.iter().enumerate().map(|(turn, account)| {
            let (store, user, change) = (backend.server(turn), account.id, AccountChange::Email(new.clone()));
            tokio::spawn(async move { store.change_account(user, &change).await })
        });
        let mut given = 0;
        for changed in join_all(changes).await {
            given += usize::from(changed??.is_ok());
        }
        assert_eq!(given, 1);
        let store = backend.second_server();
        let found = store.account_by_email(&new).await?.ok_or("not found")?;
        for account in accounts {
            let former = store.account_by_email(&account.email).await?;
            assert_eq!(former.is_none(), account.id == found.id, "the others keep theirs");
        }
    }
    Ok(())
});

on_every_backend!(an_address_that_goes_to_and_fro_is_found_in_the_end, |backend| {
    let account = given::account(backend);
    backend.store().create_accounts(std::slice::from_ref(&account)).await?;
    let other = given::account(backend).email;
    for _round in 0..5 {
        let changes = [&account.email, &other, &account.email, &other].into_iter().enumerate().map(|(turn, email)| {
            let (store, user, change) = (backend.server(turn), account.id, AccountChange::Email(email.clone()));
            tokio::spawn(async move { store.change_account(user, &change).await })
        });
        for changed in join_all(changes).await {
            changed???;
        }
        let store = backend.second_server();
        let now = store.account(account.id).await?.ok_or("nobody")?;
        assert_eq!(store.account_by_email(&now.email).await?, Some(now));
    }
    Ok(())
});

on_every_backend!(an_account_is_found_by_its_external_id, |backend| {
    let (store, user, other) = (backend.store(), given::user(backend).await?, given::user(backend).await?);
    let (first, second) = (external_id(), external_id());
    assert_eq!(id_by_external_id(&*store, &first).await?, None);
    let changed = store.change_account(user, &AccountChange::ExternalId(Some(first.clone()))).await??;
    assert_eq!(changed.external_id.as_ref(), Some(&first));
    for store in [backend.store(), backend.second_server()] {
        assert_eq!(store.account_by_external_id(&first).await?.as_ref(), Some(&changed));
        let upper = called(&first.as_str().to_uppercase());
        assert_eq!(id_by_external_id(&*store, &upper).await?, None, "to the letter");
    }
    let taken = store.change_account(other, &AccountChange::ExternalId(Some(first.clone()))).await?;
    assert_eq!(taken.err(), Some(Denied::ExternalIdTaken));
    store.change_account(user, &AccountChange::ExternalId(Some(second.clone()))).await??;
    store.change_account(other, &AccountChange::ExternalId(Some(first.clone()))).await??;
    assert_eq!(id_by_external_id(&*store, &first).await?, Some(other), "a former one is free");
    assert_eq!(id_by_external_id(&*store, &second).await?, Some(user));
    store.change_account(user, &AccountChange::ExternalId(None)).await??;
    store.delete_account(other).await??;
    for free in [&first, &second] {
        assert_eq!(id_by_external_id(&*store, free).await?, None);
        let user = given::user(backend).await?;
        store.change_account(user, &AccountChange::ExternalId(Some(free.clone()))).await??;
    }
    let nobody = given::account(backend).id;
    let refused = store.change_account(nobody, &AccountChange::ExternalId(Some(external_id()))).await?;
    assert_eq!(refused.err(), Some(Denied::NoSuchUser));
    Ok(())
});
