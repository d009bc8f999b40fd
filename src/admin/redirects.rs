//! Where browsers may be sent after a login.

use super::{AdminError, Answer, MAX_PAGE, Response};
use crate::domain::RedirectTarget;
use crate::store::Store;

/// How much text a page carries, in bytes: well below a line on the socket.
const PAGE_BYTES: usize = 1 << 20;

pub(super) async fn add(store: &dyn Store, url: &RedirectTarget) -> Response {
    let there = store.is_redirect_registered(url.as_str()).await?;
    if !there && !store.register_redirect(url.as_str()).await? {
        return Err(AdminError::TooManyRedirects);
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

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::clock::SystemClock;
    use crate::store::embedded::EmbeddedStore;

    /// Every page there is.
    async fn pages(store: &dyn Store, limit: usize) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let answer = list(store, after.as_deref(), limit).await?;
            let Answer::Redirects { items, next } = answer else { return Err("another answer".into()) };
            pages.push(items);
            after = next;
            if after.is_none() {
                return Ok(pages);
            }
        }
    }

    #[tokio::test]
    async fn a_long_list_is_read_page_by_page() -> Result<(), Box<dyn Error>> {
        let store = EmbeddedStore::throw_away(Arc::new(SystemClock), Duration::from_secs(10))?;
        let url = |n: usize| format!("https://example.org/{n:04}{}", "x".repeat(if n < 900 { 2000 } else { 0 }));
        let urls: Vec<_> = (0..1910).map(url).collect();
        for url in &urls {
            add(&store, &RedirectTarget::parse(url)?).await?;
        }
        let pages = pages(&store, usize::MAX).await?;
        assert_eq!(pages.concat(), urls, "each once, in order");
        assert!(pages.len() > 2, "{} pages", pages.len());
        for page in &pages {
            assert!(page.len() <= MAX_PAGE && page.iter().map(String::len).sum::<usize>() <= PAGE_BYTES);
        }
        assert_eq!(self::pages(&store, 0).await?.len(), urls.len(), "a page is never empty");
        Ok(())
    }
}
