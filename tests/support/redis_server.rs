//! A real Redis server of a test's own.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::wait::until;

const START: Duration = Duration::from_secs(20);

/// A running `redis-server`, every acknowledged write on disk; killed when dropped.
pub struct RedisServer {
    folder: TempDir,
    options: Vec<String>,
    address: SocketAddr,
    child: Child,
}

impl RedisServer {
    /// Starts one on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// As [`Self::start`], with more options as on Redis' command line.
    pub fn start_with(options: &[&str]) -> Self {
        let folder = TempDir::with_prefix("bimgate-redis-").expect("a folder");
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        // Another program may take the port before Redis does: then Redis ends at once, and another is tried.
        for _ in 0..10 {
            let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = free.local_addr().expect("bound");
            drop(free);
            let mut child = spawn(&folder, address, &options);
            if ready(address, &mut child) {
                return Self { folder, options, address, child };
            }
        }
        panic!("redis-server does not start");
    }

    /// `redis://…`
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Where its data lies.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Kills it as a crash does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on the same port and data, after [`Self::kill`].
    pub fn restart(&mut self) {
        self.begin_restart();
        assert!(ready(self.address, &mut self.child), "redis-server does not start again");
    }

    /// As [`Self::restart`], without waiting until it has loaded its data.
    pub fn begin_restart(&mut self) {
        self.child = spawn(&self.folder, self.address, &self.options);
    }

    /// Stops it from doing anything, its connections left open, until [`Self::thaw`].
    pub fn freeze(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).expect("it runs");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).expect("it runs");
    }

    /// `127.0.0.1:…`
    pub fn host_and_port(&self) -> String {
        self.address.to_string()
    }

    /// Sends one command, its words separated by spaces; what came back first, as it came.
    pub fn command(&self, words: &str) -> String {
        self.try_command(words).expect("redis-server answers")
    }

    /// As [`Self::command`], when it may not run.
    pub fn try_command(&self, words: &str) -> std::io::Result<String> {
        command(self.address, words)
    }

    /// A number that `INFO` tells.
    pub fn info(&self, name: &str) -> u64 {
        let all = self.command("INFO");
        let line = all.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no number {name}: {all}"))
    }
}

/// Sends one command to a server, as [`RedisServer::command`] does.
pub fn command(address: SocketAddr, words: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(START))?;
    stream.write_all(format!("{words}\r\n").as_bytes())?;
    let mut answer = vec![0; 65_536];
    let read = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..read]).into_owned())
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(folder: &TempDir, address: SocketAddr, options: &[String]) -> Child {
    let log = File::options().create(true).append(true).open(folder.path().join("redis.log")).expect("a file");
    let port = address.port().to_string();
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "yes", "--appendfsync", "always"])
        .arg("--dir")
        .arg(folder.path())
        .args(options)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed (./scripts/test installs it; Debian: apt-get install redis-server)")
}

/// False if it ended.
fn ready(address: SocketAddr, child: &mut Child) -> bool {
    until("redis-server is ready", START, || {
        if child.try_wait().expect("a child").is_some() {
            return Some(false);
        }
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(START)).ok()?;
        stream.write_all(b"PING\r\n").ok()?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).ok()?;
        (answer == *b"+PONG\r\n").then_some(true)
    })
}
