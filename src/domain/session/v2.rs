//! The directory session of a v2 client, and the handles that hang on it.

use std::net::IpAddr;

use minicbor::{Decode, Encode};

use crate::domain::{AppPasswordId, SessionId, Timestamp, TokenDigest, named};

/// An open session. A closed one is not kept: its handles are dead and it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Session {
    /// Its id.
    #[n(0)]
    pub id: SessionId,
    /// Whether the server made the client's id and no client has sent it since: first out when a user has too many.
    #[n(1)]
    pub server_made: bool,
    /// How the person last proved who they are.
    #[n(2)]
    pub how: AuthMethod,
    /// When it was opened.
    #[n(3)]
    pub opened: Timestamp,
    /// When the person last proved who they are.
    #[n(4)]
    pub authenticated: Timestamp,
    /// The last login, silent login or swap. A check of a token writes nothing.
    #[n(5)]
    pub last_contact: Timestamp,
    /// When it ends by itself: never before its longest token.
    #[n(6)]
    pub ends: Timestamp,
    /// The client as it last described itself.
    #[n(7)]
    pub contact: ClientInfo,
    /// Access tokens, oldest first.
    #[n(8)]
    pub access: Vec<AccessHandle>,
    /// Remember-me tokens, oldest first.
    #[n(9)]
    pub remember_me: Vec<RememberMeHandle>,
    /// Cross tokens not yet spent, oldest first.
    #[n(10)]
    pub cross: Vec<CrossHandle>,
    /// Which of its access and remember-me tokens come of logins by app passwords. May name tokens that are gone.
    #[cbor(n(11), with = "crate::domain::encoding::list", has_nil)]
    pub by_app_password: Vec<ByAppPassword>,
}

/// A token that comes of a login by an app password, at once or through other tokens: it ends with the app password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ByAppPassword {
    /// Which app password.
    #[n(0)]
    pub app_password: AppPasswordId,
    /// Which token.
    #[n(1)]
    pub token: TokenDigest,
}

named! {
    /// How a person proved who they are.
    #[derive(Encode, Decode)]
    #[cbor(index_only)]
    pub enum AuthMethod {
        /// E-mail address and password.
        #[n(1)]
        Password = "password",
        /// A remember-me token.
        #[n(2)]
        RememberMe = "remember-me",
        /// A cross token from another client.
        #[n(3)]
        Cross = "cross",
        /// The identity provider.
        #[n(4)]
        Oidc = "oidc",
        /// A browser in which they had proven it before.
        #[n(5)]
        SingleSignOn = "sso",
        /// A token of the old service.
        #[n(6)]
        Upstream = "upstream",
    }
}

/// What a client tells about itself when it logs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ClientInfo {
    /// Where the request came from, by the rules for trusted proxies.
    #[n(0)]
    pub address: Option<IpAddr>,
    /// Its `User-Agent`, cut to [`ClientInfo::MAX_USER_AGENT`] bytes.
    #[n(1)]
    pub user_agent: Option<Box<str>>,
    /// Its `application_id`, to the letter.
    #[n(2)]
    pub application: Option<Box<str>>,
}

impl ClientInfo {
    /// How much of a `User-Agent` is kept, in bytes.
    pub const MAX_USER_AGENT: usize = 128;
}

/// An access token as its session knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessHandle {
    /// Which token.
    pub digest: TokenDigest,
    /// From this instant on it is refused.
    pub expires: Timestamp,
}

/// A remember-me token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RememberMeHandle {
    /// Which token.
    #[n(0)]
    pub digest: TokenDigest,
    /// From this instant on it is refused.
    #[n(1)]
    pub expires: Timestamp,
    /// The proof that its logins inherit.
    #[n(2)]
    pub proven: Timestamp,
}

/// A cross token not yet spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CrossHandle {
    /// Which token.
    #[n(0)]
    pub digest: TokenDigest,
    /// From this instant on it is refused.
    #[n(1)]
    pub expires: Timestamp,
    /// The proof that its login inherits.
    #[n(2)]
    pub proven: Timestamp,
    /// The instant that its login inherits as [`AccessToken::not_after`](crate::domain::AccessToken::not_after).
    #[n(3)]
    pub not_after: Option<Timestamp>,
    /// The access token that minted it, and takes it along when it ends; `None`: a bearer, it ends with the session.
    #[n(4)]
    pub parent: Option<TokenDigest>,
}

impl Session {
    /// How many tokens of all kinds hang on it. Without any it is closed.
    #[must_use]
    pub const fn tokens(&self) -> usize {
        self.access.len() + self.remember_me.len() + self.cross.len()
    }

    /// Its place among a user's sessions when there are too many: the smallest goes first. Those of clients whose id the
    /// server made go before the others, then those that were silent for longest. Less than 2^49.
    #[must_use]
    pub const fn first_out(&self) -> u64 {
        let own_id = if self.server_made { 0 } else { 1 << 48 };
        own_id | self.last_contact.millis()
    }

    /// Extends the session to `end`; never shortens it.
    pub(super) fn live_until(&mut self, end: Timestamp) {
        self.ends = self.ends.max(end);
    }
}
