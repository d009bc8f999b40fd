//! What must be atomic, as scripts. Each touches keys of one slot, and may be delivered twice: a connection may break before
//! the answer is there. A second delivery changes nothing, but for [`ADMIT`] and [`PUT_BACK`] (an attempt counts twice, or
//! once less), [`DUE`] (timers that were taken go off again later) and [`LIST`] (places may be listed twice).
//!
//! Each file begins with its keys, its arguments and its answer. Scripts that end something run while Redis is full,
//! and so do those of a move to another store.

use std::sync::LazyLock;

use redis::{Arg, Cmd, ToRedisArgs};

/// A script and the digest by which Redis knows it.
pub(super) struct Script {
    source: &'static str,
    digest: String,
}

macro_rules! scripts {
    ($($name:ident: $shebang:literal, $($file:literal),+;)+) => {$(
        pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!($shebang, "\n", include_str!("prelude.lua"), $(include_str!($file)),+)));
    )+};
}

scripts! {
    LOAD: "#!lua flags=no-writes", "layout.lua", "load.lua";
    PERSON: "#!lua flags=no-writes", "layout.lua", "person.lua";
    COMMIT: "#!lua", "held.lua", "layout.lua", "commit.lua";
    COMMIT_ENDING: "#!lua flags=allow-oom", "held.lua", "layout.lua", "commit.lua";
    END_ALL: "#!lua flags=allow-oom", "held.lua", "layout.lua", "end_all.lua";
    CREATE: "#!lua", "held.lua", "create.lua";
    CLAIM: "#!lua", "claim.lua";
    FORGET: "#!lua flags=allow-oom", "forget.lua";
    DUE: "#!lua flags=allow-oom", "due.lua";
    ADMIT: "#!lua", "marks.lua", "admit.lua";
    LOOK: "#!lua flags=no-writes", "marks.lua", "look.lua";
    PUT_BACK: "#!lua", "put_back.lua";
    REMEMBER: "#!lua", "marks.lua", "remember.lua";
    BEGIN: "#!lua", "begin.lua";
    ADVANCE: "#!lua", "advance.lua";
    END: "#!lua flags=allow-oom", "end.lua";
    GIVE_UP: "#!lua flags=allow-oom", "give_up.lua";
    PAST: "#!lua flags=no-writes", "past.lua";
    REGISTER: "#!lua", "register.lua";
    REPLACE: "#!lua", "replace.lua";
    CHECK_OUT: "#!lua", "check_out.lua";
    LEND: "#!lua", "lend.lua";
    RENEW: "#!lua", "renew.lua";
    CHECK_IN: "#!lua flags=allow-oom", "check_in.lua";
    LICENSES: "#!lua flags=no-writes", "licenses.lua";
    APPEND: "#!lua", "append.lua";
    LIST: "#!lua", "list.lua";
    TRIM: "#!lua flags=allow-oom", "trim.lua";
    HOLD: "#!lua flags=allow-oom", "hold.lua";
    MARK: "#!lua flags=allow-oom", "mark.lua";
    UNMARK: "#!lua flags=allow-oom", "unmark.lua";
    READY: "", "ready.lua";
}

impl Script {
    fn new(source: &'static str) -> Self {
        Self { source, digest: redis::Script::new(source).get_hash().to_owned() }
    }

    /// A call with these keys, to which its arguments are added.
    pub(super) fn on(&self, keys: &[impl ToRedisArgs]) -> Call {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.digest).arg(keys.len()).arg(keys);
        Call { source: self.source, command }
    }
}

/// A script with its keys and arguments.
pub(super) struct Call {
    source: &'static str,
    command: Cmd,
}

impl Call {
    pub(super) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.command.arg(argument);
        self
    }

    /// The argument, or an empty one.
    pub(super) fn optional(&mut self, argument: Option<impl ToRedisArgs>) -> &mut Self {
        match argument {
            Some(argument) => self.arg(argument),
            None => self.arg(""),
        }
    }

    /// How many rows there are, then these; each may be several arguments.
    pub(super) fn list(&mut self, rows: &[impl ToRedisArgs]) -> &mut Self {
        self.arg(rows.len()).arg(rows)
    }

    /// Names the script by its digest: `NOSCRIPT` is the answer of a server that has not seen the source.
    pub(super) const fn by_digest(&self) -> &Cmd {
        &self.command
    }

    /// Contains the source, which the server then knows.
    pub(super) fn by_source(&self) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(self.source);
        for argument in self.command.args_iter().skip(2) {
            if let Arg::Simple(argument) = argument {
                command.arg(argument);
            }
        }
        command
    }
}
