//! What is asked of a user's [`UserState`](crate::domain::UserState): a login, a cross token.

use std::time::Duration;

use crate::domain::{ClientInfo, ClientKey, Email, Network, SessionId, SessionKey, Timestamp, TokenDigest};

/// Limits on what a user may hold; beyond each the oldest goes first.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Access tokens of one client.
    pub tokens_per_client: usize,
    /// Remember-me tokens of one client.
    pub remember_me_per_client: usize,
    /// Sessions of one user; those with server-made client ids go first.
    pub sessions_per_user: usize,
    /// Directory sessions of one user; the one that has been silent for longest goes first.
    pub directory_sessions_per_user: usize,
    /// Cross tokens outstanding of one session.
    pub cross_tokens_per_session: usize,
    /// Nothing lives longer than this after the proof it came from.
    pub login_age: Duration,
}

impl Limits {
    /// Access tokens of one user, all clients together, and as many cross tokens: whoever ends first goes first. All that a
    /// user has is one record in Redis, and each login writes it anew: without this bound 0.4 MB.
    pub const TOKENS_PER_USER: usize = 1024;
}

/// What entitles a login.
#[derive(Clone, Debug)]
pub enum Grant {
    /// The person was proven by password, while the account had this generation.
    Proof {
        /// The account's generation when the proof was made.
        generation: u32,
        /// When the proof was made.
        proven: Timestamp,
    },
    /// A remember-me token of the client that logs in.
    RememberMe(TokenDigest),
    /// A cross token, spent by this.
    Cross(CrossGrant),
}

/// A cross token presented for a swap.
#[derive(Clone, Debug)]
pub struct CrossGrant {
    /// Which token.
    pub digest: TokenDigest,
    /// The session that minted it.
    pub minted_by: SessionKey,
}

/// One login: a session opened or found open, and its tokens.
#[derive(Clone, Debug)]
pub struct Issue {
    /// What entitles it.
    pub grant: Grant,
    /// The server's clock.
    pub now: Timestamp,
    /// The client that logs in.
    pub client: ClientKey,
    /// Whether the server made that client's id for this login.
    pub server_made: bool,
    /// The team the login names.
    pub team: Option<Box<str>>,
    /// The project the login names.
    pub project: Option<Box<str>>,
    /// The client as it describes itself.
    pub contact: ClientInfo,
    /// The network to be known from now on; for proofs only.
    pub network: Option<Network>,
    /// The id of the session if one must be opened.
    pub session: SessionId,
    /// The access token and how long it lives.
    pub access: (TokenDigest, Duration),
    /// The remember-me token, if one is asked for, and how long it lives.
    pub remember_me: Option<(TokenDigest, Duration)>,
    /// The limits in force.
    pub limits: Limits,
}

/// A login that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The address of whose login it is.
    pub email: Email,
    /// The session it belongs to.
    pub session: SessionId,
    /// When the access token ends.
    pub access_expires: Timestamp,
    /// When the remember-me token ends, if one was asked for.
    pub remember_me_expires: Option<Timestamp>,
    /// Sessions that had to go for it, beyond [`Limits::sessions_per_user`].
    pub pushed_out: Vec<SessionId>,
}

/// What a cross token is minted from.
#[derive(Clone, Debug)]
pub enum CrossParent {
    /// An access token.
    Access {
        /// Which token.
        token: TokenDigest,
        /// The client of the session it hangs on.
        client: ClientKey,
        /// The proof it inherited.
        proven: Timestamp,
        /// Its [`AccessToken::not_after`](crate::domain::AccessToken::not_after).
        not_after: Option<Timestamp>,
    },
    /// A bearer of a directory session.
    Directory(SessionId),
}

/// One cross token minted.
#[derive(Clone, Debug)]
pub struct MintCross {
    /// What it comes from, and ends with.
    pub parent: CrossParent,
    /// The server's clock.
    pub now: Timestamp,
    /// The cross token and how long it lives.
    pub cross: (TokenDigest, Duration),
    /// The limits in force.
    pub limits: Limits,
}

/// A cross token that was minted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minted {
    /// When it ends.
    pub expires: Timestamp,
}
