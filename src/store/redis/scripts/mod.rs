//! What must be atomic, as scripts. Each touches one key, or some that share a hash tag, and may be delivered twice: a
//! connection that breaks between a script and its answer is no reason to fail. A second delivery changes nothing, but
//! for [`ADMIT`] and [`PUT_BACK`]: an attempt then counts twice, or once less; for [`DUE`]: what was taken is taken again
//! later; and for [`COMMIT`] with another commit in between, see [`change`](super::RedisStore::change).
//!
//! Times are the server's own, in milliseconds, unless a name says microseconds.

use std::sync::LazyLock;

use redis::Cmd;

/// A script and the name by which Redis knows it.
pub(super) struct Script {
    inner: LazyLock<redis::Script>,
    source: &'static str,
}

macro_rules! script {
    ($(#[$doc:meta])* $name:ident, $file:literal) => {
        $(#[$doc])*
        pub(super) static $name: Script = Script {
            source: include_str!(concat!($file, ".lua")),
            inner: LazyLock::new(|| redis::Script::new(include_str!(concat!($file, ".lua")))),
        };
    };
}

script!(
    /// `u k` → time, aggregate or nil, kills or nil.
    LOAD, "load");
script!(
    /// `u k` and perhaps `a`, expected commit, new commit, new aggregate or empty, kills, not after or empty → time; nil
    /// if another commit came first, -1 if it is too late.
    COMMIT, "commit");
script!(
    /// `u`, commit, aggregate, not after → 1, 0 if there is one, -1 if it is too late.
    CREATE, "create");
script!(
    /// `e`, user, how long the claim stands, an abandoned claim → \[1, new claim\], \[0, standing claim\].
    CLAIM, "claim");
script!(
    /// `key`, value → 1 if the key held exactly that and is gone.
    FORGET, "forget");
script!(
    /// `t`, record, expiry, not after → 1, 0 if there is a tombstone, -1 if it is too late.
    PUT_TOKEN, "put_token");
script!(
    /// `k`, digests done → how many bytes of digests are left.
    KILLED, "killed");
script!(
    /// `closing`, user → the mark, in microseconds.
    MARK, "mark");
script!(
    /// `closing`, user, mark → 1 if that was still the mark.
    UNMARK, "unmark");
script!(
    /// `closing`, age, count → users and marks that have stood that long.
    OVERDUE, "overdue");
script!(
    /// `m` and any number of `b`, how many lanes, then each lane: mark or empty, how many charges, then each charge: which
    /// `b`, burst, refill, the charge that must have been full or 0 → the lane and the charges taken; 0 and how long until a
    /// lane has room.
    ADMIT, "admit");
script!(
    /// Any number of `b`, refill of each → 0.
    PUT_BACK, "put_back");
script!(
    /// `m`, lifetime, renewed after, most, then marks, each with `always`, `reused` or `known` → 0.
    REMEMBER, "remember");
script!(
    /// `due`, how long they are taken for, count → until when they are, \[timers that went off\].
    DUE, "due");
script!(
    /// `due`, until when they were taken, then timers, each with its next time or empty → 0.
    SETTLE, "settle");
script!(
    /// `s logins w g` and perhaps `n undecided`, login, entry, state, expiry, most, most of a network, pending, failed,
    /// native → \[1, empty\], \[0, empty\] if there are too many, \[2, what stands for the native token\], \[3, empty\] if
    /// the state is used.
    BEGIN, "begin");
script!(
    /// `s`, the record it must have, new login → 1, 0 if it has another.
    ADVANCE, "advance");
script!(
    /// `s logins w g` and perhaps `undecided`, act, entry, state, the record it must have, what is left of it, its
    /// expiry, native → 1, 0 if it has another.
    END, "end");
script!(
    /// `s logins w` and perhaps `n`, act, entry, state, pending, failed, how long to keep that, channel, native → 1, 0 if
    /// somebody else ended it.
    GIVE_UP, "give_up");
script!(
    /// `n undecided`, outcome, how long to keep it, channel, native → 0.
    DECIDE, "decide");
script!(
    /// `n undecided`, native, pending, failed, how long to keep that, channel → 0.
    FAIL, "fail");
script!(
    /// A sorted set by instants, count → what is past.
    PAST, "past");
script!(
    /// `redirects`, URL, most → 1, 0 if there are too many.
    REGISTER, "register");
script!(
    /// `signing`, expected version or empty, act, new value → 1, 0 if another stands.
    REPLACE_RING, "replace_ring");
script!(
    /// `licenses borrowed`, native, record, lifetime, how many there are → 1, 0 if none is left, 2 if it has one.
    CHECK_OUT, "check_out");
script!(
    /// `licenses borrowed`, native, lifetime → 1, 0 if it has none.
    RENEW, "renew");
script!(
    /// `licenses borrowed c`, native → 1, 0 if it has none.
    CHECK_IN, "check_in");
script!(
    /// `licenses borrowed`, count → how many are out, \[native, end, record\].
    LICENSES, "licenses");
script!(
    /// `ready` → time, if the server takes writes.
    READY, "ready");

impl Script {
    /// The call by digest; fails with `NOSCRIPT` on a server that has not seen the source.
    pub(super) fn call(&self, keys: &[&[u8]], arguments: &[&[u8]]) -> Cmd {
        command("EVALSHA", self.inner.get_hash(), keys, arguments)
    }

    /// The call by source, which also teaches it to the server.
    pub(super) fn load(&self, keys: &[&[u8]], arguments: &[&[u8]]) -> Cmd {
        command("EVAL", self.source, keys, arguments)
    }
}

fn command(name: &str, script: &str, keys: &[&[u8]], arguments: &[&[u8]]) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(script).arg(keys.len());
    for part in keys.iter().chain(arguments) {
        command.arg(*part);
    }
    command
}
