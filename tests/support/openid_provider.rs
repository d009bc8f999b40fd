//! A real, certified OpenID Connect provider of a test's own: npm `oidc-provider`, as `tests/openid_provider` sets it up.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::lines::Lines;

/// What the client that a test logs in with is called.
pub const CLIENT: &str = "bimgate";
/// Its secret.
pub const SECRET: &str = "a secret of the client";

/// A running provider; it ends when dropped.
pub struct OpenIdProvider {
    asked: Value,
    issuer: Url,
    process: Process,
}

/// A loopback address that nobody else uses, for a server that must know it beforehand.
pub fn address_for_a_server() -> SocketAddr {
    let [a, b, c, ..] = *Uuid::new_v4().as_bytes();
    let listener = TcpListener::bind((Ipv4Addr::new(127, a | 1, b, c | 1), 0)).expect("a port");
    listener.local_addr().expect("bound")
}

/// Its process, killed when dropped.
struct Process {
    child: Child,
    commands: ChildStdin,
    answers: Lines,
}

impl OpenIdProvider {
    /// Starts one that has the client [`CLIENT`], which it sends back to any of `redirect_uris`, and these accounts: an
    /// object, by name, of the claims of each. Everybody logs in by the account's name alone.
    pub fn start(redirect_uris: &[&str], accounts: &Value) -> Self {
        let client = json!({"client_id": CLIENT, "client_secret": SECRET, "redirect_uris": redirect_uris,
                   "post_logout_redirect_uris": redirect_uris});
        Self::start_with(&json!({"clients": [client], "accounts": accounts}))
    }

    /// One for a server to come, beside its settings. It is to listen on a loopback address that nobody else uses, so
    /// that the port stays free until then. Also another site than any other, as in life: to a browser, that decides
    /// which cookies go along.
    pub fn for_a_server(accounts: &Value) -> (Self, [(&'static str, String); 5]) {
        let address = address_for_a_server();
        let url = format!("http://{address}");
        let client = json!({
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [format!("{url}/directory/api/directorysession/onauthenticated")],
            "post_logout_redirect_uris": [format!("{url}/directory/api/signout")],
            "backchannel_logout_uri": format!("{url}/directory/api/backchannel-logout"),
            "backchannel_logout_session_required": true,
        });
        let provider = Self::start_with(&json!({"clients": [client], "accounts": accounts}));
        let settings = [
            ("server.listen", address.to_string()),
            ("server.public_url", url),
            ("openid.issuer", provider.issuer().to_owned()),
            ("openid.client_id", CLIENT.to_owned()),
            ("openid.client_secret", SECRET.to_owned()),
        ];
        (provider, settings)
    }

    /// As [`Self::start`], with whatever `provider.mjs` understands.
    pub fn start_with(asked: &Value) -> Self {
        let mut asked = asked.clone();
        if asked.get("port").is_none() {
            asked["port"] = json!(0);
        }
        let process = Process::start(&asked);
        let issuer = process.answers.next().and_then(|issuer| Url::parse(&issuer).ok());
        let issuer = issuer.expect("the OpenID Connect provider starts: see above");
        asked["port"] = json!(issuer.port());
        Self { asked, issuer, process }
    }

    /// The issuer identifier, as `openid.issuer` takes it.
    pub fn issuer(&self) -> &str {
        // A URL has a slash at its end, the issuer has none.
        self.issuer.as_str().trim_end_matches('/')
    }

    /// Ends it, as a crash does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again at the same address, after [`Self::kill`]: with new keys, and nobody logged in.
    pub fn restart(&mut self) {
        self.process = Process::start(&self.asked);
        assert_eq!(self.process.answers.next().as_deref(), Some(self.issuer()), "it starts again where it was");
    }

    /// Has it sign with a new key, and publish no other.
    pub fn rotate_keys(&mut self) {
        self.command(&json!({"rotate": true}));
    }

    /// Stops its clock, at this many seconds since the epoch.
    pub fn stop_clock(&mut self, seconds: u64) {
        self.command(&json!({"now": seconds}));
    }

    /// Gives it more accounts, or others instead of some; they last until it ends.
    pub fn add_accounts(&mut self, accounts: &Value) {
        self.command(&json!({"accounts": accounts}));
    }

    fn command(&mut self, command: &Value) {
        writeln!(self.process.commands, "{command}").expect("the provider runs");
        assert_eq!(self.process.answers.next().as_deref(), Some("done"));
    }
}

impl Process {
    fn start(asked: &Value) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openid_provider");
        assert!(
            folder.join("node_modules/oidc-provider").exists(),
            "the OpenID Connect provider is not installed: run ./scripts/test once, or `npm ci` in tests/openid_provider"
        );
        let mut child = Command::new("node")
            .arg("provider.mjs")
            .arg(asked.to_string())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("Node.js is installed (./scripts/test installs it; Debian: apt-get install nodejs npm)");
        let commands = child.stdin.take().expect("piped");
        let answers = Lines::of("the OpenID Connect provider", child.stdout.take().expect("piped"));
        Self { child, commands, answers }
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
