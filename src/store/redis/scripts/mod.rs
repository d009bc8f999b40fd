//! What must be atomic, as scripts. Each touches keys of one slot, and may be delivered twice, for a connection may break
//! between a script and its answer. A second delivery changes nothing, but for [`ADMIT`] and [`PUT_BACK`] (an attempt counts
//! twice, or once less) and [`DUE`] (what was taken is taken again later).
//!
//! Each file says what it is given and what it answers. Scripts that end something run while Redis is full.

use std::fmt::Display;
use std::sync::LazyLock;

use redis::Cmd;

/// A script and the name by which Redis knows it.
pub(super) struct Script {
    source: &'static str,
    hash: String,
}

macro_rules! scripts {
    ($($name:ident: $shebang:literal, $($file:literal),+;)+) => {$(
        pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!($shebang, "\n", include_str!("prelude.lua"), $(include_str!($file)),+)));
    )+};
}

scripts! {
    LOAD: "#!lua flags=no-writes", "layout.lua", "load.lua";
    COMMIT: "#!lua", "layout.lua", "commit.lua";
    COMMIT_ENDING: "#!lua flags=allow-oom", "layout.lua", "commit.lua";
    END_ALL: "#!lua flags=allow-oom", "layout.lua", "end_all.lua";
    CREATE: "#!lua", "create.lua";
    CLAIM: "#!lua", "claim.lua";
    FORGET: "#!lua flags=allow-oom", "forget.lua";
    DUE: "#!lua flags=allow-oom", "due.lua";
    ADMIT: "#!lua", "admit.lua";
    PUT_BACK: "#!lua", "put_back.lua";
    REMEMBER: "#!lua", "remember.lua";
    BEGIN: "#!lua", "begin.lua";
    ADVANCE: "#!lua", "advance.lua";
    END: "#!lua flags=allow-oom", "end.lua";
    GIVE_UP: "#!lua flags=allow-oom", "give_up.lua";
    PAST: "#!lua flags=no-writes", "past.lua";
    REGISTER: "#!lua", "register.lua";
    REPLACE_RING: "#!lua", "replace_ring.lua";
    CHECK_OUT: "#!lua", "check_out.lua";
    RENEW: "#!lua", "renew.lua";
    CHECK_IN: "#!lua flags=allow-oom", "check_in.lua";
    LICENSES: "#!lua flags=no-writes", "licenses.lua";
    READY: "", "ready.lua";
}

impl Script {
    fn new(source: &'static str) -> Self {
        Self { source, hash: redis::Script::new(source).get_hash().to_owned() }
    }

    /// The call by digest; fails with `NOSCRIPT` on a server that has not seen the source.
    pub(super) fn call(&self, keys: &[impl AsRef<[u8]>], arguments: &[impl AsRef<[u8]>]) -> Cmd {
        command("EVALSHA", &self.hash, keys, arguments)
    }

    /// The call by source, which also loads it into the server.
    pub(super) fn load(&self, keys: &[impl AsRef<[u8]>], arguments: &[impl AsRef<[u8]>]) -> Cmd {
        command("EVAL", self.source, keys, arguments)
    }
}

fn command(name: &str, script: &str, keys: &[impl AsRef<[u8]>], arguments: &[impl AsRef<[u8]>]) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(script).arg(keys.len());
    for key in keys {
        command.arg(key.as_ref());
    }
    for argument in arguments {
        command.arg(argument.as_ref());
    }
    command
}

/// The arguments of a script, as they come to be.
#[derive(Default)]
pub(super) struct Arguments(Vec<Vec<u8>>);

impl Arguments {
    pub(super) fn bytes(&mut self, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.0.push(bytes.into());
        self
    }

    pub(super) fn number(&mut self, number: impl Display) -> &mut Self {
        self.bytes(number.to_string())
    }

    /// The number; nothing at all if there is none.
    pub(super) fn optional(&mut self, number: Option<impl Display>) -> &mut Self {
        self.bytes(number.map_or_else(String::new, |number| number.to_string()))
    }
}

impl std::ops::Deref for Arguments {
    type Target = [Vec<u8>];

    fn deref(&self) -> &[Vec<u8>] {
        &self.0
    }
}

/// A number as a script reads it.
pub(super) fn number(number: &impl ToString) -> Vec<u8> {
    number.to_string().into_bytes()
}

/// Keys or arguments, borrowed.
pub(super) fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}
