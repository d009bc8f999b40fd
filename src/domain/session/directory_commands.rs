//! What is asked of a user's directory sessions.

use std::time::Duration;

use crate::domain::{ClientInfo, Limits, LoginProof, Network, Right, SessionId, Timestamp, TokenDigest};

/// What is asked of a user's directory sessions. Each answers the session as it is then, or `None` if nothing changed
/// because the act does not count.
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
    /// It ends. The answer is the session as it was.
    Close {
        /// Which session.
        session: SessionId,
        /// Whether the person must be asked again at the next login.
        ask_again: bool,
    },
    /// It ends if its time is up by the store's clock. The answer is the session as it was.
    Lapse {
        /// Which session.
        session: SessionId,
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
    /// The limits in force.
    pub limits: Limits,
}
