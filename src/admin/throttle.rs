//! Who is throttled, and who is let in before time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use super::accounts::id_of;
use super::views::iso;
use super::{
    AdminError, Answer, EventView, KeyMaker, MAX_PAGE, Response, StandingView, ThrottleView, ThrottledUserView,
    ThrottledView, UserSelector,
};
use crate::auth::Throttles;
use crate::domain::event::Outcome;
use crate::domain::{Account, Network, Timestamp, UserId};
use crate::store::{EVENTS_OF_USER, EventSearch, Store};

/// In how many networks a user is looked for.
const MAX_NETWORKS: usize = 8;
/// How far back throttled logins are told, in milliseconds.
const LATELY: u64 = 3_600_000;
/// In how many pages of events they are looked for.
const PAGES: usize = 5;
/// How many addresses are told.
const MAX_ADDRESSES: usize = 100;
/// How many users are looked at, to tell those who are held up at this moment.
const MAX_USERS: usize = 50;

pub(super) async fn show(store: &dyn Store, keys: &KeyMaker, who: &UserSelector, network: Option<Network>) -> Response {
    let (account, throttles) = (account(store, who).await?, keys.throttles()?);
    let networks = networks(store, &account, network).await?;
    Ok(Answer::Throttle(look(store, &throttles, &account, &networks).await?))
}

pub(super) async fn lift(store: &dyn Store, keys: &KeyMaker, who: &UserSelector, network: Option<Network>) -> Response {
    let (account, throttles) = (account(store, who).await?, keys.throttles()?);
    let networks = networks(store, &account, network).await?;
    let ThrottleView { networks: there, elsewhere, codes } = look(store, &throttles, &account, &networks).await?;
    throttles.lift_account(store, account.id, &account.email, &networks).await?;
    let empty = there.into_iter().chain([elsewhere, codes]).flat_map(|standing| standing.empty);
    let own = empty.filter(|empty| !empty.is_of_network()).map(|empty| (empty.bucket, empty.network));
    Ok(Answer::Lifted { lifted: own.collect::<BTreeSet<_>>().len(), network: None })
}

pub(super) async fn show_network(store: &dyn Store, keys: &KeyMaker, network: Network) -> Response {
    let standing = keys.throttles()?.of_network_alone(store, network).await?;
    Ok(Answer::NetworkThrottle(StandingView::of(&standing, Some(network))))
}

pub(super) async fn lift_network(store: &dyn Store, keys: &KeyMaker, network: Network) -> Response {
    let throttles = keys.throttles()?;
    let lifted = throttles.of_network_alone(store, network).await?.empty.len();
    throttles.lift_network(store, network).await?;
    Ok(Answer::Lifted { lifted, network: keys.settings().log.client_address.shown(network.first()) })
}

/// Throttled logins, as events tell of them.
struct Lately {
    times: u64,
    last: Timestamp,
    /// From where, the latest first.
    networks: Vec<Network>,
}

impl Default for Lately {
    fn default() -> Self {
        Self { times: 0, last: Timestamp::from_millis(0), networks: Vec::new() }
    }
}

impl Lately {
    fn count(&mut self, event: &EventView, at: Timestamp) {
        self.times += u64::from(event.times.unwrap_or(1));
        self.last = self.last.max(at);
        let network = event.address.as_deref().and_then(Network::parse);
        let has_room = self.networks.len() < MAX_NETWORKS;
        self.networks.extend(network.filter(|network| has_room && !self.networks.contains(network)));
    }
}

/// Of the events of the last hour, or of as many as are looked at, those of throttled logins: by address, and by user,
/// of whom those are told who are held up at this moment. The buckets themselves are keyed digests.
pub(super) async fn list(store: &dyn Store, keys: &KeyMaker, now: Timestamp) -> Response {
    let mut since = Timestamp::from_millis(now.millis().saturating_sub(LATELY));
    let mut addresses: BTreeMap<Option<String>, Lately> = BTreeMap::new();
    let mut users: BTreeMap<UserId, Lately> = BTreeMap::new();
    let mut after = None;
    for page in 1..=PAGES {
        let search = EventSearch { user: None, since: Some(since), newest_first: true, after, limit: MAX_PAGE };
        let events = store.list_events(&search).await?;
        for stored in &events.items {
            let event = EventView::of(stored, false, None);
            if event.outcome.as_deref() == Some(Outcome::Throttled.as_str()) {
                if let Some(user) = event.user {
                    users.entry(user).or_default().count(&event, stored.place.at);
                }
                addresses.entry(event.address.clone()).or_default().count(&event, stored.place.at);
            }
        }
        after = events.next;
        if after.is_none() {
            break;
        }
        if let Some(oldest) = events.items.last().filter(|_| page == PAGES) {
            since = oldest.place.at;
        }
    }
    let view = |(address, Lately { times, last, .. })| ThrottledView { address, times, last: iso(last) };
    let items = most(addresses, MAX_ADDRESSES).into_iter().map(view).collect();
    let users = held_up(store, keys, most(users, MAX_USERS)).await?;
    Ok(Answer::Throttled { items, users, since: iso(since) })
}

/// Those with the most attempts, at most so many.
fn most<Of>(found: BTreeMap<Of, Lately>, count: usize) -> Vec<(Of, Lately)> {
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, lately)| Reverse((lately.times, lately.last)));
    found.truncate(count);
    found
}

/// Those of these users who are there, and whose next attempt is not let in at once.
async fn held_up(
    store: &dyn Store,
    keys: &KeyMaker,
    users: Vec<(UserId, Lately)>,
) -> Result<Vec<ThrottledUserView>, AdminError> {
    let mut held_up = Vec::new();
    if users.is_empty() {
        return Ok(held_up);
    }
    let throttles = keys.throttles()?;
    for (user, Lately { times, last, networks }) in users {
        let Some(account) = store.account(user).await? else { continue };
        let throttle = look(store, &throttles, &account, &networks).await?;
        if throttle.is_throttled() {
            let email = account.email.as_str().to_owned();
            held_up.push(ThrottledUserView { user, email, times, last: iso(last), throttle });
        }
    }
    Ok(held_up)
}

async fn account(store: &dyn Store, who: &UserSelector) -> Result<Account, AdminError> {
    store.account(id_of(store, who).await?).await?.ok_or(AdminError::NoSuchUser)
}

/// The network that was named, or else those that events tell of: an account's buckets cannot be listed.
async fn networks(store: &dyn Store, account: &Account, named: Option<Network>) -> Result<Vec<Network>, AdminError> {
    if let Some(network) = named {
        return Ok(vec![network]);
    }
    let user = Some(account.id);
    let search = EventSearch { user, newest_first: true, limit: EVENTS_OF_USER, ..EventSearch::default() };
    let mut networks = Vec::new();
    for stored in &store.list_events(&search).await?.items {
        let event = EventView::of(stored, false, None);
        let tried = event.address.filter(|_| event.outcome.is_some());
        if let Some(network) = tried.as_deref().and_then(Network::parse)
            && !networks.contains(&network)
        {
            networks.push(network);
        }
    }
    networks.truncate(MAX_NETWORKS);
    Ok(networks)
}

async fn look(
    store: &dyn Store,
    throttles: &Throttles,
    account: &Account,
    networks: &[Network],
) -> Result<ThrottleView, AdminError> {
    let there = networks.iter().map(async |network| {
        let standing = throttles.of_account_in(store, &account.email, *network).await?;
        Ok::<_, AdminError>(StandingView::of(&standing, Some(*network)))
    });
    let networks = try_join_all(there).await?;
    let elsewhere = throttles.of_account_elsewhere(store, &account.email).await?;
    let codes = throttles.of_codes(store, account.id).await?;
    Ok(ThrottleView { networks, elsewhere: StandingView::of(&elsewhere, None), codes: StandingView::of(&codes, None) })
}
