//! The browsers in which a user stays signed on.

use std::cmp::Reverse;

use super::accounts::id_of;
use super::{AdminError, Answer, Response, SignOnView, UserSelector};
use crate::domain::{AccountChange, SignOn, Timestamp, UserId};
use crate::store::Store;

pub(super) async fn list(store: &dyn Store, now: Timestamp, who: &UserSelector) -> Response {
    let mut signed_on = signed_on(store, id_of(store, who).await?, now).await?;
    signed_on.sort_by_key(|sign_on| Reverse(sign_on.proven));
    Ok(Answer::SignOns(signed_on.iter().map(SignOnView::of).collect()))
}

pub(super) async fn end(store: &dyn Store, now: Timestamp, who: &UserSelector) -> Response {
    let user = id_of(store, who).await?;
    let count = signed_on(store, user, now).await?.len();
    store.change_account(user, &AccountChange::SignOffEverywhere).await??;
    tracing::info!(%user, count, "single sign-on ended by an operator");
    Ok(Answer::SignedOff(count))
}

pub(super) async fn waive(store: &dyn Store, now: Timestamp, who: &UserSelector) -> Response {
    let user = id_of(store, who).await?;
    let count = signed_on(store, user, now).await?.len();
    store.change_account(user, &AccountChange::Waive).await??;
    tracing::info!(%user, count, "an operator waived that the person be asked again; single sign-on ended");
    Ok(Answer::SignedOff(count))
}

async fn signed_on(store: &dyn Store, user: UserId, now: Timestamp) -> Result<Vec<SignOn>, AdminError> {
    let mut sign_ons = store.account(user).await?.ok_or(AdminError::NoSuchUser)?.profile.sign_ons;
    sign_ons.retain(|sign_on| sign_on.expires > now);
    Ok(sign_ons)
}
