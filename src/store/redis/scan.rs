//! Walking over all users, server by server of a cluster, by `SCAN`.
//!
//! `SCAN` finds every key that exists throughout, but may repeat some when the server shrinks its table: those that
//! share a bucket of the smaller table, which it has just returned. So the cursor of a page names the users that came
//! last. The next page leaves them out, and a page may end in the middle of an answer.

use std::collections::VecDeque;
use std::time::Instant;

use futures_util::future::try_join_all;
use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use uuid::Uuid;

use super::RedisStore;
use super::client::unavailable;
use super::cluster::masters;
use super::connect::Connection;
use crate::domain::{Account, UserId};
use crate::store::{Page, Result, StoreError};

/// Where a walk is: the server, by its place among all, and that server's cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ScanCursor {
    server: usize,
    cursor: u64,
}

/// How many keys one `SCAN` examines.
const LOOKED_AT: usize = 50;
/// How many users the cursor of a page names.
const REMEMBERED: usize = 128;

impl RedisStore {
    /// A page of accounts, see [`crate::store::Accounts::accounts`].
    pub(super) async fn page(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>> {
        let (mut place, mut seen) = match after {
            None => (ScanCursor::default(), VecDeque::new()),
            Some(text) => read(text).ok_or(StoreError::NoSuchPlace)?,
        };
        let (mut items, began) = (Vec::new(), Instant::now());
        loop {
            let (keys, next) = self.look(place, self.keys.users()).await?;
            let mut users: Vec<_> = keys.iter().filter_map(|key| self.keys.user_of(key)).collect();
            users.retain(|user| !seen.contains(user));
            let fits = users.len() <= limit - items.len();
            users.truncate(limit - items.len());
            seen.extend(&users);
            seen.drain(..seen.len().saturating_sub(REMEMBERED));
            items.extend(
                try_join_all(users.into_iter().map(|user| self.account_with(user))).await?.into_iter().flatten(),
            );
            if fits {
                let Some(next) = next else { return Ok(Page { items, next: None }) };
                place = next;
            }
            // Users may be few among many other keys: a short page in time is better than none.
            if items.len() >= limit || !fits || began.elapsed() >= self.shared.limit / 2 {
                return Ok(Page { items, next: Some(write(place, &seen)) });
            }
        }
    }

    /// Some keys that match a pattern, perhaps none, and where to look next; `None` at the end.
    pub(super) async fn look(&self, place: ScanCursor, pattern: Vec<u8>) -> Result<(Vec<Vec<u8>>, Option<ScanCursor>)> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(place.cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(LOOKED_AT);
        let mut servers = 1;
        let (cursor, keys): (u64, Vec<Vec<u8>>) = match self.client.connection().await? {
            Connection::One(_) => self.client.command(&scan).await?,
            Connection::Cluster(mut cluster) => {
                let masters = masters(&mut cluster).await?;
                servers = masters.len();
                let Some(master) = masters.get(place.server) else { return Ok((Vec::new(), None)) };
                let route = SingleNodeRoutingInfo::SpecificNode(Route::new(master.first_slot, SlotAddr::Master));
                let answer = cluster.route_command(scan, RoutingInfo::SingleNode(route)).await;
                let answer = answer.and_then(|value| Ok(redis::from_redis_value(value.extract_error()?)?));
                answer.map_err(|error| unavailable(&error))?
            }
        };
        let next = match cursor {
            0 if place.server + 1 >= servers => None,
            0 => Some(ScanCursor { server: place.server + 1, cursor: 0 }),
            cursor => Some(ScanCursor { cursor, ..place }),
        };
        Ok((keys, next))
    }
}

impl ScanCursor {
    pub(super) fn to_text(self) -> String {
        format!("{}.{}", self.server, self.cursor)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (server, cursor) = text.split_once('.')?;
        // No cluster has more servers than slots, of which there are 16,384.
        Some(Self { server: server.parse::<u16>().ok()?.into(), cursor: cursor.parse().ok()? })
    }
}

fn write(place: ScanCursor, seen: &VecDeque<UserId>) -> String {
    let seen: String = seen.iter().map(|user| user.0.simple().to_string()).collect();
    format!("{}:{seen}", place.to_text())
}

fn read(text: &str) -> Option<(ScanCursor, VecDeque<UserId>)> {
    let (place, seen) = text.split_once(':')?;
    let seen = seen.as_bytes().as_chunks::<32>().0.iter().map(|digits| Uuid::try_parse_ascii(digits).map(UserId));
    Some((ScanCursor::parse(place)?, seen.collect::<std::result::Result<_, _>>().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_survives_the_caller(
            server in any::<u16>(),
            cursor in any::<u64>(),
            seen in proptest::collection::vec(any::<u128>(), 0..REMEMBERED),
        ) {
            let seen: VecDeque<_> = seen.into_iter().map(|n| UserId(Uuid::from_u128(n))).collect();
            let place = ScanCursor { server: server.into(), cursor };
            prop_assert_eq!(read(&write(place, &seen)), Some((place, seen)));
        }

        #[test]
        fn arbitrary_text_names_a_place_or_none(text in "(?s).{0,80}|[0-9]{0,22}\\.[0-9]{0,22}:[0-9a-f]{0,70}") {
            if let Some((place, _)) = read(&text) {
                // The next server's number must fit as well.
                prop_assert!(place.server < usize::MAX);
            }
        }
    }

    #[test]
    fn a_place_from_elsewhere_is_none() {
        for text in ["elsewhere", ".:", "0.0", "65536.0:", "18446744073709551615.0:"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
