//! A Redis Cluster of three masters.

use std::time::Duration;

use super::redis_server::RedisServer;
use super::wait::until;

const START: Duration = Duration::from_secs(30);

/// Three masters that share the slots; killed when dropped.
pub struct RedisCluster {
    pub masters: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts one on free ports.
    pub fn start() -> Self {
        let options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
        let masters: Vec<_> = (0..3).map(|_| RedisServer::start_with(&options)).collect();
        for (master, slots) in masters.iter().zip(["0 5461", "5462 10922", "10923 16383"]) {
            assert_eq!(master.command(&format!("CLUSTER ADDSLOTSRANGE {slots}")), "+OK\r\n");
            let first = masters[0].host_and_port().replace(':', " ");
            assert_eq!(master.command(&format!("CLUSTER MEET {first}")), "+OK\r\n");
        }
        let cluster = Self { masters };
        cluster.wait_until_whole();
        cluster
    }

    /// Returns when every master knows every other and all slots are served.
    pub fn wait_until_whole(&self) {
        for master in &self.masters {
            until("the cluster is whole", START, || {
                let info = master.command("CLUSTER INFO");
                (info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")).then_some(())
            });
        }
    }

    /// `redis+cluster://…`, naming one of them.
    pub fn url(&self) -> String {
        format!("redis+cluster://{}", self.masters[0].host_and_port())
    }
}
