//! `Events`: chains that grow at one end, read together in the order of time.

use std::time::Duration;

use bimgate::domain::event::Lane;
use bimgate::domain::{Chain, Timestamp, UserId};
use bimgate::store::{EventPlace, EventSearch, NewEvent, Store, StoreError, StoredEvent};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::given;

const START: u64 = 1_700_000_000_000;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

fn chain(process: u32) -> Chain {
    Chain { started: at(0), process, lane: Lane::Acts }
}

fn new(millis: u64, user: Option<UserId>, text: &str) -> NewEvent {
    NewEvent { at: at(millis), user, entry: text.as_bytes().to_vec() }
}

/// Every entry that a search finds, in pages of `limit`.
async fn found(store: &dyn Store, search: EventSearch) -> given::Result<Vec<String>> {
    let (mut texts, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_events(&EventSearch { after, ..search.clone() }).await?;
        assert!(page.items.len() <= search.limit, "a page is no longer than asked for");
        texts.extend(page.items.into_iter().map(|item| String::from_utf8_lossy(&item.entry).into_owned()));
        after = page.next;
        if after.is_none() {
            return Ok(texts);
        }
    }
}

fn all(limit: usize, newest_first: bool) -> EventSearch {
    EventSearch { limit, newest_first, ..EventSearch::default() }
}

on_every_backend!(events_are_listed_in_the_order_of_time_whichever_chain_they_are_of, |backend| {
    let (one, other) = (backend.store(), backend.second_server());
    assert!(one.append_events(chain(1), 0, &[new(10, None, "a"), new(30, None, "c")]).await?);
    assert!(other.append_events(chain(2), 0, &[new(20, None, "b"), new(30, None, "d")]).await?);
    assert!(one.append_events(chain(1), 2, &[new(30, None, "c2"), new(50, None, "f")]).await?);
    assert!(other.append_events(chain(2), 2, &[new(40, None, "e")]).await?);
    let order = ["a", "b", "c", "c2", "d", "e", "f"];
    let reversed: Vec<_> = order.iter().rev().copied().collect();
    for limit in [1, 2, 3, 100] {
        assert_eq!(found(&*other, all(limit, false)).await?, order, "{limit}");
        assert_eq!(found(&*one, all(limit, true)).await?, reversed, "{limit}");
    }
    let since = |millis, newest_first| EventSearch { since: Some(at(millis)), ..all(2, newest_first) };
    assert_eq!(found(&*one, since(30, false)).await?, order[2..]);
    assert_eq!(found(&*one, since(30, true)).await?, reversed[..5]);
    assert!(found(&*one, since(51, false)).await?.is_empty());
    let elsewhere = one.list_events(&EventSearch { after: Some("elsewhere".into()), ..all(1, true) }).await;
    assert!(matches!(elsewhere, Err(StoreError::NoSuchPlace)), "{elsewhere:?}");
    Ok(())
});

on_every_backend!(the_events_of_a_user_are_found_by_the_user, |backend| {
    let store = backend.store();
    let [user, other] = [1, 2].map(|id| UserId(Uuid::from_u128(id)));
    let events = (0..20).map(|n| new(n, Some(if n % 2 == 0 { user } else { other }), &n.to_string()));
    let events: Vec<_> = events.collect();
    assert!(store.append_events(chain(1), 0, &events).await?);
    let of = |user, newest_first| EventSearch { user: Some(user), ..all(3, newest_first) };
    let even: Vec<_> = (0..10).map(|n| (n * 2).to_string()).collect();
    assert_eq!(found(&*backend.second_server(), of(user, false)).await?, even);
    let backwards: Vec<_> = even.iter().rev().cloned().collect();
    assert_eq!(found(&*store, of(user, true)).await?, backwards);
    let late = EventSearch { since: Some(at(15)), ..of(other, false) };
    assert_eq!(found(&*store, late).await?, ["15", "17", "19"]);
    assert!(found(&*store, of(UserId(Uuid::from_u128(3)), true)).await?.is_empty());
    Ok(())
});

on_every_backend!(an_entry_is_appended_after_the_one_that_is_named_or_not_at_all, |backend| {
    let store = backend.store();
    let first = [new(1, None, "a"), new(2, None, "b")];
    assert!(store.append_events(chain(1), 0, &first).await?);
    assert!(store.append_events(chain(1), 0, &first).await?, "the same once more: its answer was lost");
    for after in [0, 1, 3] {
        assert!(!store.append_events(chain(1), after, &[new(3, None, "x")]).await?, "{after}");
    }
    assert!(!store.append_events(chain(1), 0, &[new(1, None, "a"), new(2, None, "x")]).await?, "others");
    assert_eq!(found(&*store, all(10, false)).await?, ["a", "b"]);
    Ok(())
});

on_every_backend!(of_simultaneous_appends_after_one_entry_one_wins, |backend| {
    for after in 0..5 {
        let appends = (0..16).map(|turn| {
            let store = backend.server(turn);
            let entry = [new(after, None, &format!("{after} {turn}"))];
            tokio::spawn(async move { store.append_events(chain(1), after, &entry).await })
        });
        let won: Vec<bool> = join_all(appends)
            .await
            .into_iter()
            .map(|done| Ok::<_, Box<dyn std::error::Error + Send + Sync>>(done??))
            .collect::<Result<_, _>>()?;
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
    }
    assert_eq!(found(&*backend.store(), all(10, false)).await?.len(), 5);
    Ok(())
});

on_every_backend!(chains_are_trimmed_at_their_old_end, |backend| {
    let store = backend.store();
    let user = UserId(Uuid::from_u128(1));
    let events: Vec<_> = (1..=5).map(|n| new(n, Some(user), &n.to_string())).collect();
    assert!(store.append_events(chain(1), 0, &events).await?);
    assert!(store.append_events(chain(2), 0, &events[..1]).await?);
    let oldest = store.oldest_events(chain(1), 2).await?;
    let place = |number| EventPlace { at: at(number), chain: chain(1), number };
    let entry = |number: u64| StoredEvent { place: place(number), entry: number.to_string().into_bytes() };
    assert_eq!(oldest, [entry(1), entry(2)]);

    store.trim_events(oldest[1].place).await?;
    store.trim_events(oldest[1].place).await?;
    let states = backend.second_server().event_chains().await?;
    let state = states.iter().find(|state| state.first.place.chain == chain(1)).ok_or("gone")?;
    assert_eq!((&state.first, &state.last, state.count()), (&entry(3), &entry(5), 3));
    assert_eq!(found(&*store, all(10, false)).await?, ["1", "3", "4", "5"], "one is of another chain");
    let of_user = EventSearch { user: Some(user), ..all(10, true) };
    assert_eq!(found(&*store, of_user).await?, ["5", "4", "3", "1"]);
    assert!(store.append_events(chain(1), 5, &[new(6, None, "6")]).await?, "it goes on as it was");

    store.trim_events(place(6)).await?;
    let left: Vec<_> = store.event_chains().await?.into_iter().map(|state| state.first.place.chain).collect();
    assert_eq!(left, [chain(2)], "a chain without entries is gone");
    Ok(())
});

on_every_backend!(pages_go_on_where_they_ended_while_others_append, |backend| {
    let (store, mut after, mut seen) = (backend.store(), None, Vec::new());
    for turn in 0..10_u64 {
        let process = u32::try_from(turn % 3)?;
        let events = [new(turn * 2, None, &format!("{turn}a")), new(turn * 2 + 1, None, &format!("{turn}b"))];
        assert!(store.append_events(chain(process), turn / 3 * 2, &events).await?);
        let page = backend.second_server().list_events(&EventSearch { after: after.clone(), ..all(2, false) }).await?;
        seen.extend(page.items.iter().map(|item| String::from_utf8_lossy(&item.entry).into_owned()));
        after = page.items.last().map(|item| item.place.to_text()).or(after);
        backend.pass(Duration::from_millis(1)).await;
    }
    let expected: Vec<_> = (0..10).flat_map(|turn| [format!("{turn}a"), format!("{turn}b")]).collect();
    assert_eq!(seen, expected);
    Ok(())
});
