//! Events: by chain and number, with an index by time and one by user.

use std::ops::Bound;

use async_trait::async_trait;
use redb::ReadableTable as _;

use super::EmbeddedStore;
use super::schema::{Snapshot, TxnError};
use super::txn::Txn;
use crate::domain::{Chain, Timestamp, UserId};
use crate::store::metrics::Op;
use crate::store::{ChainState, EventPlace, EventSearch, Events, NewEvent, Page, Result, StoreError, StoredEvent};

#[async_trait]
impl Events for EmbeddedStore {
    async fn append_events(&self, chain: Chain, after: u64, entries: &[NewEvent]) -> Result<bool> {
        let entries = entries.to_vec();
        let act = move |txn: &mut Txn<'_>| {
            let name = chain.to_bytes();
            let last = txn.tables.events.range((&name, 0)..=(&name, u64::MAX))?.next_back().transpose()?;
            let number = last.as_ref().map_or(0, |(key, _)| key.value().1);
            if number != after {
                let Some(((_, stands), new)) = last.zip(entries.last()) else { return Ok(false) };
                let (_, _, entry) = parts(stands.value()).map_err(TxnError::Record)?;
                return Ok(number == after + entries.len() as u64 && *entry == *new.entry);
            }
            drop(last);
            for (number, new) in (after + 1..).zip(&entries) {
                let place = EventPlace { at: new.at, chain, number }.to_bytes();
                let user = new.user.map_or([0; 16], |user| user.0.into_bytes());
                let value = [&place[..6], &user, &new.entry].concat();
                txn.tables.events.insert((&name, number), value.as_slice())?;
                txn.tables.events_by_time.insert(&place, ())?;
                if new.user.is_some() {
                    txn.tables.events_by_user.insert((&user, &place), ())?;
                }
                txn.changed = true;
            }
            Ok(true)
        };
        self.write(Op::Event, act).await
    }

    async fn list_events(&self, search: &EventSearch) -> Result<Page<StoredEvent>> {
        let after = search.place()?;
        self.read(Op::Event, |snapshot| {
            let (from, to) = bounds(search, after);
            let (from, to) = (from.as_ref(), to.as_ref());
            let places = match search.user {
                None => {
                    let range = snapshot.events_by_time.range::<&Place>((from, to)).map_err(TxnError::from)?;
                    let places = range.map(|entry| entry.map(|(place, _)| *place.value()));
                    listed(search, places)?
                }
                Some(user) => {
                    let user = user.0.as_bytes();
                    let key = |place| (user, place);
                    let first = match from {
                        Bound::Unbounded => Bound::Included(key(&[0; EventPlace::BYTES])),
                        bound => bound.map(key),
                    };
                    let last = match to {
                        Bound::Unbounded => Bound::Included(key(&[u8::MAX; EventPlace::BYTES])),
                        bound => bound.map(key),
                    };
                    let range = snapshot.events_by_user.range::<(&[u8; 16], &Place)>((first, last));
                    let places = range.map_err(TxnError::from)?.map(|entry| entry.map(|(key, _)| *key.value().1));
                    listed(search, places)?
                }
            };
            let more = places.len() > search.limit;
            let items: Result<Vec<_>> =
                places.into_iter().take(search.limit).map(|place| snapshot.stored_event(place)).collect();
            let items = items?;
            let next = items.last().filter(|_| more).map(|last| last.place.to_text());
            Ok(Page { items, next })
        })
    }

    async fn oldest_events(&self, chain: Chain, limit: usize) -> Result<Vec<StoredEvent>> {
        let name = chain.to_bytes();
        self.read(Op::Event, |snapshot| {
            let range = snapshot.events.range((&name, 0)..=(&name, u64::MAX)).map_err(TxnError::from)?;
            let stored = range.take(limit).map(|entry| {
                let (key, value) = entry.map_err(TxnError::from)?;
                let (at, _, entry) = parts(value.value())?;
                let place = EventPlace { at, chain, number: key.value().1 };
                Ok(StoredEvent { place, entry: entry.to_vec() })
            });
            stored.collect()
        })
    }

    async fn event_chains(&self) -> Result<Vec<ChainState>> {
        self.read(Op::Event, |snapshot| {
            let mut chains = Vec::new();
            let mut after = Bound::Unbounded;
            loop {
                let from = after.as_ref().map(|name| (name, u64::MAX));
                let first = snapshot.events.range::<(&[u8; Chain::BYTES], u64)>((from, Bound::Unbounded));
                let Some(first) = first.map_err(TxnError::from)?.next() else { break };
                let (key, value) = first.map_err(TxnError::from)?;
                let name = *key.value().0;
                let last = snapshot.events.range((&name, 0)..=(&name, u64::MAX)).map_err(TxnError::from)?.next_back();
                let Some(last) = last else { break };
                let (last_key, last) = last.map_err(TxnError::from)?;
                let stored = |number, value: &[u8]| {
                    let chain = Chain::from_bytes(name).ok_or_else(damaged)?;
                    let (at, _, entry) = parts(value)?;
                    Ok::<_, StoreError>(StoredEvent { place: EventPlace { at, chain, number }, entry: entry.to_vec() })
                };
                chains.push(ChainState {
                    first: stored(key.value().1, value.value())?,
                    last: stored(last_key.value().1, last.value())?,
                });
                after = Bound::Excluded(name);
            }
            Ok(chains)
        })
    }

    async fn trim_events(&self, through: EventPlace) -> Result<()> {
        let act = move |txn: &mut Txn<'_>| {
            let name = through.chain.to_bytes();
            let gone = txn.tables.events.extract_from_if((&name, 0)..=(&name, through.number), |_, _| true)?;
            for entry in gone {
                let (key, value) = entry?;
                let (at, user, _) = parts(value.value()).map_err(TxnError::Record)?;
                let place = EventPlace { at, chain: through.chain, number: key.value().1 }.to_bytes();
                txn.tables.events_by_time.remove(&place)?;
                if let Some(user) = user {
                    txn.tables.events_by_user.remove((user.0.as_bytes(), &place))?;
                }
                txn.changed = true;
            }
            Ok(())
        };
        self.write(Op::Event, act).await
    }
}

type Place = [u8; EventPlace::BYTES];

impl Snapshot {
    fn stored_event(&self, place: Place) -> Result<StoredEvent> {
        let place = EventPlace::from_bytes(&place).ok_or_else(damaged)?;
        let value = self.events.get((&place.chain.to_bytes(), place.number)).map_err(TxnError::from)?;
        let value = value.ok_or_else(damaged)?;
        let (_, _, entry) = parts(value.value())?;
        Ok(StoredEvent { place, entry: entry.to_vec() })
    }
}

/// From where to where to look.
fn bounds(search: &EventSearch, after: Option<EventPlace>) -> (Bound<Place>, Bound<Place>) {
    let since = search.since.map_or(Bound::Unbounded, |since| {
        let mut place = [0; EventPlace::BYTES];
        place[..6].copy_from_slice(&since.millis().to_be_bytes()[2..]);
        Bound::Included(place)
    });
    match after.map(|after| Bound::Excluded(after.to_bytes())) {
        None => (since, Bound::Unbounded),
        Some(after) if search.newest_first => (since, after),
        Some(after) => (after, Bound::Unbounded),
    }
}

/// The places of a page, and one more if others follow.
fn listed(
    search: &EventSearch,
    mut places: impl DoubleEndedIterator<Item = std::result::Result<Place, redb::StorageError>>,
) -> Result<Vec<Place>> {
    let next = || if search.newest_first { places.next_back() } else { places.next() };
    let places: std::result::Result<Vec<_>, _> = std::iter::from_fn(next).take(search.limit + 1).collect();
    Ok(places.map_err(TxnError::from)?)
}

/// When an entry happened, whom it concerns, and the entry.
fn parts(value: &[u8]) -> Result<(Timestamp, Option<UserId>, &[u8])> {
    let (at, rest) = value.split_first_chunk::<6>().ok_or_else(damaged)?;
    let (user, entry) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
    let mut millis = [0; 8];
    millis[2..].copy_from_slice(at);
    let user = Some(UserId(uuid::Uuid::from_bytes(*user))).filter(|user| !user.0.is_nil());
    Ok((Timestamp::from_millis(u64::from_be_bytes(millis)), user, entry))
}

fn damaged() -> StoreError {
    StoreError::Unreadable("event: damaged".into())
}
