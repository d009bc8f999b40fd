//! What is asked of one person's account and sessions. The rules that answer are in [`rules`](super::rules).

use std::time::Duration;

use crate::domain::{
    AccountLogin, AppPasswordId, ClientInfo, ClientKey, CloseReason, Email, LoginProof, Network, Right, SessionId,
    SessionKey, Timestamp, TokenDigest,
};

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
    /// Access, remember-me and cross tokens of one user, all sessions together. Beyond it whole sessions go, in the order in
    /// which they go beyond their own limits. Bounds how long it takes to end everything.
    pub tokens_per_user: usize,
    /// Nothing lives longer than this after the proof it came from.
    pub login_age: Duration,
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
    /// The person was proven by an app password, while the account had this generation.
    AppPassword {
        /// Which one.
        id: AppPasswordId,
        /// The account's generation when the proof was made.
        generation: u32,
        /// When the proof was made.
        proven: Timestamp,
    },
    /// A remember-me token of the client that logs in.
    RememberMe(TokenDigest),
    /// A cross token, spent by this.
    Cross(CrossGrant),
    /// The old service vouches for a token of its own, which the new one is to stand for. Counts for a person who may come
    /// over, while nothing has ended all that they had.
    Upstream,
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

/// An access token to be revoked, and the cross tokens that it minted; or a remember-me token. Closes its session if that
/// was its last token. Revoking twice is no error.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// The client of the session it hangs on.
    pub client: ClientKey,
    /// The token.
    pub token: TokenDigest,
}

/// A session to be closed: everything that names it ends. Counts if it is open.
#[derive(Clone, Debug)]
pub struct CloseSession {
    /// Which session.
    pub session: SessionKey,
    /// Whether the person must be asked again at the next login.
    pub ask_again: bool,
    /// Why, for the report.
    pub why: CloseReason,
}

/// Removes what has ended by the store's clock of the account and one of its sessions, and closes that session if its time
/// is up.
#[derive(Clone, Debug)]
pub struct Expire {
    /// Which session; `None`: the account alone.
    pub session: Option<SessionKey>,
}

/// An account to be removed, after every session of it is closed.
#[derive(Clone, Copy, Debug)]
pub struct DeleteAccount;

/// What is asked of one of a user's directory sessions. Each answers the session as it is then.
#[derive(Clone, Debug)]
pub enum SessionCommand {
    /// A session opens.
    Open(Box<OpenSession>),
    /// It is kept alive: it now has until `before`, but never longer than its end of life.
    ///
    /// Counts only before its deadline, by the server's clock and by the store's.
    Heartbeat {
        /// Which session.
        session: SessionId,
        /// The server's clock.
        now: Timestamp,
        /// When the next heartbeat is due.
        before: Timestamp,
    },
    /// Its native client is given its bearers.
    ///
    /// Counts until the first heartbeat, and no longer than `again` after the first time.
    Collect {
        /// Which session.
        session: SessionId,
        /// The server's clock.
        now: Timestamp,
        /// How long after the first time it may be asked for again.
        again: Duration,
    },
}

/// A directory session to be opened, and single sign-on with it.
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// Its id.
    pub session: SessionId,
    /// What entitles it. Does not count with an older generation, for a disabled user, by a single sign-on that has
    /// ended, or while the person must be asked again and the proof does not meet that very demand. One that does ends it.
    pub proof: LoginProof,
    /// The server's clock.
    pub now: Timestamp,
    /// What it is for. Does not count if the user has not the right, unless this grants it.
    pub right: Right,
    /// Whether to grant [`Right::Frontend`]: the administrator began this login.
    pub registers: bool,
    /// Third-party claims. Does not count if one is not among the user's scopes.
    pub app_claims: Vec<Box<str>>,
    /// Whether its bearers say more.
    pub extended: bool,
    /// The native client, if one asked.
    pub native: Option<TokenDigest>,
    /// When its first heartbeat is due.
    pub heartbeat_before: Timestamp,
    /// When it ends whatever happens.
    pub end_of_life: Timestamp,
    /// The client as it describes itself.
    pub contact: ClientInfo,
    /// The network to be known from now on; for proofs by password only.
    pub network: Option<Network>,
    /// Where the browser is sent.
    pub redirect_url: Box<str>,
    /// The value of the cookie `directory_sso`, digested, and how long it lives from the proof on.
    pub sign_on: Option<(TokenDigest, Duration)>,
    /// Whether that is all that happens: then the session is over at once. Does not count if the proof is older than that.
    pub account: Option<AccountLogin>,
    /// The limits in force.
    pub limits: Limits,
}
