//! Who comes over from the old service.

use super::views::ArrivalView;
use super::{Answer, MAX_PAGE, Response};
use crate::auth::Upstream;
use crate::domain::Timestamp;
use crate::store::Store;

pub(super) async fn list(store: &dyn Store, after: Option<&str>, limit: usize) -> Response {
    let page = store.accounts(after, limit.min(MAX_PAGE)).await?;
    let items = page.items.iter().filter_map(ArrivalView::of).collect();
    Ok(Answer::Arrivals { items, next: page.next })
}

/// Until when the old service is asked, where the settings do not say.
pub(super) async fn until(store: &dyn Store, now: Timestamp) -> Response {
    Ok(Answer::UpstreamUntil(store.upstream_until(now.plus(Upstream::ASKED_FOR)).await?.millis()))
}
