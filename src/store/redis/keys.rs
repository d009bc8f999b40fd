//! Every key in Redis.
//!
//! | key, after the prefix | type | holds |
//! | --- | --- | --- |
//! | `u:{xx}` + user | string | the account, and how many sessions there are; see [`super::codec`] |
//! | `i:{xx}` + user | sorted set | the slots of the user's sessions, first out first; only if there are several |
//! | `s:{xx}` + slot | string | a session and the handles of its tokens |
//! | `t:{xx}` + digest | string, expires | an access token |
//! | `r:{xx}`, `x:{xx}`, `o:{xx}` + digest | string, expires | whose a remember-me token, cross token, signed-on browser is |
//! | `f:{xx}` + digest | string, expires | what a token of the old service stands for, see [`super::takeovers`] |
//! | `a:{xx}` + act | string, expires | nothing: that act took effect |
//! | `c:{xx}` + slot | string, expires | nothing: that directory session is closed, and does not open again |
//! | `due:{xx}` | sorted set | directory sessions, by when to look whether they are to be closed |
//! | `e:` + address | string | whose address it is, see [`super::unique_index`] |
//! | `p:` + digest | string | whose subject at an identity provider it is |
//! | `k:` + digest | string | whom a provisioning client calls so |
//! | `v:` + digest | string, expires | whose session at an identity provider it is |
//! | `s:{l}` + digest | string, expires | a login under way by its state, see [`super::logins`] |
//! | `g:{l}` + digest | string, expires | what is left of a login that is over, by its state |
//! | `n:{l}` + digest | string, expires | what a native client waits for, by its token |
//! | `d:` + place | string, expires | how a native client describes itself, by 18 bits of its token's digest |
//! | `logins:{l}`, `w:{l}` + network | sorted set | logins under way, of all and of one network, by when they end |
//! | `redirects` | set | the redirect URLs that are registered |
//! | `signing` | string | the keys that sign bearers |
//! | `groups` | string | the groups that a provisioning client manages |
//! | `api-tokens` | string | the tokens of the management API |
//! | `borrowed:{c}`, `licenses:{c}` | hash, sorted set; expire | licences that are out, and by when they end |
//! | `borrowers:{c}` | sorted set of one score, expires | users who have licences, each followed by what borrowed it |
//! | `c:{c}` + act | string, expires | nothing: that return of a licence took effect |
//! | `b:{b}` + bucket | string, expires | when the bucket will be full |
//! | `m:{b}` + account | sorted set, expires | what an account is known by, see [`super::throttle`] |
//! | `upstream` | string | until when the old service is asked |
//! | `y:{chain}` | stream | events of one process, see [`super::events`] |
//! | `chains` | sorted set | the chains of events, by when each was last written |
//! | `h:{xx}` + user | list, expires | the places of the last events of a user |
//! | `restoring` | string | nothing: a backup is being restored |
//! | `hold:{xx}` | string, expires or stays | changes of the shard are held by this move, see [`super::moving`] |
//! | `moved` | string | the id of the move, and the URL of the store to which this one has moved |
//! | `ready` | string, expires | nothing: it is written to see whether Redis takes writes |
//! | `sweep`, `walk` | string | who sweeps, and how far the walk over all users and addresses has come |
//!
//! `{xx}` is the [tag] of the user's shard, so that all that a user has lies in one slot of a Cluster; for a token of the
//! old service that of the shard of its digest. Logins under way (`{l}`), licences (`{c}`) and the throttle (`{b}`) have
//! a slot each. Ids, slots, digests and bucket keys are raw bytes. A session's slot is the SHA-256 of its user and its
//! key, cut to 128 bits: short, and of one length.
//!
//! On the channel `decided`, after the prefix, the native tokens are published whose logins are decided.

use sha2::{Digest as _, Sha256};

use super::shard::tag;
use crate::domain::{
    Chain, Email, Network, ProviderSession, SessionKey, Shard, TokenDigest, TokenKind, Unique, UserId,
};

/// What a dump finds by a key's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dumped {
    User(UserId),
    TakenOver(TokenDigest),
    ProviderSession(ProviderSession),
}

/// Makes keys.
#[derive(Debug)]
pub(super) struct Keys {
    prefix: Box<[u8]>,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.as_bytes().into() }
    }

    pub(super) fn user(&self, id: UserId) -> Vec<u8> {
        self.in_shard("u", Shard::of_user(id), id.0.as_bytes())
    }

    pub(super) fn index(&self, user: UserId) -> Vec<u8> {
        self.in_shard("i", Shard::of_user(user), user.0.as_bytes())
    }

    pub(super) fn session(&self, user: UserId, session: &SessionKey) -> Vec<u8> {
        self.in_shard("s", Shard::of_user(user), &slot(user, session))
    }

    /// The beginning of the keys of a user's sessions; the slot follows.
    pub(super) fn sessions(&self, user: UserId) -> Vec<u8> {
        self.in_shard("s", Shard::of_user(user), b"")
    }

    pub(super) fn closed(&self, user: UserId, session: &SessionKey) -> Vec<u8> {
        self.in_shard("c", Shard::of_user(user), &slot(user, session))
    }

    pub(super) fn receipt(&self, user: UserId, act: [u8; 8]) -> Vec<u8> {
        self.in_shard("a", Shard::of_user(user), &act)
    }

    pub(super) fn timers(&self, shard: Shard) -> Vec<u8> {
        self.in_shard("due", shard, b"")
    }

    pub(super) fn hold(&self, shard: Shard) -> Vec<u8> {
        self.in_shard("hold", shard, b"")
    }

    pub(super) fn token(&self, kind: TokenKind, digest: TokenDigest) -> Vec<u8> {
        self.in_shard(letter(kind), Shard::of_token(digest), &digest.0)
    }

    /// The beginning of the keys of a user's tokens of one kind; the digest follows.
    pub(super) fn tokens(&self, kind: TokenKind, user: UserId) -> Vec<u8> {
        self.in_shard(letter(kind), Shard::of_user(user), b"")
    }

    pub(super) fn taken_over(&self, digest: TokenDigest) -> Vec<u8> {
        self.in_shard("f", Shard::of_token(digest), &digest.0)
    }

    pub(super) fn upstream_until(&self) -> Vec<u8> {
        self.key("upstream", b"")
    }

    pub(super) fn email(&self, email: &Email) -> Vec<u8> {
        self.key("e:", email.as_str().as_bytes())
    }

    pub(super) fn subject(&self, digest: &[u8; 16]) -> Vec<u8> {
        self.key("p:", digest)
    }

    pub(super) fn provider_session(&self, session: ProviderSession) -> Vec<u8> {
        self.key("v:", &session.0)
    }

    pub(super) fn unique(&self, unique: &Unique) -> Vec<u8> {
        match unique {
            Unique::Email(email) => self.email(email),
            Unique::Subject(digest) => self.subject(digest),
            Unique::ExternalId(digest) => self.key("k:", digest),
        }
    }

    pub(super) fn login(&self, state: TokenDigest) -> Vec<u8> {
        self.key("s:{l}", &state.0)
    }

    pub(super) fn used(&self, state: TokenDigest) -> Vec<u8> {
        self.key("g:{l}", &state.0)
    }

    pub(super) fn native(&self, token: TokenDigest) -> Vec<u8> {
        self.key("n:{l}", &token.0)
    }

    /// One of 262,144 keys. Anybody may wait with any token, so the number of keys must be bounded.
    pub(super) fn waiting_client(&self, token: TokenDigest) -> Vec<u8> {
        let [one, two, three, ..] = token.0;
        self.key("d:", &[one & 3, two, three])
    }

    pub(super) fn logins_from(&self, network: Network) -> Vec<u8> {
        self.key("w:{l}", &network.widest().to_bytes())
    }

    pub(super) fn returned(&self, act: &[u8]) -> Vec<u8> {
        self.key("c:{c}", act)
    }

    pub(super) fn bucket(&self, key: &[u8; 16]) -> Vec<u8> {
        self.key("b:{b}", key)
    }

    pub(super) fn marks(&self, account: &[u8; 16]) -> Vec<u8> {
        self.key("m:{b}", account)
    }

    /// Each chain has a slot of its own.
    pub(super) fn chain(&self, chain: Chain) -> Vec<u8> {
        self.key("y:", format!("{{{chain}}}").as_bytes())
    }

    pub(super) fn events_of(&self, user: UserId) -> Vec<u8> {
        self.in_shard("h", Shard::of_user(user), user.0.as_bytes())
    }

    /// The pattern of all users' keys, for `SCAN`.
    pub(super) fn users(&self) -> Vec<u8> {
        self.pattern(b"u:{*")
    }

    /// The pattern of all users' keys and all claims, for `SCAN`.
    pub(super) fn users_and_claims(&self) -> Vec<u8> {
        self.pattern(b"[uepk]:*")
    }

    /// The pattern of all keys whose names a dump must learn from Redis, for `SCAN`: see [`Self::dumped`].
    pub(super) fn of_dump(&self) -> Vec<u8> {
        self.pattern(b"[ufv]:*")
    }

    /// The pattern of all keys, for `SCAN`.
    pub(super) fn all(&self) -> Vec<u8> {
        self.pattern(b"*")
    }

    /// What a key of [`Self::of_dump`] is about.
    pub(super) fn dumped(&self, key: &[u8]) -> Option<Dumped> {
        let (kind, rest) = key.strip_prefix(&*self.prefix)?.split_first_chunk::<2>()?;
        match kind {
            b"u:" => self.user_of(key).map(Dumped::User),
            b"f:" => rest.last_chunk().map(|digest| Dumped::TakenOver(TokenDigest(*digest))),
            b"v:" => rest.try_into().ok().map(|digest| Dumped::ProviderSession(ProviderSession(digest))),
            _ => None,
        }
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

    /// The user whose record has this key.
    pub(super) fn user_of(&self, key: &[u8]) -> Option<UserId> {
        let (_tag, id) = key.strip_prefix(&*self.prefix)?.strip_prefix(b"u:{")?.split_first_chunk::<2>()?;
        uuid::Uuid::from_slice(id.strip_prefix(b"}")?).ok().map(UserId)
    }

    fn in_shard(&self, kind: &str, shard: Shard, name: &[u8]) -> Vec<u8> {
        [&self.prefix, kind.as_bytes(), b":{", tag(shard).as_bytes(), b"}", name].concat()
    }

    fn key(&self, kind: &str, name: &[u8]) -> Vec<u8> {
        [&self.prefix, kind.as_bytes(), name].concat()
    }
}

macro_rules! single_keys {
    ($($name:ident: $key:literal;)+) => {
        impl Keys {$(
            pub(super) fn $name(&self) -> Vec<u8> {
                self.key($key, b"")
            }
        )+}
    };
}

single_keys! {
    logins: "logins:{l}";
    redirects: "redirects";
    signing: "signing";
    groups: "groups";
    api_tokens: "api-tokens";
    borrowed: "borrowed:{c}";
    licenses: "licenses:{c}";
    borrowers: "borrowers:{c}";
    chains: "chains";
    restoring: "restoring";
    moved: "moved";
    ready: "ready";
    sweep: "sweep";
    walk: "walk";
    decided: "decided";
}

const fn letter(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Access => "t",
        TokenKind::RememberMe => "r",
        TokenKind::Cross => "x",
        TokenKind::SignOn => "o",
    }
}

fn slot(user: UserId, session: &SessionKey) -> [u8; 16] {
    let whole = Sha256::new_with_prefix(user.0.as_bytes()).chain_update(session.to_bytes()).finalize();
    let mut slot = [0; 16];
    slot.copy_from_slice(&whole[..16]);
    slot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_key_leads_back_to_the_user() {
        let keys = Keys::new("odd*[prefix]:");
        for id in [0x7d7b_7d7b, u128::from_be_bytes([b'}'; 16])] {
            let id = UserId(uuid::Uuid::from_u128(id));
            assert_eq!(keys.user_of(&keys.user(id)), Some(id));
            assert_eq!(keys.user_of(&keys.index(id)), None);
        }
        assert_eq!(keys.users(), br"odd\*\[prefix\]:u:{*");
    }
}
