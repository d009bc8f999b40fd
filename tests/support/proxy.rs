//! Real reverse proxies, each a program of a test's own, and a service for them to lead to.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;
use uuid::Uuid;

use super::wait::until;

const START: Duration = Duration::from_secs(45);

/// A running proxy, killed when dropped.
pub struct Proxy {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    folder: TempDir,
}

impl Proxy {
    /// nginx with this in its `http` block, which must listen on `listen`.
    pub fn nginx(listen: SocketAddr, http: &str) -> Self {
        let paths =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {kind};"));
        let main = "daemon off; master_process off; pid nginx.pid; error_log stderr; events { }";
        let config = format!("{main}\nhttp {{ access_log off; {}\n{http}\n}}\n", paths.join(" "));
        Self::start(listen, &config, |folder| {
            let mut nginx = Command::new("nginx");
            nginx.arg("-p").arg(folder.path()).args(["-e", "stderr", "-c", "config"]);
            nginx
        })
    }

    /// `haproxy` with this configuration, which must listen on `listen`.
    pub fn haproxy(listen: SocketAddr, config: &str) -> Self {
        Self::start(listen, config, |_| {
            let mut haproxy = Command::new("haproxy");
            haproxy.args(["-db", "-f", "config"]);
            haproxy
        })
    }

    /// Caddy with this Caddyfile, which must listen on `listen`.
    pub fn caddy(listen: SocketAddr, config: &str) -> Self {
        let config = format!("{{\n    admin off\n    auto_https off\n}}\n{config}");
        Self::start(listen, &config, |folder| {
            let mut caddy = Command::new("caddy");
            caddy.args(["run", "--adapter", "caddyfile", "--config", "config"]);
            caddy.env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
            caddy
        })
    }

    fn start(listen: SocketAddr, config: &str, command: impl Fn(&TempDir) -> Command) -> Self {
        let folder = TempDir::with_prefix("bimgate-").expect("a folder");
        fs::write(folder.path().join("config"), config).expect("written");
        let said = fs::File::create(folder.path().join("said")).expect("a file");
        let mut program = command(&folder);
        let program = program.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let mut proxy = Self { child: program.spawn().expect("it is installed"), address: listen, folder };
        until("the proxy listens", START, || {
            if let Some(status) = proxy.child.try_wait().expect("a child") {
                let said = fs::read_to_string(proxy.folder.path().join("said")).unwrap_or_default();
                panic!("{status}: {said}\n{config}");
            }
            TcpStream::connect(listen).ok()
        });
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A free port on a loopback address that nobody else uses, so that it stays free.
pub fn free_address() -> SocketAddr {
    let [a, b, c, ..] = *Uuid::new_v4().as_bytes();
    let listener = TcpListener::bind((Ipv4Addr::new(127, a | 1, b, c | 1), 0)).expect("a port");
    listener.local_addr().expect("bound")
}

/// A service that answers each request with the request's own head.
pub struct Echo {
    pub address: SocketAddr,
    stopping: Arc<AtomicBool>,
    running: Option<JoinHandle<()>>,
}

impl Echo {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let stopping = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopping);
        let running = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if told.load(Ordering::SeqCst) {
                    return;
                }
                let _ = answer(stream);
            }
        });
        Self { address, stopping, running: Some(running) }
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(START))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        head.push(byte[0]);
    }
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", head.len())?;
    stream.write_all(&head)
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
    }
}
