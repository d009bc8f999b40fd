//! The masters of a cluster, from the answer to `CLUSTER SLOTS`.

use std::collections::BTreeMap;

use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use redis::{FromRedisValue, Value, from_redis_value};

use super::client::unavailable;
use super::connect::Address;
use crate::store::Result;

/// A server of a cluster that serves slots.
pub(super) struct Master {
    pub(super) first_slot: u16,
    /// `None`: the cluster does not say.
    pub(super) address: Option<Address>,
}

/// The masters, by their first slots.
pub(super) async fn masters(cluster: &mut ClusterConnection) -> Result<Vec<Master>> {
    let anyone = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
    let slots = cluster.route_command(redis::cmd("CLUSTER").arg("SLOTS").clone(), anyone).await;
    Ok(read(slots.map_err(|error| unavailable(&error))?))
}

/// Each range of slots is its first and last slot, its master, and its replicas; a master is host, port, id, and more.
fn read(slots: Value) -> Vec<Master> {
    let mut by_id = BTreeMap::new();
    for range in array(slots) {
        let [first, _last, master, ..] = &array(range)[..] else { continue };
        let [host, port, id, ..] = &array(master.clone())[..] else { continue };
        let (Some(first), Some(port), Some(id)) = (value::<u16>(first), value(port), value::<String>(id)) else {
            continue;
        };
        let host: Option<String> = value(host);
        let address = host.filter(|host| !host.is_empty()).map(|host| (host, port));
        let master = by_id.entry(id).or_insert(Master { first_slot: first, address });
        master.first_slot = master.first_slot.min(first);
    }
    let mut masters: Vec<_> = by_id.into_values().collect();
    masters.sort_unstable_by_key(|master| master.first_slot);
    masters
}

fn array(answer: Value) -> Vec<Value> {
    from_redis_value(answer).unwrap_or_default()
}

fn value<T: FromRedisValue>(part: &Value) -> Option<T> {
    from_redis_value(part.clone()).ok()
}
