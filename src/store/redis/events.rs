//! Events: a stream for each chain, so that servers do not queue on one key, and a list of places for each user.
//!
//! The id of an entry in its stream is when it happened and its number. A chain is registered before it is written, with when
//! it was last written. The places in a user's list are written after the entries: a crash in between leaves out some of
//! them there, and none elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::{RedisStore, scripts};
use crate::domain::{Chain, Timestamp, UserId};
use crate::store::metrics::Op;
use crate::store::{
    ChainState, EVENTS_OF_USER, EventPlace, EventSearch, Events, NewEvent, Page, Result, StoreError, StoredEvent,
};

/// How long the list of a user's places is kept after the last event, in seconds: longer than any event.
const LIST_KEPT: u64 = 800 * 86_400;
/// How many chains are read at once.
const CHAINS_AT_ONCE: usize = 8;

/// What streams answer: ids, each with its fields and values.
type Rows = Vec<(String, Vec<Vec<u8>>)>;

#[async_trait]
impl Events for RedisStore {
    async fn append_events(&self, chain: Chain, after: u64, entries: &[NewEvent]) -> Result<bool> {
        let Some(last) = entries.last() else { return Ok(true) };
        self.act(Op::Event, async {
            let mut register = redis::cmd("ZADD");
            register.arg(self.keys.chains()).arg("GT").arg(last.at.millis()).arg(&chain.to_bytes());
            self.client.command::<()>(&register).await?;
            let mut call = scripts::APPEND.on(&[self.keys.chain(chain)]);
            call.arg(after);
            let mut places: BTreeMap<UserId, Vec<Vec<u8>>> = BTreeMap::new();
            for (number, new) in (after + 1..).zip(entries) {
                call.arg(id(new.at, number)).arg(&new.entry);
                if let Some(user) = new.user {
                    let place = EventPlace { at: new.at, chain, number };
                    places.entry(user).or_default().push(place.to_bytes().to_vec());
                }
            }
            if !self.client.eval::<bool>(&call).await? {
                return Ok(false);
            }
            try_join_all(places.iter().map(async |(user, places)| {
                let mut call = scripts::LIST.on(&[self.keys.events_of(*user)]);
                call.arg(EVENTS_OF_USER).arg(LIST_KEPT).arg(places);
                self.client.eval::<()>(&call).await
            }))
            .await?;
            Ok(true)
        })
        .await
    }

    async fn list_events(&self, search: &EventSearch) -> Result<Page<StoredEvent>> {
        let after = search.place()?;
        self.act(Op::Event, async {
            match search.user {
                Some(user) => self.events_in_list(user, search, after).await,
                None => self.events_in_chains(search, after).await,
            }
        })
        .await
    }

    async fn oldest_events(&self, chain: Chain, limit: usize) -> Result<Vec<StoredEvent>> {
        let mut range = redis::cmd("XRANGE");
        range.arg(self.keys.chain(chain)).arg("-").arg("+").arg("COUNT").arg(limit);
        self.act(Op::Event, self.entries(chain, &range)).await
    }

    async fn event_chains(&self) -> Result<Vec<ChainState>> {
        self.act(Op::Event, async {
            let mut states = Vec::new();
            let mut chains = self.registered_chains().await?;
            chains.sort_unstable();
            for some in chains.chunks(CHAINS_AT_ONCE) {
                let read = some.iter().map(async |(chain, _)| {
                    let first = self.end_of(*chain, "XRANGE", ["-", "+"]).await?;
                    let last = self.end_of(*chain, "XREVRANGE", ["+", "-"]).await?;
                    Ok::<_, StoreError>(first.zip(last).map(|(first, last)| ChainState { first, last }))
                });
                states.extend(try_join_all(read).await?.into_iter().flatten());
            }
            Ok(states)
        })
        .await
    }

    async fn trim_events(&self, through: EventPlace) -> Result<()> {
        self.act(Op::Event, async {
            let mut call = scripts::TRIM.on(&[self.keys.chain(through.chain)]);
            let left: u64 = self.client.eval(call.arg(id(through.at, through.number + 1))).await?;
            if left == 0 {
                let mut forget = redis::cmd("ZREM");
                forget.arg(self.keys.chains()).arg(&through.chain.to_bytes());
                self.client.command::<()>(&forget).await?;
            }
            Ok(())
        })
        .await
    }
}

impl RedisStore {
    /// The chains, and when each was last written.
    async fn registered_chains(&self) -> Result<Vec<(Chain, Timestamp)>> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(self.keys.chains()).arg(0).arg(-1).arg("WITHSCORES");
        let rows: Vec<(Vec<u8>, f64)> = self.client.command(&range).await?;
        let read = |(name, written): (Vec<u8>, f64)| {
            let chain = Chain::from_bytes(name.try_into().ok()?)?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since the epoch")]
            Some((chain, Timestamp::from_millis(written as u64)))
        };
        rows.into_iter().map(read).collect::<Option<_>>().ok_or_else(damaged)
    }

    /// The first entry of a chain, from one of its ends.
    async fn end_of(&self, chain: Chain, command: &str, ends: [&str; 2]) -> Result<Option<StoredEvent>> {
        let mut range = redis::cmd(command);
        range.arg(self.keys.chain(chain)).arg(&ends).arg("COUNT").arg(1);
        Ok(self.entries(chain, &range).await?.pop())
    }

    /// Reads a chain by a command that answers its entries.
    async fn entries(&self, chain: Chain, command: &redis::Cmd) -> Result<Vec<StoredEvent>> {
        let rows: Rows = self.client.command(command).await?;
        let read = |(id, mut fields): (String, Vec<Vec<u8>>)| {
            let (at, number) = id.split_once('-')?;
            let at = Timestamp::from_millis(at.parse().ok()?);
            Some(StoredEvent { place: EventPlace { at, chain, number: number.parse().ok()? }, entry: fields.pop()? })
        };
        rows.into_iter().map(read).collect::<Option<_>>().ok_or_else(damaged)
    }

    /// Reads chains until no other can have an entry of this page.
    async fn events_in_chains(&self, search: &EventSearch, after: Option<EventPlace>) -> Result<Page<StoredEvent>> {
        let mut chains = self.registered_chains().await?;
        // Those that can come first, first.
        if search.newest_first {
            chains.sort_unstable_by_key(|(_, written)| std::cmp::Reverse(*written));
        } else {
            chains.sort_unstable();
        }
        let since = search.since.max(after.filter(|_| !search.newest_first).map(|after| after.at));
        chains.retain(|(_, written)| since.is_none_or(|since| *written >= since));
        let mut items: Vec<StoredEvent> = Vec::new();
        let wanted = search.limit + 1;
        for some in chains.chunks(CHAINS_AT_ONCE) {
            if let (Some(last), Some((chain, written))) = (items.get(wanted - 1), some.first()) {
                let last = last.place.at;
                if if search.newest_first { *written < last } else { chain.started > last } {
                    break;
                }
            }
            let read = some.iter().map(|(chain, _)| self.part_of_chain(*chain, search, after, wanted));
            items.extend(try_join_all(read).await?.into_iter().flatten());
            items.sort_unstable_by_key(|item| item.place);
            if search.newest_first {
                items.reverse();
            }
            items.truncate(wanted);
        }
        Ok(page(items, search.limit))
    }

    /// The first so many entries of one chain that are to be listed.
    async fn part_of_chain(
        &self,
        chain: Chain,
        search: &EventSearch,
        after: Option<EventPlace>,
        wanted: usize,
    ) -> Result<Vec<StoredEvent>> {
        let since = search.since.unwrap_or_default().millis();
        let mut command = redis::cmd(if search.newest_first { "XREVRANGE" } else { "XRANGE" });
        command.arg(self.keys.chain(chain));
        let bound = after.map(|after| match (chain.cmp(&after.chain), search.newest_first) {
            (std::cmp::Ordering::Equal, _) => format!("({}", id(after.at, after.number)),
            (std::cmp::Ordering::Less, true) | (std::cmp::Ordering::Greater, false) => after.at.millis().to_string(),
            (std::cmp::Ordering::Greater, true) => after.at.millis().saturating_sub(1).to_string(),
            (std::cmp::Ordering::Less, false) => (after.at.millis() + 1).to_string(),
        });
        if search.newest_first {
            command.arg(bound.unwrap_or_else(|| "+".to_owned())).arg(since);
        } else {
            command.arg(bound.unwrap_or_else(|| since.to_string())).arg("+");
        }
        self.entries(chain, command.arg("COUNT").arg(wanted)).await
    }

    /// Reads the places in a user's list, and what stands there.
    async fn events_in_list(
        &self,
        user: UserId,
        search: &EventSearch,
        after: Option<EventPlace>,
    ) -> Result<Page<StoredEvent>> {
        let mut list = redis::cmd("LRANGE");
        list.arg(self.keys.events_of(user)).arg(0).arg(-1);
        let places: Vec<Vec<u8>> = self.client.command(&list).await?;
        // An append whose answer was lost may have listed some twice.
        let places: BTreeSet<_> = places.iter().filter_map(|place| EventPlace::from_bytes(place)).collect();
        let mut places: Vec<_> = places.into_iter().filter(|place| search.is_listed(after, *place)).collect();
        if search.newest_first {
            places.reverse();
        }
        let read = places.iter().take(search.limit + 1).map(async |place| {
            let id = id(place.at, place.number);
            self.entries(place.chain, redis::cmd("XRANGE").arg(self.keys.chain(place.chain)).arg(&id).arg(&id)).await
        });
        let items: Vec<_> = try_join_all(read).await?.into_iter().flatten().collect();
        Ok(page(items, search.limit))
    }
}

/// The id of an entry in its stream.
fn id(at: Timestamp, number: u64) -> String {
    format!("{}-{number}", at.millis())
}

/// A page of what was read, which is one more than fits if others follow.
fn page(mut items: Vec<StoredEvent>, limit: usize) -> Page<StoredEvent> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.place.to_text());
    Page { items, next }
}

fn damaged() -> StoreError {
    StoreError::Unreadable("event: damaged".into())
}
