//! Old events go, by age and by number, each lane by itself.
//!
//! They go in the order of time, across all chains of a lane. So the event that tells how far a chain was trimmed stays as
//! long as what it proves.

use std::time::Duration;

use super::chain::hash_of;
use crate::domain::event::Lane;
use crate::domain::{Chain, ChainEnd, Timestamp};
use crate::settings::EventSettings;
use crate::store::{ChainState, EventPlace, Events, Result, StoredEvent};

/// How many entries of a lane are looked at in one round, together.
const AT_ONCE: usize = 1_000;
/// How many of each chain at least.
const OF_EACH: usize = 20;
/// One of so many goes besides when there are too many.
const SLACK: usize = 50;
/// A chain that was not written for so long is of a process that has ended: it may go wholly.
const ENDED_AFTER: Duration = Duration::from_secs(86_400);
/// How many chains a lane has, but for those of processes that run.
const MAX_CHAINS: usize = 1_000;

/// With which entry the part of each chain of a lane ends that is too old or too much, and where it is. Nothing is removed yet:
/// what is removed is told first, so that a crash in between leaves nothing untold. Looks at a bounded part.
pub(super) async fn plan(
    store: &(impl Events + ?Sized),
    settings: &EventSettings,
    lane: Lane,
    now: Timestamp,
) -> Result<Vec<(EventPlace, ChainEnd)>> {
    let mut chains = store.event_chains().await?;
    chains.retain(|state| state.last.place.chain.lane == lane);
    let keep = match lane {
        Lane::Acts => settings.keep,
        Lane::Refusals => settings.keep_refusals,
    };
    let kept_for = u64::try_from(settings.keep_for().as_millis()).unwrap_or(u64::MAX);
    let oldest = Timestamp::from_millis(now.millis().saturating_sub(kept_for));
    let held = chains.iter().map(ChainState::count).sum::<u64>();
    let held = usize::try_from(held).unwrap_or(usize::MAX);
    // A little more than must go, so that telling of it does not make the next round.
    let surplus = if held > keep { held - (keep - keep / SLACK) } else { 0 };
    let abandoned = chains.len().saturating_sub(MAX_CHAINS);
    if surplus == 0 && abandoned == 0 && chains.iter().all(|state| state.first.place.at >= oldest) {
        return Ok(Vec::new());
    }
    let of_each = (AT_ONCE / chains.len().max(1)).max(OF_EACH);
    let mut heads = Vec::with_capacity(chains.len());
    for state in &chains {
        heads.push((state, store.oldest_events(state.last.place.chain, of_each).await?));
    }
    // What comes later than this was not looked at in every chain.
    let longer = heads.iter().filter(|(state, head)| state.count() > head.len() as u64);
    let seen_until =
        longer.filter_map(|(_, head)| head.last()).map(|last| last.place.at).min().unwrap_or(Timestamp::MAX);
    let mut places: Vec<_> = heads.iter().flat_map(|(_, head)| head).map(|entry| entry.place).collect();
    places.sort_unstable();
    let by_number = surplus.checked_sub(1).and_then(|place| places.get(place).or(places.last()));
    let until = by_number.map(|place| place.at).unwrap_or_default().min(seen_until);
    heads.sort_unstable_by_key(|(state, _)| state.last.place);
    let mut ends = Vec::new();
    for (place, (state, head)) in heads.iter().enumerate() {
        let goes = |entry: &&StoredEvent| {
            let at = entry.place.at;
            at <= until && surplus > 0 || at < oldest && at <= seen_until || place < abandoned && has_ended(state, now)
        };
        let mut count = head.iter().take_while(goes).count();
        if count as u64 == state.count() && !has_ended(state, now) {
            // Whoever appends to it must find where it ends.
            count -= 1;
        }
        let Some(last) = count.checked_sub(1).and_then(|last| head.get(last)) else { continue };
        let end = ChainEnd { chain: last.place.chain, number: last.place.number, hash: hash_of(&last.entry) };
        ends.push((last.place, end));
    }
    Ok(ends)
}

/// Whether nobody will append to a chain any more.
fn has_ended(state: &ChainState, now: Timestamp) -> bool {
    let place = state.last.place;
    place.chain != Chain::COMMANDS && now.since(place.at) > ENDED_AFTER
}

/// The chains to name in a head of this one: those that were written last.
pub(super) fn ends(mut chains: Vec<ChainState>, own: Chain, most: usize) -> Vec<ChainEnd> {
    chains.retain(|state| state.last.place.chain != own);
    chains.sort_unstable_by_key(|state| std::cmp::Reverse(state.last.place));
    let end = |state: ChainState| {
        let place = state.last.place;
        ChainEnd { chain: place.chain, number: place.number, hash: hash_of(&state.last.entry) }
    };
    chains.into_iter().take(most).map(end).collect()
}
