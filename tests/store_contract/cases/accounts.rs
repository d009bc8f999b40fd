//! `Accounts`: finding, creating, deleting, listing.

use std::collections::BTreeMap;

use bimgate::domain::{Account, AccountChange, Denied, UserId};
use bimgate::store::Creation;
use futures_util::future::join_all;

use crate::backend::Backend;
use crate::given;

on_every_backend!(an_account_is_found_by_id_and_by_address, |backend| {
    let account = given::account(backend);
    assert_eq!(backend.store().create_accounts(std::slice::from_ref(&account)).await?, [Creation::Created]);
    for store in [backend.store(), backend.second_server()] {
        assert_eq!(store.account(account.id).await?.as_ref(), Some(&account));
        assert_eq!(store.account_by_email(&account.email).await?.as_ref(), Some(&account));
        let other = given::account(backend);
        assert_eq!(store.account(other.id).await?, None);
        assert_eq!(store.account_by_email(&other.email).await?, None);
    }
    Ok(())
});

on_every_backend!(of_simultaneous_claims_on_an_address_one_wins, |backend| {
    let email = given::account(backend).email;
    let accounts = (0..32).map(|_| Account { email: email.clone(), ..given::account(backend) }).collect();
    let (winners, losers) = claim_all(backend, accounts).await?;
    assert_eq!(winners.len(), 1);
    assert!(losers.iter().all(|loser| *loser == Creation::EmailTaken(winners[0])), "the losers are told who won");
    assert_eq!(backend.store().account_by_email(&email).await?.map(|account| account.id), Some(winners[0]));
    Ok(())
});

on_every_backend!(of_simultaneous_claims_on_an_id_one_wins, |backend| {
    let id = given::account(backend).id;
    let accounts: Vec<_> = (0..32).map(|_| Account { id, ..given::account(backend) }).collect();
    let (winners, losers) = claim_all(backend, accounts.clone()).await?;
    assert_eq!((winners.len(), losers.len()), (1, 31));
    assert!(losers.iter().all(|loser| *loser == Creation::IdTaken));
    let stored = backend.store().account(id).await?.ok_or("nobody")?;
    for account in accounts {
        let found = backend.store().account_by_email(&account.email).await?;
        assert_eq!(found.is_some(), account.email == stored.email, "a loser's address is free");
    }
    Ok(())
});

on_every_backend!(a_batch_is_judged_in_order_each_account_for_itself, |backend| {
    let [first, second, third] = [(); 3].map(|()| given::account(backend));
    let same_address = Account { email: first.email.clone(), ..given::account(backend) };
    let same_id = Account { id: second.id, ..given::account(backend) };
    let batch = [first.clone(), same_address.clone(), second.clone(), same_id.clone(), third.clone()];
    let expected =
        [Creation::Created, Creation::EmailTaken(first.id), Creation::Created, Creation::IdTaken, Creation::Created];
    assert_eq!(backend.store().create_accounts(&batch).await?, expected);
    let store = backend.second_server();
    for created in [first, second, third] {
        assert_eq!(store.account(created.id).await?, Some(created));
    }
    assert_eq!(store.account(same_address.id).await?, None);
    assert_eq!(store.account_by_email(&same_id.email).await?, None);
    assert_eq!(store.create_accounts(&[]).await?, []);
    Ok(())
});

// Who collides with nobody but himself: an import that is carried out twice reads so.
on_every_backend!(an_account_created_again_is_told_that_its_id_is_taken, |backend| {
    let account = given::account(backend);
    assert_eq!(backend.store().create_accounts(std::slice::from_ref(&account)).await?, [Creation::Created]);
    let again = backend.second_server().create_accounts(&[Account { name: "Other".into(), ..account.clone() }]).await?;
    assert_eq!(again, [Creation::IdTaken]);
    assert_eq!(backend.store().account(account.id).await?, Some(account));
    Ok(())
});

on_every_backend!(a_deleted_account_frees_its_address_and_id, |backend| {
    let account = given::account(backend);
    let store = backend.store();
    store.create_accounts(std::slice::from_ref(&account)).await?;
    assert!(store.delete_account(account.id).await?.is_ok());
    let store = backend.second_server();
    assert_eq!(store.account(account.id).await?, None);
    assert_eq!(store.account_by_email(&account.email).await?, None);
    assert!(store.delete_account(account.id).await?.is_err(), "there is none any more");
    assert_eq!(store.create_accounts(std::slice::from_ref(&account)).await?, [Creation::Created]);
    Ok(())
});

on_every_backend!(a_new_address_finds_the_account_and_the_old_one_is_free, |backend| {
    let (store, account) = (backend.store(), given::account(backend));
    store.create_accounts(std::slice::from_ref(&account)).await?;
    let [old, new] = [account.email.clone(), given::account(backend).email];
    let changed = store.change_account(account.id, &AccountChange::Email(new.clone())).await??;
    assert_eq!((&changed.email, changed.generation), (&new, account.generation));
    let second = backend.second_server();
    assert_eq!(second.account_by_email(&new).await?, Some(changed));
    assert_eq!(second.account_by_email(&old).await?, None);
    let heir = Account { email: old.clone(), ..given::account(backend) };
    assert_eq!(second.create_accounts(std::slice::from_ref(&heir)).await?, [Creation::Created]);
    // Taken by now: neither user changes.
    let back = store.change_account(account.id, &AccountChange::Email(old.clone())).await?;
    assert_eq!(back, Err(Denied::EmailTaken));
    assert_eq!(store.account_by_email(&old).await?.map(|found| found.id), Some(heir.id));
    assert_eq!(store.account_by_email(&new).await?.map(|found| found.id), Some(account.id));
    // To the same one, and then the account goes: the address is free.
    store.change_account(account.id, &AccountChange::Email(new.clone())).await??;
    assert_eq!(store.account_by_email(&new).await?.map(|found| found.id), Some(account.id));
    store.delete_account(account.id).await??;
    let next = Account { email: new, ..given::account(backend) };
    assert_eq!(store.create_accounts(std::slice::from_ref(&next)).await?, [Creation::Created]);
    Ok(())
});

on_every_backend!(of_simultaneous_changes_to_one_address_one_wins, |backend| {
    let accounts: Vec<_> = (0..8).map(|_| given::account(backend)).collect();
    backend.store().create_accounts(&accounts).await?;
    let wanted = given::account(backend).email;
    let changes = accounts.iter().enumerate().map(|(turn, account)| {
        let (store, id, change) = (backend.server(turn), account.id, AccountChange::Email(wanted.clone()));
        tokio::spawn(async move { (id, store.change_account(id, &change).await) })
    });
    let mut winners = Vec::new();
    for change in changes.collect::<Vec<_>>() {
        let (id, told) = change.await?;
        match told? {
            Ok(_) => winners.push(id),
            Err(denied) => assert_eq!(denied, Denied::EmailTaken),
        }
    }
    let found = backend.second_server().account_by_email(&wanted).await?;
    assert_eq!(winners, found.map(|account| account.id).into_iter().collect::<Vec<_>>(), "one has it");
    assert_eq!(winners.len(), 1);
    Ok(())
});

on_every_backend!(a_walk_returns_every_account_exactly_once, |backend| {
    let store = backend.store();
    let lasting: Vec<_> = (0..100).map(|_| given::account(backend)).collect();
    store.create_accounts(&lasting).await?;
    let mut passing = vec![given::user(backend).await?];
    let (mut seen, mut after) = (BTreeMap::<UserId, usize>::new(), None);
    for _page in 0..1000 {
        let page = store.accounts(after.as_deref(), 7).await?;
        assert!(page.items.len() <= 7);
        for account in page.items {
            *seen.entry(account.id).or_default() += 1;
        }
        // Others come and go meanwhile.
        for user in passing.drain(..) {
            backend.second_server().delete_account(user).await??;
        }
        passing.push(given::user(backend).await?);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(after.is_none(), "the walk ends");
    assert!(lasting.iter().all(|account| seen.get(&account.id) == Some(&1)), "each that lasts is seen once");
    Ok(())
});

/// Creates all at the same time, each in a call of its own: the ids created, and what the others were told.
async fn claim_all(backend: &dyn Backend, accounts: Vec<Account>) -> given::Result<(Vec<UserId>, Vec<Creation>)> {
    let claims = accounts.into_iter().enumerate().map(|(turn, account)| {
        let store = backend.server(turn);
        tokio::spawn(async move { (account.id, store.create_accounts(&[account]).await) })
    });
    let (mut winners, mut losers) = (Vec::new(), Vec::new());
    for claim in join_all(claims).await {
        match claim? {
            (id, Ok(told)) if told == [Creation::Created] => winners.push(id),
            (_, told) => losers.extend(told?),
        }
    }
    Ok((winners, losers))
}
