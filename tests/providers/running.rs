//! A provider that runs, in a folder of its own.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::known::Known;
use crate::support::client::{Reply, Request};
use crate::support::openid_provider::address_for_a_server;
use crate::support::wait::until;

/// How long one may take until it answers: some make their tables first.
const START: Duration = Duration::from_secs(180);
/// Runs a program until it ends, or until nobody holds the standard input any more, even if that one was killed; then
/// ends all that it has started.
const UNTIL_INPUT_ENDS: &str = r#"("$0"; kill -KILL 0) & cat; kill -KILL 0"#;
/// The secret of its clients; some want a long one.
pub const SECRET: &str = "a-secret-of-the-client-that-is-long-enough";

/// A running provider, ended with all that it has started when dropped.
pub struct Running {
    child: Child,
    folder: TempDir,
    pub issuer: String,
    /// Where what is installed is.
    pub tools: PathBuf,
}

impl Running {
    /// Starts one by its program `start`, for this server and for another client, which wants people back there. The
    /// environment says: `HOST` and `PORT` to listen on, `ISSUER` to be, `SERVER` and `VIEWER`, the `EMAIL` and
    /// `PASSWORD` of the person, the `SECRET` of both clients, and where the `TOOLS` are. It works in a folder of its own,
    /// where it leaves its version in `version`, and runs until it is killed.
    pub fn start(known: &Known, server: &str, viewer: &str) -> Self {
        let folder = TempDir::with_prefix("bimgate-provider-").expect("a folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools = root.join("target/providers");
        let address = address_for_a_server();
        let issuer = format!("http://{address}{}", known.path);
        let log = fs::File::create(folder.path().join("log")).expect("a file");
        let child = Command::new("sh")
            .args(["-c", UNTIL_INPUT_ENDS])
            .arg(root.join("tests/providers").join(known.folder).join("start"))
            .current_dir(folder.path())
            .envs([
                ("HOST", address.ip().to_string()),
                ("PORT", address.port().to_string()),
                ("ISSUER", issuer.clone()),
                ("SERVER", server.to_owned()),
                ("VIEWER", viewer.to_owned()),
                ("EMAIL", known.email.to_owned()),
                ("PASSWORD", known.password.to_owned()),
                ("SECRET", SECRET.to_owned()),
            ])
            .env("TOOLS", &tools)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("it starts");
        let mut running = Self { child, folder, issuer, tools };
        until("the provider starts", START, || {
            if let Some(status) = running.child.try_wait().expect("a child") {
                panic!("it ended, {status}: {}", running.log());
            }
            running.try_get("/.well-known/openid-configuration").filter(|reply| reply.status == 200)
        });
        running
    }

    /// What it tells about itself.
    pub fn metadata(&self) -> Value {
        self.try_get("/.well-known/openid-configuration").expect("it runs").json()
    }

    /// Where its pages are.
    pub fn origin(&self) -> String {
        Url::parse(&self.issuer).expect("a URL").origin().ascii_serialization()
    }

    /// What it is, as it says itself.
    pub fn version(&self) -> String {
        let told = fs::read_to_string(self.folder.path().join("version")).unwrap_or_default();
        told.trim().to_owned()
    }

    /// What it has said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn try_get(&self, path: &str) -> Option<Reply> {
        let url = Url::parse(&format!("{}{path}", self.issuer)).expect("a URL");
        let to = url.socket_addrs(|| None).expect("an address")[0];
        Request::new(to, "GET", url.path()).try_send().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}
