//! Which password is hashed next. Networks share the places, and some places are for requesters whom the account knows.

use std::collections::HashMap;
use std::sync::Weak;

use crate::domain::Network;

/// On whose behalf a password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requester {
    /// The network that the request comes from; `None`: an operator asks.
    pub network: Option<Network>,
    /// Whether the account knows the device or the network.
    pub known: bool,
}

/// Something to do on one of the threads.
pub(super) struct Job<T> {
    /// Dead once the caller has dropped its future.
    pub caller: Weak<()>,
    pub requester: Requester,
    pub work: T,
}

/// There is no free place.
#[derive(Debug)]
pub(super) struct Full;

/// The jobs that wait for a thread: one queue of known requesters and one of all others, served in turn.
///
/// Each has a quarter of the places to itself, so that neither keeps the other out. Within one, networks are served in
/// turn, from the /48 down to the /64, and jobs of one /64 by arrival. When all places are taken, the network with most
/// waiting jobs gives up its last one for another network's. So one network (an office behind one address) may take all
/// places while no other wants any.
pub(super) struct Queue<T> {
    known: FairQueue<T>,
    others: FairQueue<T>,
    /// Whether the last job was a known requester's.
    served_known: bool,
}

struct FairQueue<T> {
    /// By arrival.
    jobs: Vec<Job<T>>,
    /// The networks, of every level, that have waiting jobs.
    networks: HashMap<Network, Share>,
    served: u64,
}

struct Share {
    waiting: usize,
    /// The value of `served` when it was last served, or came.
    last_served: u64,
}

impl<T> Job<T> {
    fn is_abandoned(&self) -> bool {
        self.caller.strong_count() == 0
    }

    /// The networks of its requester, widest first.
    fn networks(&self) -> [Option<Network>; 3] {
        let mut levels = self.requester.network.into_iter().flat_map(Network::levels);
        let narrow = [levels.next(), levels.next(), levels.next()];
        // An IPv4 address has one level, which competes with the widest of IPv6.
        if narrow[1].is_none() { narrow } else { [narrow[2], narrow[1], narrow[0]] }
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let queue = || FairQueue { jobs: Vec::new(), networks: HashMap::new(), served: 0 };
        Self { known: queue(), others: queue(), served_known: false }
    }
}

impl<T> Queue<T> {
    pub(super) fn len(&self) -> usize {
        self.known.jobs.len() + self.others.jobs.len()
    }

    /// Adds a job, if fewer than `places` wait. Otherwise it may take the place of another job, which is returned.
    pub(super) fn push(&mut self, job: Job<T>, places: usize) -> Result<Option<Job<T>>, Full> {
        let own = places - places / 4;
        if self.len() >= places || self.line(job.requester.known).jobs.len() >= own {
            self.known.forget_abandoned();
            self.others.forget_abandoned();
        }
        let full = self.len() >= places;
        let line = self.line(job.requester.known);
        if !full && line.jobs.len() < own {
            line.push(job);
            return Ok(None);
        }
        line.exchange(job).map(Some)
    }

    /// The next job whose caller still waits.
    pub(super) fn pop(&mut self) -> Option<Job<T>> {
        while self.len() > 0 {
            let known = if self.served_known { self.others.jobs.is_empty() } else { !self.known.jobs.is_empty() };
            self.served_known = known;
            let job = self.line(known).pop()?;
            if !job.is_abandoned() {
                return Some(job);
            }
        }
        None
    }

    const fn line(&mut self, known: bool) -> &mut FairQueue<T> {
        if known { &mut self.known } else { &mut self.others }
    }
}

impl<T> FairQueue<T> {
    fn push(&mut self, job: Job<T>) {
        let now = self.served;
        for network in job.networks().into_iter().flatten() {
            self.networks.entry(network).or_insert(Share { waiting: 0, last_served: now }).waiting += 1;
        }
        self.jobs.push(job);
    }

    /// Takes a job of the network that was served longest ago.
    fn pop(&mut self) -> Option<Job<T>> {
        let last = |network: Option<Network>| network.map_or(0, |network| self.last_served(network));
        let next = self.jobs.iter().enumerate().min_by_key(|(_, job)| job.networks().map(last)).map(|(at, _)| at)?;
        let job = self.remove(next);
        self.served += 1;
        let served = self.served;
        for network in job.networks().into_iter().flatten() {
            if let Some(share) = self.networks.get_mut(&network) {
                share.last_served = served;
            }
        }
        Some(job)
    }

    /// Gives this job the place of the last job of the network with most waiting, unless its own would then have more.
    fn exchange(&mut self, job: Job<T>) -> Result<Job<T>, Full> {
        let mut among: Vec<usize> = (0..self.jobs.len()).collect();
        for level in 0..3 {
            let network = |at: &usize| self.jobs[*at].networks()[level];
            let mine = job.networks()[level];
            let Some(fullest) = among.iter().max_by_key(|at| network(at).map_or(0, |network| self.waiting(network)))
            else {
                break;
            };
            let fullest = network(fullest);
            if fullest != mine {
                let [fullest_has, mine_has] = [fullest, mine].map(|of| of.map_or(0, |network| self.waiting(network)));
                let last = among.iter().rfind(|at| network(at) == fullest);
                let Some(&last) = last.filter(|_| fullest_has > mine_has + 1) else { break };
                let given_up = self.remove(last);
                self.push(job);
                return Ok(given_up);
            }
            among.retain(|at| self.jobs[*at].networks()[level] == fullest);
        }
        Err(Full)
    }

    fn forget_abandoned(&mut self) {
        let mut at = 0;
        while at < self.jobs.len() {
            if self.jobs[at].is_abandoned() {
                self.remove(at);
            } else {
                at += 1;
            }
        }
    }

    fn remove(&mut self, at: usize) -> Job<T> {
        let job = self.jobs.remove(at);
        for network in job.networks().into_iter().flatten() {
            if let Some(share) = self.networks.get_mut(&network) {
                share.waiting -= 1;
                if share.waiting == 0 {
                    self.networks.remove(&network);
                }
            }
        }
        job
    }

    fn waiting(&self, network: Network) -> usize {
        self.networks.get(&network).map_or(0, |share| share.waiting)
    }

    fn last_served(&self, network: Network) -> u64 {
        self.networks.get(&network).map_or(0, |share| share.last_served)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    /// A queue whose callers all wait until the end.
    #[derive(Default)]
    struct Here {
        queue: Queue<()>,
        callers: Vec<Arc<()>>,
    }

    impl Here {
        fn push(&mut self, address: &str, known: bool, places: usize) -> Result<Option<Network>, &'static str> {
            let caller = Arc::new(());
            let network = Some(Network::of(address.parse().map_err(|_| "address")?));
            let requester = Requester { network, known };
            let job = Job { caller: Arc::downgrade(&caller), requester, work: () };
            self.callers.push(caller);
            let pushed = self.queue.push(job, places);
            pushed.map(|given_up| given_up.and_then(|job| job.requester.network)).map_err(|Full| "full")
        }

        /// Whose turn it is, until nobody waits.
        fn drain(&mut self) -> Result<Vec<(Network, bool)>, &'static str> {
            let mut turns = Vec::new();
            while let Some(job) = self.queue.pop() {
                turns.push((job.requester.network.ok_or("an operator's")?, job.requester.known));
            }
            Ok(turns)
        }
    }

    fn network(address: &str) -> Result<Network, std::net::AddrParseError> {
        Ok(Network::of(address.parse()?))
    }

    #[test]
    fn networks_are_served_in_turn_down_to_the_64() -> Outcome {
        let mut here = Here::default();
        let flood = ["2001:db8:1:1::", "2001:db8:1:2::", "2001:db8:1:3::", "2001:db8:1:100::", "2001:db8:1:1::"];
        for address in flood {
            here.push(address, false, 100)?;
        }
        here.push("192.0.2.1", false, 100)?;
        here.push("192.0.2.1", false, 100)?;
        let turns: Vec<_> = here.drain()?.into_iter().map(|(network, _)| network).collect();
        let order = [flood[0], "192.0.2.1", flood[3], "192.0.2.1", flood[1], flood[2], flood[4]];
        assert_eq!(turns, order.into_iter().map(network).collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    #[test]
    fn who_waits_is_not_overtaken_for_ever() -> Outcome {
        let mut here = Here::default();
        for _ in 0..3 {
            here.push("192.0.2.1", false, 100)?;
        }
        let mut served = 0;
        for host in 0..20 {
            here.push(&format!("198.51.100.{host}"), false, 100)?;
            here.push(&format!("203.0.113.{host}"), false, 100)?;
            let next = here.queue.pop().and_then(|job| job.requester.network);
            served += u32::from(next == Some(network("192.0.2.1")?));
        }
        assert_eq!(served, 3, "although two others came for each one that was served");
        Ok(())
    }

    #[test]
    fn one_network_takes_what_nobody_else_wants_and_gives_it_up_for_others() -> Outcome {
        let mut here = Here::default();
        for host in 0..6_u8 {
            // Of one /48, each from its own /64.
            assert_eq!(here.push(&format!("2001:db8:1:{host}::"), false, 8)?, None);
        }
        assert_eq!(here.push("2001:db8:1:9::", false, 8), Err("full"), "a quarter is for known ones");
        for host in 1..=3 {
            assert_eq!(
                here.push(&format!("192.0.2.{host}"), false, 8)?,
                Some(network(&format!("2001:db8:1:{}::", 6 - host))?)
            );
        }
        let of_48 = here.queue.others.jobs.iter().filter(|job| job.networks()[1].is_some()).count();
        assert_eq!((of_48, here.queue.len()), (3, 6));
        assert_eq!(here.push("192.0.2.4", true, 8)?, None);
        assert_eq!(here.push("192.0.2.4", true, 8)?, None);
        assert_eq!(here.push("192.0.2.5", true, 8)?, Some(network("192.0.2.4")?));
        assert_eq!(here.push("192.0.2.6", true, 8), Err("full"));
        Ok(())
    }

    #[test]
    fn known_ones_and_others_are_served_in_turn() -> Outcome {
        let mut here = Here::default();
        for host in 0..4 {
            here.push(&format!("192.0.2.{host}"), false, 100)?;
        }
        for host in 4..6 {
            here.push(&format!("192.0.2.{host}"), true, 100)?;
        }
        let turns: Vec<_> = here.drain()?.into_iter().map(|(_, known)| known).collect();
        assert_eq!(turns, [true, false, true, false, false, false]);
        Ok(())
    }

    #[test]
    fn whoever_went_away_leaves_nothing_behind() -> Outcome {
        let mut here = Here::default();
        for host in 0..6 {
            here.push(&format!("192.0.2.{host}"), false, 8)?;
        }
        here.callers.clear();
        here.push("192.0.2.9", false, 8)?;
        assert_eq!((here.queue.len(), here.queue.others.networks.len()), (1, 1));
        here.drain()?;
        assert!(here.queue.others.networks.is_empty());
        Ok(())
    }
}
