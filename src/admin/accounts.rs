//! One user at a time.

use futures_util::future::try_join_all;

use super::operator::Reach;
use super::{
    AccountView, AdminError, Answer, AppPasswordView, Change, LOOKED_UP_AT_ONCE, MAX_LOOKED_AT, MAX_PAGE,
    MAX_PAGES_LOOKED_AT, MAX_UNLINKED, MAX_WHOLE_PAGE, NewAccount, Response, UserFilter, UserSelector,
};
use crate::domain::{Account, AccountChange, Denied, LinkPurpose, Timestamp, TokenDigest, UserId};
use crate::store::{Creation, Store};

pub(super) async fn add(store: &dyn Store, now: Timestamp, account: NewAccount) -> Response {
    let account = account.into_account(now);
    match store.create_accounts(std::slice::from_ref(&account)).await?.first() {
        Some(Creation::Created) => Ok(Answer::Account(AccountView::whole(&account, None, now).into())),
        Some(Creation::EmailTaken(by)) => Err(AdminError::EmailTaken(*by)),
        Some(Creation::IdTaken) => Err(AdminError::IdTaken),
        None => Err(AdminError::Unavailable("the store did not say what became of the account".to_owned())),
    }
}

pub(super) async fn show(store: &dyn Store, now: Timestamp, who: &UserSelector) -> Response {
    let id = id_of(store, who).await?;
    let state = store.user_state(id).await?.ok_or(AdminError::NoSuchUser)?;
    let sessions = state.clients.len() + state.directory.len();
    Ok(Answer::Account(AccountView::whole(&state.account, Some(sessions), now).into()))
}

pub(super) async fn app_passwords(store: &dyn Store, who: &UserSelector) -> Response {
    let account = store.account(id_of(store, who).await?).await?.ok_or(AdminError::NoSuchUser)?;
    Ok(Answer::AppPasswords(account.app_passwords.iter().map(AppPasswordView::of).collect()))
}

pub(super) async fn list(
    store: &dyn Store,
    now: Timestamp,
    mut after: Option<String>,
    limit: usize,
    profiles: bool,
    filter: &UserFilter,
) -> Response {
    let limit = limit.min(if profiles { MAX_WHOLE_PAGE } else { MAX_PAGE });
    let view = |account: &Account| {
        if profiles { AccountView::with_profile(account, now) } else { AccountView::brief(account) }
    };
    let filter = filter.folded();
    let (mut items, mut looked_at) = (Vec::new(), 0);
    for _ in 0..MAX_PAGES_LOOKED_AT {
        // No more than are wanted, since the list goes on where the page of the store ends.
        let page = store.accounts(after.as_deref(), limit.saturating_sub(items.len())).await?;
        looked_at += page.items.len();
        items.extend(page.items.iter().filter(|account| filter.wants(account)).map(view));
        after = page.next;
        if filter.is_of_all() || after.is_none() || items.len() >= limit || looked_at >= MAX_LOOKED_AT {
            break;
        }
    }
    Ok(Answer::Accounts { items, next: after })
}

pub(super) async fn change(
    store: &dyn Store,
    now: Timestamp,
    reach: Reach,
    who: &UserSelector,
    change: Change,
) -> Response {
    let id = id_of(store, who).await?;
    let change = change.at(now)?;
    let account = match (store.change_account(id, &reach.bounds(change.clone())).await?, &change) {
        (Err(Denied::EmailTaken), AccountChange::Email(email)) => {
            let holder = store.account_by_email(email).await?;
            return Err(holder.map_or_else(|| Denied::EmailTaken.into(), |holder| AdminError::EmailTaken(holder.id)));
        }
        (changed, _) => changed?,
    };
    if matches!(change, AccountChange::Unlink { .. }) {
        tracing::info!(user = %id, "unlinked from the identity provider by an operator");
    }
    Ok(Answer::Account(AccountView::whole(&account, None, now).into()))
}

pub(super) async fn add_link(
    store: &dyn Store,
    now: Timestamp,
    reach: Reach,
    user: UserId,
    purpose: LinkPurpose,
    digest: TokenDigest,
) -> Response {
    let link = AccountChange::AddLink(digest, now.plus(purpose.lifetime()));
    let account = store.change_account(user, &reach.bounds(link)).await??;
    Ok(Answer::Account(AccountView::whole(&account, None, now).into()))
}

pub(super) async fn unlink(store: &dyn Store, reach: Reach, issuer: &str, after: Option<&str>) -> Response {
    let page = store.accounts(after, MAX_UNLINKED).await?;
    let is_of = |account: &Account| account.profile.subject.as_ref().is_some_and(|known| *known.issuer == *issuer);
    let linked: Vec<_> = page.items.iter().filter(|account| is_of(account)).map(|account| account.id).collect();
    let change = reach.bounds(AccountChange::Unlink { issuer: Some(issuer.into()) });
    let mut count = 0;
    for some in linked.chunks(LOOKED_UP_AT_ONCE) {
        let unlinked = try_join_all(some.iter().map(|user| store.change_account(*user, &change))).await?;
        for account in unlinked.into_iter().flatten() {
            tracing::info!(user = %account.id, issuer, "unlinked from the identity provider by an operator");
            count += 1;
        }
    }
    Ok(Answer::Unlinked { count, next: page.next })
}

pub(super) async fn delete(store: &dyn Store, reach: Reach, who: &UserSelector) -> Response {
    let id = id_of(store, who).await?;
    if let Some(account) = store.account(id).await? {
        reach.judge(&account)?;
    }
    store.delete_account(id).await??;
    Ok(Answer::Deleted)
}

/// The id of the user an operator means. Whether there is an account with a given id, the next step finds out.
pub(super) async fn id_of(store: &dyn Store, who: &UserSelector) -> Result<UserId, AdminError> {
    match who {
        UserSelector::Id(id) => Ok(*id),
        UserSelector::Email(email) => Ok(store.account_by_email(email).await?.ok_or(AdminError::NoSuchUser)?.id),
    }
}
