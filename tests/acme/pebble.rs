//! A real ACME server beside a case, and the names that it resolves.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::support::liar::TLS;
use crate::support::wait::until;

const START: Duration = Duration::from_secs(30);

/// A running one. Every name is this machine's; it looks for proofs at one port.
pub struct Pebble {
    folder: TempDir,
    acme: Child,
    names: Child,
    dns: u16,
    port: u16,
    management: u16,
}

impl Pebble {
    /// Starts one that looks for proofs at this port, and whose certificates count for so many seconds.
    pub fn start(proofs: u16, seconds: u32) -> Self {
        let folder = TempDir::with_prefix("bimgate-pebble-").expect("a folder");
        let [port, management, dns, dns_management] = [(); 4].map(|()| free_port());
        let config = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": format!("{TLS}/server.pem"),
            "privateKey": format!("{TLS}/server-key.pem"),
            "httpPort": free_port(),
            "tlsPort": proofs,
            "certificateValidityPeriod": seconds,
        }});
        fs::write(folder.path().join("pebble.json"), config.to_string()).expect("written");
        let names = Command::new("pebble-challtestsrv")
            .args(["-dns01", &format!("127.0.0.1:{dns}"), "-management", &format!("127.0.0.1:{dns_management}")])
            .args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pebble is installed (./scripts/test installs it; Debian: apt-get install pebble)");
        let acme = spawn(folder.path(), dns);
        let pebble = Self { folder, acme, names, dns, port, management };
        until("pebble answers", START, || pebble.authority());
        pebble
    }

    /// Starts it again. It knows neither accounts nor orders any more.
    pub fn restart(&mut self) {
        let _ = self.acme.kill();
        let _ = self.acme.wait();
        self.acme = spawn(self.folder.path(), self.dns);
        until("pebble answers", START, || self.authority());
    }

    /// What makes a server order from it.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("tls.acme.directory", format!("https://localhost:{}/dir", self.port)),
            ("tls.acme.ca_file", format!("{TLS}/authority.pem")),
        ]
    }

    /// The authority that vouches for its certificates, as a PEM file.
    pub fn authority(&self) -> Option<String> {
        let path = self.folder.path().join("authority.pem").display().to_string();
        let url = format!("https://localhost:{}/roots/0", self.management);
        let authority = format!("{TLS}/authority.pem");
        let curl =
            ["--silent", "--fail", "--max-time", "10", "--ipv4", "--cacert", &authority, "--output", &path, &url];
        Command::new("curl").args(curl).status().is_ok_and(|status| status.success()).then_some(path)
    }

    /// How many orders it was asked for since its last start.
    pub fn orders(&self) -> usize {
        let log = fs::read_to_string(self.folder.path().join("log")).expect("a log");
        log.matches("POST /order-plz").count()
    }
}

fn spawn(folder: &Path, dns: u16) -> Child {
    let log = File::create(folder.join("log")).expect("a log");
    Command::new("pebble")
        .args(["-config", "pebble.json", "-dnsserver", &format!("127.0.0.1:{dns}")])
        .env("PEBBLE_VA_NOSLEEP", "1")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(log.try_clone().expect("a log"))
        .stdout(log)
        .spawn()
        .expect("pebble is installed")
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in [&mut self.acme, &mut self.names] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port where nobody is.
pub fn free_port() -> u16 {
    // By TCP and UDP, for the server of names takes both.
    until("a free port", START, || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
        let address: SocketAddr = listener.local_addr().ok()?;
        UdpSocket::bind(address).ok().map(|_| address.port())
    })
}
