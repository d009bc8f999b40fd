//! The keys that sign bearers.

use super::{Answer, KeyView, Response};
use crate::domain::Timestamp;
use crate::store::Store;

pub(super) async fn list(store: &dyn Store, now: Timestamp) -> Response {
    Ok(Answer::Keys(KeyView::of_ring(&store.key_ring().await?, now)))
}
