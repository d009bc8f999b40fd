//! What happened.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use super::accounts::id_of;
use super::{
    Answer, EventQuery, EventView, KeyMaker, LOOKED_UP_AT_ONCE, MAX_LOOKED_AT, MAX_PAGE, MAX_PAGES_LOOKED_AT, Response,
    UserSelector,
};
use crate::domain::{Timestamp, UserId};
use crate::store::{EventSearch, Store, StoredEvent};

pub(super) async fn list(store: &dyn Store, keys: &KeyMaker, query: EventQuery) -> Response {
    let EventQuery { user, since, kind, newest_first, after, limit, proof } = query;
    let user = match &user {
        // Perhaps of somebody who is deleted.
        Some(UserSelector::Id(id)) => Some(*id),
        Some(who) => Some(id_of(store, who).await?),
        None => None,
    };
    let since = since.map(Timestamp::from_millis);
    let limit = limit.clamp(1, MAX_PAGE);
    let key = if proof { keys.heads() } else { None };
    let at_once = if kind.is_some() { MAX_PAGE } else { limit };
    let mut search = EventSearch { user, since, newest_first, after, limit: at_once };
    let (mut items, mut looked_at) = (Vec::new(), 0);
    for _ in 0..MAX_PAGES_LOOKED_AT {
        let page = store.list_events(&search).await?;
        looked_at += page.items.len();
        search.after = page.next;
        for stored in &page.items {
            let view = EventView::of(stored, proof, key.as_ref());
            if !kind.is_none_or(|kind| kind.wants(&view)) {
                continue;
            }
            if items.len() == limit {
                // The list goes on behind the last one that is told.
                search.after = items.last().map(|last: &EventView| last.cursor.clone());
                break;
            }
            items.push(view);
        }
        if kind.is_none() || search.after.is_none() || items.len() == limit || looked_at >= MAX_LOOKED_AT {
            break;
        }
    }
    let emails = emails(store, items.iter().filter_map(|item| item.user)).await?;
    for item in &mut items {
        item.email = item.user.and_then(|user| emails.get(&user).cloned());
    }
    Ok(Answer::Events { items, next: search.after })
}

/// Events as `bimgate events --json` prints them, each with its place in its chain. While the store does not answer, none has
/// an address.
pub async fn told(store: &dyn Store, events: &[StoredEvent]) -> Vec<EventView> {
    let mut views: Vec<_> = events.iter().map(|stored| EventView::of(stored, true, None)).collect();
    let emails = emails(store, views.iter().filter_map(|view| view.user)).await.unwrap_or_default();
    for view in &mut views {
        view.email = view.user.and_then(|user| emails.get(&user).cloned());
    }
    views
}

/// The addresses of those who are not deleted.
async fn emails(
    store: &dyn Store,
    users: impl Iterator<Item = UserId>,
) -> Result<BTreeMap<UserId, String>, super::AdminError> {
    let users: Vec<_> = users.collect::<BTreeSet<_>>().into_iter().collect();
    let mut emails = BTreeMap::new();
    for some in users.chunks(LOOKED_UP_AT_ONCE) {
        let accounts = try_join_all(some.iter().map(|user| store.account(*user))).await?;
        emails.extend(accounts.into_iter().flatten().map(|account| (account.id, account.email.as_str().to_owned())));
    }
    Ok(emails)
}
