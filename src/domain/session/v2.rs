//! The directory session of a v2 client, and the handles that hang on it.

use std::net::IpAddr;

use crate::domain::{SessionId, Timestamp, TokenDigest};

/// An open session. A closed one is not kept: its handles are dead and it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whether the server made the client's id and no client has sent it since: first out when a user has too many.
    pub server_made: bool,
    /// How the person last proved who they are.
    pub how: AuthMethod,
    /// When it was opened.
    pub opened: Timestamp,
    /// When the person last proved who they are.
    pub authenticated: Timestamp,
    /// The last login, silent login or swap. A check of a token writes nothing.
    pub last_contact: Timestamp,
    /// When it ends by itself: never before its longest token.
    pub ends: Timestamp,
    /// The client as it last described itself.
    pub contact: ClientInfo,
    /// Access tokens, oldest first.
    pub access: Vec<AccessHandle>,
    /// Remember-me tokens, oldest first.
    pub remember_me: Vec<RememberMeHandle>,
    /// Cross tokens not yet spent, oldest first.
    pub cross: Vec<CrossHandle>,
}

/// How a person proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// E-mail address and password.
    Password,
    /// A remember-me token.
    RememberMe,
    /// A cross token from another client.
    Cross,
    /// The identity provider.
    Oidc,
    /// A browser in which they had proven it before.
    SingleSignOn,
}

impl AuthMethod {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::RememberMe => "remember-me",
            Self::Cross => "cross",
            Self::Oidc => "oidc",
            Self::SingleSignOn => "sso",
        }
    }
}

/// What a client tells about itself when it logs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Where the request came from, by the rules for trusted proxies.
    pub address: Option<IpAddr>,
    /// Its `User-Agent`, cut to [`ClientInfo::MAX_USER_AGENT`] bytes.
    pub user_agent: Option<Box<str>>,
    /// Its `application_id`, to the letter.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RememberMeHandle {
    /// Which token.
    pub digest: TokenDigest,
    /// From this instant on it is refused.
    pub expires: Timestamp,
    /// The proof that its logins inherit.
    pub proven: Timestamp,
}

/// A cross token not yet spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossHandle {
    /// Which token.
    pub digest: TokenDigest,
    /// From this instant on it is refused.
    pub expires: Timestamp,
    /// The proof that its login inherits.
    pub proven: Timestamp,
    /// The instant that its login inherits as [`AccessToken::not_after`](crate::domain::AccessToken::not_after).
    pub not_after: Option<Timestamp>,
    /// The access token that minted it, and takes it along when it ends; `None`: a bearer, it ends with the session.
    pub parent: Option<TokenDigest>,
}

impl Session {
    /// Whether no token of any kind is left: such a session is closed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.access.is_empty() && self.remember_me.is_empty() && self.cross.is_empty()
    }

    /// Extends the session to `end`; never shortens it.
    pub(super) fn live_until(&mut self, end: Timestamp) {
        self.ends = self.ends.max(end);
    }
}
