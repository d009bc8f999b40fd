//! The suite on a Redis Cluster of three masters, where users, their addresses, and logins under way lie on different servers.

use std::sync::{Mutex, Weak};

use crate::redis::Redis;
use crate::support::redis_cluster::RedisCluster;
use crate::support::shared::shared;

static SHARED: Mutex<Weak<RedisCluster>> = Mutex::new(Weak::new());

pub fn start() -> Result<Redis<RedisCluster>, Box<dyn std::error::Error + Send + Sync>> {
    let cluster = shared(&SHARED, RedisCluster::start);
    let url = cluster.url();
    Redis::on(cluster, &url)
}
