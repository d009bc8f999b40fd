//! One user at a time.

use super::{AccountView, Answer, Change, Failure, MAX_PAGE, NewAccount, Response, Who};
use crate::domain::{Timestamp, UserId};
use crate::store::{Creation, Store};

pub(super) async fn add(store: &dyn Store, now: Timestamp, account: NewAccount) -> Response {
    let account = account.into_account(now);
    match store.create_accounts(std::slice::from_ref(&account)).await?.first() {
        Some(Creation::Created) => Ok(Answer::Account(AccountView::of(&account, None))),
        Some(Creation::EmailTaken(by)) => Err(Failure::EmailTaken(*by)),
        Some(Creation::IdTaken) => Err(Failure::IdTaken),
        None => Err(Failure::Unavailable("the store did not say what became of the account".to_owned())),
    }
}

pub(super) async fn show(store: &dyn Store, who: &Who) -> Response {
    let id = id_of(store, who).await?;
    let holdings = store.holdings(id).await?.ok_or(Failure::NoSuchUser)?;
    Ok(Answer::Account(AccountView::of(&holdings.account, Some(holdings.sessions.len()))))
}

pub(super) async fn list(store: &dyn Store, after: Option<&str>, limit: usize) -> Response {
    let page = store.accounts(after, limit.min(MAX_PAGE)).await?;
    let items = page.items.iter().map(|account| AccountView::of(account, None)).collect();
    Ok(Answer::Accounts { items, next: page.next })
}

pub(super) async fn change(store: &dyn Store, who: &Who, change: Change) -> Response {
    let id = id_of(store, who).await?;
    let account = store.change_account(id, &change.into()).await?.ok_or(Failure::NoSuchUser)?;
    Ok(Answer::Account(AccountView::of(&account, None)))
}

pub(super) async fn delete(store: &dyn Store, who: &Who) -> Response {
    let id = id_of(store, who).await?;
    if store.delete_account(id).await? { Ok(Answer::Deleted) } else { Err(Failure::NoSuchUser) }
}

/// The id of the user an operator means. Whether there is an account with a given id, the next step finds out.
pub(super) async fn id_of(store: &dyn Store, who: &Who) -> Result<UserId, Failure> {
    match who {
        Who::Id(id) => Ok(*id),
        Who::Email(email) => Ok(store.account_by_email(email).await?.ok_or(Failure::NoSuchUser)?.id),
    }
}
