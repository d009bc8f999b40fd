//! Where a command finds the users: in the embedded store itself, beside the server that owns it, or in Redis.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::support::redis_server::RedisServer;
use super::support::server::{SIGNING_KEY, Server, output};
use super::{bimgate, stderr, stdout};

pub enum Place {
    Alone(TempDir),
    Beside(Server),
    Redis(TempDir, RedisServer),
    /// Asks a server over the network, with the token in a file of this folder.
    Elsewhere(TempDir, Server),
}

/// How a command ended.
pub struct ClosedSession {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn alone() -> Self {
        Self::Alone(TempDir::with_prefix("bimgate-").expect("a folder"))
    }

    pub fn beside() -> Self {
        // On a busy machine, where every write waits for a disk, nothing here is about a store that is slow.
        Self::Beside(Server::start(&[("store.timeout_ms", "10000")]))
    }

    pub fn redis() -> Self {
        Self::Redis(TempDir::with_prefix("bimgate-").expect("a folder"), RedisServer::start())
    }

    pub fn elsewhere() -> Self {
        let server = Server::start(&[("store.timeout_ms", "10000"), ("manage.listen", "127.0.0.1:0")]);
        let folder = TempDir::with_prefix("bimgate-").expect("a folder");
        let token = server.run(&["token", "add", "elsewhere", "--scope", "everything"], "");
        let path = folder.path().join("token");
        fs::write(&path, token).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its own");
        Self::Elsewhere(folder, server)
    }

    /// Runs a command, `input` piped in.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> ClosedSession {
        let output = match self {
            Self::Alone(folder) => output(bimgate(folder.path()).args(arguments), input),
            Self::Beside(server) => server.command(arguments, input),
            Self::Redis(folder, redis) => {
                let environment = [("BIMGATE__STORE__URL", &*redis.url()), ("BIMGATE__SIGNING__KEY_FILE", SIGNING_KEY)];
                output(bimgate(folder.path()).envs(environment).args(arguments), input)
            }
            Self::Elsewhere(folder, server) => {
                let url = format!("http://{}", server.manage());
                let environment = [("BIMGATE_SERVER", url.as_str()), ("BIMGATE_TOKEN_FILE", "token")];
                output(bimgate(folder.path()).envs(environment).args(arguments), input)
            }
        };
        ClosedSession { code: output.status.code(), out: stdout(&output), err: stderr(&output) }
    }

    /// Runs a command.
    pub fn run(&self, arguments: &[&str]) -> ClosedSession {
        self.run_with(arguments, "")
    }

    /// Runs a command that must succeed; what it printed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).ok()
    }

    /// Every user, as JSON prints them; none where there is no store yet.
    #[track_caller]
    pub fn users(&self) -> Vec<serde_json::Value> {
        let list = self.run(&["user", "list", "--json", "--limit", "1000000"]);
        if list.err.contains("there is no store in ") {
            return Vec::new();
        }
        let lines = list.ok();
        lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

impl ClosedSession {
    /// It must have succeeded; what it printed.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }

    /// It must have ended so, in a sentence that holds `words`.
    #[track_caller]
    pub fn failed(self, code: i32, words: &str) -> String {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "{words:?} is not in:\n{}", self.err);
        self.err
    }
}

/// Makes each case a test of every place.
macro_rules! everywhere {
    ($($case:ident),* $(,)?) => {
        $crate::place::in_place!(alone: $($case),*);
        $crate::place::in_place!(beside: $($case),*);
        $crate::place::in_place!(redis: $($case),*);
    };
}

macro_rules! in_place {
    ($place:ident: $($case:ident),*) => {
        mod $place {
            $(
                #[test]
                fn $case() {
                    super::$case(&$crate::place::Place::$place());
                }
            )*
        }
    };
}

pub(crate) use {everywhere, in_place};
