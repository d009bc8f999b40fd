//! Licences that native clients have borrowed.

use futures_util::future::try_join_all;

use super::{Answer, BorrowView, MAX_PAGE, Response};
use crate::store::Store;

/// How many accounts are looked up at once: enough to fill a pipeline to the store.
const AT_ONCE: usize = 64;

pub(super) async fn list(store: &dyn Store) -> Response {
    let (borrows, out) = store.licenses(MAX_PAGE).await?;
    let mut items = Vec::with_capacity(borrows.len());
    for borrows in borrows.chunks(AT_ONCE) {
        let accounts = try_join_all(borrows.iter().map(|borrow| store.account(borrow.user))).await?;
        items.extend(borrows.iter().zip(&accounts).map(|(borrow, account)| BorrowView::of(borrow, account.as_ref())));
    }
    Ok(Answer::Licenses { items, out })
}
