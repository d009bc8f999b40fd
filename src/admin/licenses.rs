//! Licences that native clients have borrowed.

use futures_util::future::try_join_all;

use super::{Answer, BorrowView, LOOKED_UP_AT_ONCE, MAX_PAGE, Response};
use crate::store::Store;

pub(super) async fn list(store: &dyn Store) -> Response {
    let (borrows, out) = store.licenses(MAX_PAGE).await?;
    let mut items = Vec::with_capacity(borrows.len());
    for borrows in borrows.chunks(LOOKED_UP_AT_ONCE) {
        let accounts = try_join_all(borrows.iter().map(|borrow| store.account(borrow.user))).await?;
        items.extend(borrows.iter().zip(&accounts).map(|(borrow, account)| BorrowView::of(borrow, account.as_ref())));
    }
    Ok(Answer::Licenses { items, out })
}
