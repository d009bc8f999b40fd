//! What a command does to the store itself, where no server has it. All commands share one chain.

use super::chain::{Link, stored};
use crate::domain::{Chain, Event};
use crate::store::{Events, Result, StoredEvent};

/// How often to begin again when other commands append at the same time.
const TRIES: usize = 8;

/// Appends the events of a command. Their entries; `None` if others were always faster.
///
/// # Errors
/// The store's.
pub async fn append_of_command(store: &(impl Events + ?Sized), events: &[Event]) -> Result<Option<Vec<StoredEvent>>> {
    for _ in 0..TRIES {
        let chains = store.event_chains().await?;
        let last = chains.into_iter().map(|state| state.last).find(|last| last.place.chain == Chain::COMMANDS);
        let link = last.map_or_else(
            || Link::new(Chain::COMMANDS),
            |last| Link::after(Chain::COMMANDS, last.place.number, last.place.at, &last.entry),
        );
        let (entries, _) = link.append(None, events);
        if store.append_events(Chain::COMMANDS, link.end.number, &entries).await? {
            return Ok(Some(stored(link.end, entries).collect()));
        }
    }
    Ok(None)
}
