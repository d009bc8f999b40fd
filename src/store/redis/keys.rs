//! Every key there is.
//!
//! | key, after the prefix | type | holds |
//! | --- | --- | --- |
//! | `t:` + digest | string, expires | an access token's record; empty: a tombstone |
//! | `r:` + digest, `x:` + digest | string, expires | where a remember-me or cross token hangs |
//! | `u:{user}` | string | what a user has: account, sessions and their handles, see [`super::codec`] |
//! | `k:{user}` | string | digests of access tokens that are being killed; there only meanwhile |
//! | `a:{user}` + commit | string, expires | nothing: that commit took effect, see [`super::user`] |
//! | `e:` + address | string | whose address it is, see [`super::unique_index`] |
//! | `i:` + digest | string | whose subject at an identity provider it is, see [`super::subjects`] |
//! | `o:` + digest | string, expires | where a signed-on browser hangs |
//! | `due` | sorted set | directory sessions, by when to look whether they are to be closed, see [`super::session_timers`] |
//! | `s:{l}` + digest | string, expires | a login under way by its state, see [`super::logins`] |
//! | `g:{l}` + digest | string, expires | what is left of a login that is over, by its state |
//! | `n:{l}` + digest | string, expires | what a native client waits for, by its token |
//! | `d:` + place | string, expires | how a native client describes itself, by 18 bits of its token's digest |
//! | `logins:{l}`, `w:{l}` + network | sorted set | logins under way, of all and of one network, by when they end |
//! | `undecided:{l}` | sorted set | native tokens whose logins were taken on, by when they have failed if not decided |
//! | `redirects` | set | the redirect URLs that are registered |
//! | `signing` | string | the keys that sign bearers |
//! | `borrowed:{c}`, `licenses:{c}` | hash, sorted set; expire | licences that are out, and by when they end |
//! | `borrowers:{c}` | sorted set of one score, expires | users who have licences, each followed by what borrowed it |
//! | `c:{c}` + act | string, expires | nothing: that return of a licence took effect |
//! | `b:{b}` + bucket | string, expires | when the bucket will be full |
//! | `m:{b}` + account | sorted set, expires | what an account is known by, see [`super::throttle`] |
//! | `closing` | sorted set | users with something in `k:`, by when that began |
//! | `ready` | string, expires | nothing: writing it shows that Redis takes writes |
//! | `sweep`, `walk` | string | who sweeps, and how far the walk over all users and addresses has come |
//!
//! Digests and bucket keys are raw bytes. `u:`, `k:` and `a:` of a user share a hash tag, so that one script may touch
//! them all in a cluster; it is in hexadecimal, since a raw `}` would end it early. So do the keys of logins under way
//! (`{l}`), those of licences (`{c}`), and those of the throttle (`{b}`): one script admits an attempt, whatever it charges.
//!
//! The channel `decided`, after the prefix, tells the native tokens whose logins are decided.

use crate::domain::{Email, Network, TokenDigest, TokenKind, UserId};

/// Makes keys.
#[derive(Debug)]
pub(super) struct Keys {
    prefix: Box<[u8]>,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.as_bytes().into() }
    }

    pub(super) fn access(&self, digest: TokenDigest) -> Vec<u8> {
        self.key(b"t:", &digest.0)
    }

    pub(super) fn token(&self, kind: TokenKind, digest: TokenDigest) -> Vec<u8> {
        match kind {
            TokenKind::Access => self.access(digest),
            TokenKind::RememberMe => self.remember_me(digest),
            TokenKind::Cross => self.cross(digest),
            TokenKind::SignOn => self.sign_on(digest),
        }
    }

    pub(super) fn remember_me(&self, digest: TokenDigest) -> Vec<u8> {
        self.key(b"r:", &digest.0)
    }

    pub(super) fn cross(&self, digest: TokenDigest) -> Vec<u8> {
        self.key(b"x:", &digest.0)
    }

    pub(super) fn user(&self, id: UserId) -> Vec<u8> {
        self.key(b"u:", tag(id).as_bytes())
    }

    pub(super) fn kills(&self, id: UserId) -> Vec<u8> {
        self.key(b"k:", tag(id).as_bytes())
    }

    /// That a commit of a user took effect.
    pub(super) fn applied(&self, id: UserId, commit: &[u8]) -> Vec<u8> {
        self.key(b"a:", &[tag(id).as_bytes(), commit].concat())
    }

    pub(super) fn subject(&self, digest: &[u8; 16]) -> Vec<u8> {
        self.key(b"i:", digest)
    }

    pub(super) fn sign_on(&self, digest: TokenDigest) -> Vec<u8> {
        self.key(b"o:", &digest.0)
    }

    pub(super) fn due(&self) -> Vec<u8> {
        self.key(b"due", b"")
    }

    pub(super) fn login(&self, state: TokenDigest) -> Vec<u8> {
        self.key(b"s:{l}", &state.0)
    }

    pub(super) fn used(&self, state: TokenDigest) -> Vec<u8> {
        self.key(b"g:{l}", &state.0)
    }

    pub(super) fn native(&self, token: TokenDigest) -> Vec<u8> {
        self.key(b"n:{l}", &token.0)
    }

    /// One of 262,144 places: anybody may wait with any token, so there must be no place for each.
    pub(super) fn waiting_client(&self, token: TokenDigest) -> Vec<u8> {
        let [one, two, three, ..] = token.0;
        self.key(b"d:", &[one & 3, two, three])
    }

    pub(super) fn logins(&self) -> Vec<u8> {
        self.key(b"logins:{l}", b"")
    }

    pub(super) fn logins_from(&self, network: Network) -> Vec<u8> {
        self.key(b"w:{l}", &network.widest().to_bytes())
    }

    pub(super) fn undecided(&self) -> Vec<u8> {
        self.key(b"undecided:{l}", b"")
    }

    pub(super) fn redirects(&self) -> Vec<u8> {
        self.key(b"redirects", b"")
    }

    pub(super) fn signing(&self) -> Vec<u8> {
        self.key(b"signing", b"")
    }

    /// What else is known of those licences.
    pub(super) fn borrowed(&self) -> Vec<u8> {
        self.key(b"borrowed:{c}", b"")
    }

    /// The licences that are out, by when they end.
    pub(super) fn licenses(&self) -> Vec<u8> {
        self.key(b"licenses:{c}", b"")
    }

    /// The users who borrow, and what: so many bytes each.
    pub(super) fn borrowers(&self) -> Vec<u8> {
        self.key(b"borrowers:{c}", b"")
    }

    /// That an act on a licence took effect.
    pub(super) fn returned(&self, act: &[u8]) -> Vec<u8> {
        self.key(b"c:{c}", act)
    }

    /// The channel on which decisions about native logins are told.
    pub(super) fn decided(&self) -> Vec<u8> {
        self.key(b"decided", b"")
    }

    pub(super) fn email(&self, email: &Email) -> Vec<u8> {
        self.key(b"e:", email.as_str().as_bytes())
    }

    pub(super) fn bucket(&self, key: &[u8; 16]) -> Vec<u8> {
        self.key(b"b:{b}", key)
    }

    pub(super) fn marks(&self, account: &[u8; 16]) -> Vec<u8> {
        self.key(b"m:{b}", account)
    }

    pub(super) fn closing(&self) -> Vec<u8> {
        self.key(b"closing", b"")
    }

    pub(super) fn sweep(&self) -> Vec<u8> {
        self.key(b"sweep", b"")
    }

    pub(super) fn walk(&self) -> Vec<u8> {
        self.key(b"walk", b"")
    }

    pub(super) fn ready(&self) -> Vec<u8> {
        self.key(b"ready", b"")
    }

    /// The pattern that `SCAN` finds all users' keys by.
    pub(super) fn users(&self) -> Vec<u8> {
        self.pattern(b"u:{*")
    }

    /// The pattern that `SCAN` finds all users' keys, all addresses and all subjects by.
    pub(super) fn users_and_claims(&self) -> Vec<u8> {
        self.pattern(b"[uei]:*")
    }

    fn pattern(&self, kinds: &[u8]) -> Vec<u8> {
        let mut pattern = Vec::with_capacity(self.prefix.len() + 8);
        for &byte in &*self.prefix {
            if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\') {
                pattern.push(b'\\');
            }
            pattern.push(byte);
        }
        pattern.extend_from_slice(kinds);
        pattern
    }

    /// Whose key this is, if it is one of [`Self::user`].
    pub(super) fn user_of(&self, key: &[u8]) -> Option<UserId> {
        let tag = key.strip_prefix(&*self.prefix)?.strip_prefix(b"u:{")?.strip_suffix(b"}")?;
        uuid::Uuid::try_parse_ascii(tag).ok().map(UserId)
    }

    fn key(&self, kind: &[u8], name: &[u8]) -> Vec<u8> {
        [&self.prefix, kind, name].concat()
    }
}

fn tag(id: UserId) -> String {
    format!("{{{}}}", id.0.simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_key_leads_back_to_the_user() {
        let keys = Keys::new("odd*[prefix]:");
        let id = UserId(uuid::Uuid::from_u128(0x7d7b_7d7b));
        assert_eq!(keys.user_of(&keys.user(id)), Some(id));
        assert_eq!(keys.user_of(&keys.kills(id)), None);
        assert_eq!(keys.users(), br"odd\*\[prefix\]:u:{*");
    }
}
