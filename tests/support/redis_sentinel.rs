//! A Redis with a replica, and sentinels that watch them.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::redis_server::{RedisServer, command};
use super::wait::until;

const START: Duration = Duration::from_secs(60);

/// One primary named `main`, one replica, and sentinels; killed when dropped.
pub struct RedisSentinel {
    pub primary: RedisServer,
    pub replica: RedisServer,
    sentinels: Vec<Sentinel>,
}

struct Sentinel {
    address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl RedisSentinel {
    /// Starts all with one sentinel, and waits until it could replace the primary.
    pub fn start() -> Self {
        Self::start_with(1)
    }

    /// As [`Self::start`], with this many sentinels, of which more than half must agree.
    pub fn start_with(sentinels: usize) -> Self {
        let primary = RedisServer::start();
        let at = primary.host_and_port().replace(':', " ");
        let (host, port) = at.split_once(' ').expect("host and port");
        let replica = RedisServer::start_with(&["--replicaof", host, port]);
        let quorum = sentinels / 2 + 1;
        let sentinels = (0..sentinels).map(|_| Sentinel::start(&format!("{at} {quorum}"))).collect();
        let all = Self { primary, replica, sentinels };
        until("the replica follows", START, || {
            all.replica.command("INFO replication").contains("master_link_status:up").then_some(())
        });
        let others = all.sentinels.len() - 1;
        for sentinel in &all.sentinels {
            until("the sentinel knows the replica and the others", START, || {
                let known = command(sentinel.address, "SENTINEL MASTER main").ok()?;
                let number = |name, count: usize| known.contains(&format!("{name}\r\n$1\r\n{count}\r\n"));
                (number("num-slaves", 1) && number("num-other-sentinels", others)).then_some(())
            });
        }
        all
    }

    /// `redis+sentinel://…/main`
    pub fn url(&self) -> String {
        let addresses: Vec<_> = self.sentinels.iter().map(|sentinel| sentinel.address.to_string()).collect();
        format!("redis+sentinel://{}/main", addresses.join(","))
    }

    /// Returns when the replica has what the primary has acknowledged so far.
    pub fn replicate(&self) {
        let written = self.primary.info("master_repl_offset");
        until("the replica has it", START, || (self.replica.info("slave_repl_offset") >= written).then_some(()));
    }

    /// Keeps the sentinels from making the primary a replica once it has been replaced, so that it believes for as long
    /// as the test lasts that it is the primary.
    pub fn keep_primary(&self) {
        assert_eq!(self.primary.command("ACL SETUSER default -slaveof -replicaof"), "+OK\r\n");
    }

    /// Has a sentinel replace the primary, which is well, and returns when all sentinels name the replica.
    pub fn fail_over(&self) {
        until("the failover begins", START, || {
            (command(self.sentinels[0].address, "SENTINEL FAILOVER main").ok()? == "+OK\r\n").then_some(())
        });
        self.wait_until_replaced();
    }

    /// Returns when all sentinels name the replica.
    pub fn wait_until_replaced(&self) {
        let replica = self.replica.host_and_port();
        let (_, port) = replica.split_once(':').expect("host and port");
        for sentinel in &self.sentinels {
            until("the primary is replaced", START, || {
                let named = command(sentinel.address, "SENTINEL GET-MASTER-ADDR-BY-NAME main").ok()?;
                named.contains(port).then_some(())
            });
        }
    }
}

impl Sentinel {
    fn start(watched: &str) -> Self {
        let folder = TempDir::with_prefix("bimgate-sentinel-").expect("a folder");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let file = folder.path().join("sentinel.conf");
        let settings = format!(
            "bind 127.0.0.1\nport {}\ndir {}\nsentinel monitor main {watched}\n\
             sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n",
            address.port(),
            folder.path().display(),
        );
        fs::write(&file, settings).expect("a file");
        let child = Command::new("redis-server")
            .arg(&file)
            .arg("--sentinel")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed (./scripts/test installs it; Debian: apt-get install redis-server)");
        Self { address, child, _folder: folder }
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
