//! What a rule found must become true.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::domain::{
    AccessToken, Account, CloseReason, ClosedSession, Credential, CredentialChange, Happened, SessionId, SessionKey,
    Timestamp, TokenDigest, UserId,
};

/// What a store must make true, all or none. The account and the sessions to write are in the
/// [`UserState`](super::UserState) that the rule has left, and so are the new totals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// What becomes of the account.
    pub account: AccountEffect,
    /// Sessions to write.
    pub stored: BTreeSet<SessionKey>,
    /// Sessions to remove.
    pub removed: BTreeSet<SessionKey>,
    /// The session that is new among those to write, and when to look whether it has ended ([`Expire`](super::Expire)).
    pub opened: Option<(SessionKey, Timestamp)>,
    /// Every session that ends by this, to be reported once the rest is true. A session of a client can end and another
    /// open in its place: then it is here and not among those to remove.
    pub closed: Vec<ClosedSession>,
    /// Tokens that must never again be accepted.
    pub revoked: Vec<(TokenKind, TokenDigest)>,
    /// The access token issued.
    pub access: Option<(TokenDigest, AccessToken)>,
    /// The other tokens issued: where to find each, and until when.
    pub issued: Vec<(TokenKind, TokenDigest, TokenOwner)>,
    /// What the person is told of, once the rest is true.
    pub told: Option<CredentialChange>,
    /// What is reported besides, once the rest is true.
    pub happened: Vec<Happened>,
}

/// What becomes of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountEffect {
    /// It stays as it is.
    #[default]
    Unchanged,
    /// It is to be written.
    Stored,
    /// It is to be removed; its address and its subject are free.
    Removed,
}

/// The kinds of token that a store finds by their digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenKind {
    /// An access token.
    Access,
    /// A remember-me token.
    RememberMe,
    /// A cross token.
    Cross,
    /// The cookie of a browser that is signed on.
    SignOn,
}

/// Where a remember-me or cross token, or a signed-on browser is recorded. What is there decides about it when it is used;
/// this only finds it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TokenOwner {
    /// Whose it is.
    #[n(0)]
    pub user: UserId,
    /// The session it hangs on; `None`: on the account.
    #[n(1)]
    pub session: Option<SessionKey>,
    /// From this instant on it need not be found any more.
    #[n(2)]
    pub expires: Timestamp,
}

impl Effects {
    pub(super) fn store(&mut self, key: SessionKey) {
        self.removed.remove(&key);
        self.stored.insert(key);
    }

    pub(super) fn open(&mut self, key: SessionKey, look_at: Timestamp) {
        self.opened = Some((key.clone(), look_at));
        self.store(key);
    }

    pub(super) fn close(&mut self, key: SessionKey, session: SessionId, user: UserId, why: CloseReason) {
        self.stored.remove(&key);
        self.removed.insert(key);
        self.closed.push(ClosedSession { session, user: Some(user), why });
    }

    pub(super) fn change_account(&mut self) {
        self.account = AccountEffect::Stored;
    }

    /// Has the person be told, where they are reached before the change.
    pub(super) fn tell(&mut self, account: &Account, credential: Credential) {
        self.told = Some(CredentialChange { user: account.id, email: account.email.clone(), credential });
    }

    pub(super) fn revoke(&mut self, kind: TokenKind, digests: impl IntoIterator<Item = TokenDigest>) {
        self.revoked.extend(digests.into_iter().map(|digest| (kind, digest)));
    }
}
