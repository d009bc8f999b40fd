//! Every key there is.
//!
//! | key, after the prefix | type | holds |
//! | --- | --- | --- |
//! | `t:` + digest | string, expires | an access token's record; empty: a tombstone |
//! | `r:` + digest, `x:` + digest | string, expires | where a remember-me or cross token hangs |
//! | `u:{user}` | string | what a user has: account, sessions and their handles, see [`super::aggregate`] |
//! | `k:{user}` | string | digests of access tokens that are being killed; there only meanwhile |
//! | `e:` + address | string | whose address it is, see [`super::claims`] |
//! | `b:` + bucket | string, expires | when the bucket will be full |
//! | `closing` | sorted set | users with something in `k:`, by when that began |
//! | `ready` | string, expires | nothing: writing it shows that Redis takes writes |
//! | `sweep`, `walk` | string | who sweeps, and how far the walk over all users and addresses has come |
//!
//! Digests and bucket keys are raw bytes. `u:` and `k:` of a user share a hash tag, so that one script may touch
//! both in a cluster; it is in hexadecimal, since a raw `}` would end it early.

use crate::domain::{Email, TokenDigest, UserId};

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

    pub(super) fn email(&self, email: &Email) -> Vec<u8> {
        self.key(b"e:", email.as_str().as_bytes())
    }

    pub(super) fn bucket(&self, key: &[u8; 16]) -> Vec<u8> {
        self.key(b"b:", key)
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

    /// The pattern that `SCAN` finds all users' keys and all addresses by.
    pub(super) fn users_and_addresses(&self) -> Vec<u8> {
        self.pattern(b"[ue]:*")
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
