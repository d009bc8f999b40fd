//! `Accounts`: finding, creating, changing, deleting, listing.

use bimgate::store::Creation;
use futures_util::future::join_all;

use crate::Outcome;
use crate::backend::Backend;
use crate::given;

pub async fn an_account_is_found_by_id_and_by_address(backend: &dyn Backend) -> Outcome {
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
}

pub async fn of_simultaneous_claims_on_an_address_one_wins(backend: &dyn Backend) -> Outcome {
    let email = given::account(backend).email;
    let claims = (0..32).map(|turn| {
        let account = bimgate::domain::Account { email: email.clone(), ..given::account(backend) };
        let store = if turn % 2 == 0 { backend.store() } else { backend.second_server() };
        tokio::spawn(async move { (account.id, store.create_accounts(&[account]).await) })
    });
    let mut winners = Vec::new();
    let mut beaten_by = Vec::new();
    for claim in join_all(claims).await {
        let (id, outcome) = claim?;
        match outcome?[..] {
            [Creation::Created] => winners.push(id),
            [Creation::EmailTaken(owner)] => beaten_by.push(owner),
            ref other => panic!("{other:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert!(beaten_by.iter().all(|owner| *owner == winners[0]), "the losers are told who won");
    assert_eq!(backend.store().account_by_email(&email).await?.map(|account| account.id), Some(winners[0]));
    Ok(())
}
