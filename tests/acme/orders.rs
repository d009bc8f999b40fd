//! When certificates are ordered, and when they are not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::pebble::{Pebble, free_port};
use crate::support::client::Request;
use crate::support::server::Server;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
const DOMAIN: &str = "login.example.org";

/// A server that orders its certificate.
struct Place {
    server: Server,
    /// Missing before its start.
    folder: PathBuf,
    port: u16,
    _parent: TempDir,
}

impl Place {
    fn start(pebble: &Pebble, port: u16) -> Self {
        let parent = TempDir::with_prefix("bimgate-acme-").expect("a folder");
        let folder = parent.path().join("acme");
        let own = [
            ("server.listen", format!("127.0.0.1:{port}")),
            ("server.public_url", format!("https://{DOMAIN}")),
            ("server.private_listen", "127.0.0.1:0".to_owned()),
            ("tls.acme.domains", format!("{DOMAIN},www.{DOMAIN}")),
            ("tls.acme.contact", "admin@example.org".to_owned()),
            ("tls.acme.folder", folder.display().to_string()),
        ];
        let settings = [pebble.settings(), own.into()].concat();
        let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        Self { server: Server::start(&settings), folder, port, _parent: parent }
    }

    /// Asks it by HTTPS, as a client that trusts the authority alone; the status of the answer.
    fn asks(&self, authority: &str, domain: &str) -> Option<String> {
        let port = self.port;
        let curl = Command::new("curl")
            .args([
                "--silent",
                "--max-time",
                "10",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code} %{http_version}",
            ])
            .args(["--resolve", &format!("{domain}:{port}:127.0.0.1"), "--cacert", authority])
            .arg(format!("https://{domain}:{port}/v2/authorize"))
            .output()
            .expect("curl runs");
        curl.status.success().then(|| String::from_utf8_lossy(&curl.stdout).into_owned())
    }

    fn certificate(&self) -> String {
        fs::read_to_string(self.folder.join("certificate.pem")).unwrap_or_default()
    }

    fn state(&self) -> Value {
        let state = until("a note", PATIENCE, || fs::read(self.folder.join("state.json")).ok());
        serde_json::from_slice(&state).expect("JSON")
    }

    /// Has it order at its next start.
    fn forget_state(&self) {
        fs::remove_file(self.folder.join("state.json")).expect("it is noted");
    }

    fn metrics(&self) -> String {
        let log = self.server.log();
        let private = log.split_once("health and metrics on http://").expect("it listens").1;
        let private = private.split(',').next().expect("an address").parse().expect("an address");
        Request::new(private, "GET", "/metrics").send().text()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn a_certificate_is_ordered_and_kept() {
    let port = free_port();
    let pebble = Pebble::start(port, 3600);
    let mut place = Place::start(&pebble, port);
    let authority = pebble.authority().expect("it has one");
    for domain in [DOMAIN, "www.login.example.org"] {
        let answer = until("a certificate", PATIENCE, || place.asks(&authority, domain));
        assert_eq!(answer, "401 2");
    }
    let first = place.certificate();
    assert!(first.contains("BEGIN CERTIFICATE") && first.contains("PRIVATE KEY"));
    assert_eq!(mode(&place.folder), 0o700);
    for name in ["certificate.pem", "account.json", "state.json"] {
        assert_eq!(mode(&place.folder.join(name)), 0o600, "{name}");
    }
    // It is noted after connections get the certificate.
    until("an order that ended well", PATIENCE, || (place.state()["failures"] == 0).then_some(()));
    assert!(place.metrics().contains("bimgate_tls_certificate_end_timestamp_seconds 1"));
    let key = first.split("PRIVATE KEY").nth(1).expect("a key").trim_matches(['-', '\n']);
    assert!(!place.server.log().contains(key), "no key is in the log");

    // Its next start uses what there is.
    place.server.kill();
    place.server.restart();
    assert_eq!(place.asks(&authority, DOMAIN).as_deref(), Some("401 2"));
    assert_eq!((place.certificate() == first, pebble.orders()), (true, 1));
}

#[test]
fn a_certificate_is_renewed_when_a_third_of_its_time_is_left() {
    let port = free_port();
    let pebble = Pebble::start(port, 30);
    let place = Place::start(&pebble, port);
    let first = until("a certificate", PATIENCE, || Some(place.certificate()).filter(|first| !first.is_empty()));
    until("another certificate", PATIENCE, || {
        (place.certificate() != first && place.state()["failures"] == 0).then_some(())
    });
    let authority = pebble.authority().expect("it has one");
    until("a connection with it", PATIENCE, || place.asks(&authority, DOMAIN));
}

#[test]
fn an_account_that_the_authority_forgot_is_made_again() {
    let port = free_port();
    let mut pebble = Pebble::start(port, 3600);
    let mut place = Place::start(&pebble, port);
    let account = place.folder.join("account.json");
    until("a certificate", PATIENCE, || (place.folder.join("certificate.pem").exists()).then_some(()));
    let first = fs::read(&account).expect("an account");
    place.server.kill();
    pebble.restart();
    place.forget_state();
    place.server.restart();
    let told = "does not know the account any more; the next attempt makes another";
    until("it is told", PATIENCE, || place.server.log().contains(told).then_some(()));
    assert!(!account.exists());
    assert_eq!(place.state()["failures"], 1, "the next attempt does not follow at once");
    place.server.kill();
    place.forget_state();
    place.server.restart();
    until("another certificate", PATIENCE, || (place.state()["failures"] == 0).then_some(()));
    assert_ne!(fs::read(&account).expect("an account"), first);
}

#[test]
fn an_order_that_fails_is_told_and_not_repeated_at_once() {
    // It looks for proofs where nobody is.
    let pebble = Pebble::start(free_port(), 3600);
    let mut place = Place::start(&pebble, free_port());
    let failed = "a certificate could not be had by ACME";
    let log = until("it fails", PATIENCE, || Some(place.server.log()).filter(|log| log.contains(failed)));
    let line = log.lines().find(|line| line.contains(failed)).expect("a line");
    assert!(line.contains(DOMAIN) && line.contains("urn:ietf:params:acme:error"), "{line}");
    assert_eq!(pebble.orders(), 1);
    assert!(place.asks("/dev/null", DOMAIN).is_none(), "there is no certificate");
    assert!(!place.metrics().contains("bimgate_tls_certificate_end_timestamp_seconds "), "none ends");

    // Not by its next start either.
    place.server.kill();
    let before = place.state();
    place.server.restart();
    let check = place.server.command(&["config", "check", "--connect"], "");
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(said.contains("tls.acme") && said.contains("is the directory of an ACME server"), "{said}");
    assert_eq!((place.state(), pebble.orders()), (before.clone(), 1));
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let next = before["next_order"].as_u64().expect("a time");
    assert!((now + 600..=now + 900).contains(&next), "{now} {before}");
    assert_eq!(before["failures"], 1);
}

#[test]
fn settings_that_no_order_can_be_made_of_are_told() {
    let (status, said) = Server::refuses_to_start(&[
        ("server.public_url", "https://login.example.org"),
        ("server.private_listen", "127.0.0.1:0"),
        ("tls.acme.directory", "http://acme.example.org/directory"),
        ("tls.acme.domains", "*.example.org"),
        ("tls.acme.contact", "nobody"),
        ("tls.certificate", "certificate.pem"),
        ("tls.key", "key.pem"),
    ]);
    assert_eq!(status.code(), Some(2), "{said}");
    for told in [
        "tls.acme.directory must be an https URL",
        "tls.acme.domains must hold names in lower case",
        "tls.acme.domains must hold the host of server.public_url",
        "tls.acme.contact must be an e-mail address",
        "tls.acme.folder must be set",
        "tls.acme.directory must not be set where tls.certificate is",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}
