use std::sync::Arc;

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A queue whose callers all wait until the end.
#[derive(Default)]
struct Here {
    queue: Queue,
    callers: Vec<Arc<()>>,
}

impl Here {
    fn push(&mut self, address: &str, known: bool, places: usize) -> Result<Option<Network>, &'static str> {
        let caller = Arc::new(());
        let network = Some(Network::of(address.parse().map_err(|_| "address")?));
        let requester = Requester { network, known };
        let job = Job { caller: Arc::downgrade(&caller), requester, work: Box::new(|_| ()) };
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
