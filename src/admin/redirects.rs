//! Where browsers may be sent after a login.

use super::{Answer, Failure, MAX_PAGE, Response};
use crate::domain::RedirectTarget;
use crate::store::Store;

/// How much text a page carries, in bytes: well below a line on the socket.
const PAGE_BYTES: usize = 1 << 20;

pub(super) async fn add(store: &dyn Store, url: &RedirectTarget) -> Response {
    let there = store.is_redirect_registered(url.as_str()).await?;
    if !there && !store.register_redirect(url.as_str()).await? {
        return Err(Failure::TooManyRedirects);
    }
    Ok(Answer::Redirect { url: url.to_string(), changed: !there })
}

pub(super) async fn remove(store: &dyn Store, url: &RedirectTarget) -> Response {
    let changed = store.unregister_redirect(url.as_str()).await?;
    Ok(Answer::Redirect { url: url.to_string(), changed })
}

pub(super) async fn list(store: &dyn Store, after: Option<&str>, limit: usize) -> Response {
    let mut all = store.redirects().await?;
    let from = after.map_or(0, |after| all.partition_point(|url| url.as_str() <= after));
    let mut items = all.split_off(from);
    let mut bytes = 0;
    let fits = items.iter().take(limit.clamp(1, MAX_PAGE)).take_while(|url| {
        bytes += url.len();
        bytes <= PAGE_BYTES
    });
    let count = fits.count();
    let more = items.len() > count;
    items.truncate(count);
    let next = items.last().filter(|_| more).cloned();
    Ok(Answer::Redirects { items, next })
}
