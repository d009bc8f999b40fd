//! A Redis with a replica, and a sentinel that watches them.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::redis_server::{RedisServer, command};
use super::wait::until;

const START: Duration = Duration::from_secs(30);

/// One master named `main`, one replica, one sentinel; killed when dropped.
pub struct RedisSentinel {
    pub master: RedisServer,
    pub replica: RedisServer,
    address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl RedisSentinel {
    /// Starts all three, and waits until the sentinel could replace the master.
    pub fn start() -> Self {
        let master = RedisServer::start();
        let at = master.host_and_port().replace(':', " ");
        let (host, port) = at.split_once(' ').expect("host and port");
        let replica = RedisServer::start_with(&["--replicaof", host, port]);
        let folder = TempDir::with_prefix("bimgate-sentinel-").expect("a folder");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let file = folder.path().join("sentinel.conf");
        let settings = format!(
            "bind 127.0.0.1\nport {}\ndir {}\nsentinel monitor main {at} 1\n\
             sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 5000\n",
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
        let all = Self { master, replica, address, child, _folder: folder };
        until("the replica follows", START, || {
            all.replica.command("INFO replication").contains("master_link_status:up").then_some(())
        });
        until("the sentinel knows the replica", START, || {
            let known = command(all.address, "SENTINEL MASTER main").ok()?;
            known.contains("num-slaves\r\n$1\r\n1\r\n").then_some(())
        });
        all
    }

    /// `redis+sentinel://…/main`
    pub fn url(&self) -> String {
        format!("redis+sentinel://{}/main", self.address)
    }
}

impl Drop for RedisSentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
