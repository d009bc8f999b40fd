//! Bounds the connections: in all, and from one network.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio::sync::Notify;

use crate::domain::Network;

/// How often the log says that a network has too many connections.
const WARN_INTERVAL: Duration = Duration::from_secs(60);

/// The places for connections to one listener.
pub(super) struct Places {
    max: usize,
    max_per_network: usize,
    exempt: Vec<IpNet>,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    total: usize,
    by_network: HashMap<Network, usize>,
    warned: Option<Instant>,
}

/// One connection's place, free again when dropped.
pub struct ConnectionSlot {
    places: Arc<Places>,
    /// The network it counts for, unless it is exempt.
    network: Option<Network>,
}

impl Places {
    pub(super) fn new(max: usize, max_per_network: usize, exempt: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { max, max_per_network, exempt, taken: Mutex::default(), freed: Notify::new() })
    }

    /// Takes a place for a connection from this address; `None` if its network has as many as it may.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionSlot> {
        self.take_one_of(usize::MAX, peer)
    }

    /// The same for one of several requests on a connection, which does not wait for a place: `None` also if there is none.
    pub(super) fn take_at_once(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionSlot> {
        self.take_one_of(self.max, peer)
    }

    fn take_one_of(self: &Arc<Self>, places: usize, peer: IpAddr) -> Option<ConnectionSlot> {
        let peer = peer.to_canonical();
        let network = self.counts(peer).then(|| Network::of(peer));
        let mut taken = self.taken();
        if taken.total >= places {
            return None;
        }
        for level in network.into_iter().flat_map(Network::levels) {
            if taken.by_network.get(&level).is_some_and(|count| *count >= self.max_per_network) {
                self.warn(&mut taken, peer);
                return None;
            }
        }
        for level in network.into_iter().flat_map(Network::levels) {
            *taken.by_network.entry(level).or_default() += 1;
        }
        taken.total += 1;
        Some(ConnectionSlot { places: Arc::clone(self), network })
    }

    /// Whether what comes from this address counts for its network.
    pub(super) fn counts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        !self.exempt.iter().any(|network| network.contains(&peer))
    }

    fn warn(&self, taken: &mut Taken, peer: IpAddr) {
        let now = Instant::now();
        if taken.warned.is_none_or(|warned| now - warned >= WARN_INTERVAL) {
            taken.warned = Some(now);
            tracing::warn!(
                %peer,
                limit = self.max_per_network,
                "connections are refused: their network has as many as server.max_connections_per_network allows; \
                 if that is your reverse proxy, name it in server.trusted_proxies"
            );
        }
    }

    /// How many connections to close, so that a sixteenth of all places is free for newcomers.
    pub(super) fn surplus(&self) -> usize {
        self.taken().total.saturating_sub(self.max - self.max / 16)
    }

    /// Ready when a place is free.
    pub(super) async fn room(&self) {
        self.wait_until(|total| total < self.max).await;
    }

    /// Ready when no place is taken.
    pub(super) async fn empty(&self) {
        self.wait_until(|total| total == 0).await;
    }

    async fn wait_until(&self, is_met: impl Fn(usize) -> bool) {
        loop {
            let freed = self.freed.notified();
            if is_met(self.taken().total) {
                return;
            }
            freed.await;
        }
    }

    /// Locked for a few instructions only, none of which can panic.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionSlot {
    /// Whether the connection counts for its network.
    pub(super) const fn is_counted(&self) -> bool {
        self.network.is_some()
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        let was_full = taken.total >= self.places.max;
        taken.total -= 1;
        for level in self.network.into_iter().flat_map(Network::levels) {
            if let Some(count) = taken.by_network.get_mut(&level) {
                *count -= 1;
                if *count == 0 {
                    taken.by_network.remove(&level);
                }
            }
        }
        if was_full || taken.total == 0 {
            self.places.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn take(places: &Arc<Places>, address: &str) -> Option<ConnectionSlot> {
        places.take(address.parse().ok()?)
    }

    #[test]
    fn a_network_has_its_share_at_every_width() {
        let places = Places::new(100, 2, vec![]);
        let first = take(&places, "2001:db8::1");
        let neighbour = take(&places, "2001:db8:0:ff::1");
        assert!(first.is_some() && neighbour.is_some());
        assert!(take(&places, "2001:db8:0:7700::1").is_none(), "the /48 is full");
        assert!(take(&places, "2001:db8:1::1").is_some() && take(&places, "192.0.2.1").is_some());
        drop(first);
        assert!(take(&places, "2001:db8:0:7700::1").is_some());
        drop(neighbour);
        assert!(places.taken().by_network.is_empty() && places.taken().total == 0);
    }

    #[test]
    fn trusted_proxies_are_bounded_by_the_whole_alone() -> Result<(), Box<dyn std::error::Error>> {
        let places = Places::new(3, 1, vec!["10.0.0.0/8".parse()?]);
        let proxies = [(); 3].map(|()| take(&places, "::ffff:10.0.0.1"));
        assert!(proxies.iter().all(Option::is_some) && places.room().now_or_never().is_none());
        drop(proxies);
        assert!(places.room().now_or_never().is_some() && places.empty().now_or_never().is_some());
        Ok(())
    }

    #[test]
    fn room_is_made_before_all_is_taken() {
        let places = Places::new(32, 32, vec![]);
        let taken: Vec<_> = (0..30).map(|_| take(&places, "192.0.2.1")).collect();
        assert_eq!(places.surplus(), 0);
        let _one_more = take(&places, "192.0.2.2");
        assert_eq!((taken.len(), places.surplus()), (30, 1));
    }
}
