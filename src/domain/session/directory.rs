//! The directory session: opened through the directory API, kept alive by heartbeats.

use minicbor::{Decode, Encode};

use super::v2::CrossHandle;
use crate::domain::{AuthMethod, ClientInfo, ProviderSession, Right, SessionId, Timestamp, TokenDigest, named};

/// An open directory session. A closed one is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DirectorySession {
    /// Its id, the same as while it was pending.
    #[n(0)]
    pub id: SessionId,
    /// What it was asked for.
    #[n(1)]
    pub right: Right,
    /// Third-party claims granted.
    #[n(2)]
    pub app_claims: Vec<Box<str>>,
    /// Whether its bearers say more: see `docs/api/directory-session.md`, "Who may call".
    #[n(3)]
    pub extended: bool,
    /// The native client's token, digested, if one opened it.
    #[n(4)]
    pub native: Option<TokenDigest>,
    /// How the person proved who they are.
    #[n(5)]
    pub how: AuthMethod,
    /// When it was opened.
    #[n(6)]
    pub opened: Timestamp,
    /// When the person last proved who they are.
    #[n(7)]
    pub authenticated: Timestamp,
    /// The last heartbeat, or when it was opened.
    #[n(8)]
    pub last_contact: Timestamp,
    /// Without a heartbeat it is closed at this instant.
    #[n(9)]
    pub heartbeat_before: Timestamp,
    /// It is closed at this instant whatever happens.
    #[n(10)]
    pub end_of_life: Timestamp,
    /// When the native client was first given its bearers.
    #[n(11)]
    pub collected: Option<Timestamp>,
    /// Whether a heartbeat has come: then the native client needs no second answer.
    #[n(12)]
    pub beaten: bool,
    /// The client as it describes itself.
    #[n(13)]
    pub contact: ClientInfo,
    /// Where the browser was sent.
    #[n(14)]
    pub redirect_url: Box<str>,
    /// Cross tokens not yet spent, oldest first.
    #[n(15)]
    pub cross: Vec<CrossHandle>,
    /// The session at the identity provider in which the person proved who they are, if it has named one.
    #[n(16)]
    pub provider_session: Option<ProviderSession>,
}

impl DirectorySession {
    /// When it closes unless something happens.
    #[must_use]
    pub fn deadline(&self) -> Timestamp {
        self.heartbeat_before.min(self.end_of_life)
    }

    /// Its place among a user's directory sessions when there are too many: the smallest, which was silent for longest, goes
    /// first. Less than 2^49.
    #[must_use]
    pub const fn first_out(&self) -> u64 {
        self.last_contact.millis()
    }

    /// Why it closes, if it does by `now`.
    #[must_use]
    pub fn overdue(&self, now: Timestamp) -> Option<CloseReason> {
        if self.end_of_life <= now {
            Some(CloseReason::EndOfLife)
        } else if self.heartbeat_before <= now {
            Some(CloseReason::NoHeartbeat)
        } else {
            None
        }
    }
}

named! {
    /// Why a session ended (`docs/api/directory-session.md`, "The session").
    pub enum CloseReason {
        /// The client closed it, or its person did on the account page; or the user's limits pushed it out.
        ByApplication = "close by application",
        /// No heartbeat came in time.
        NoHeartbeat = "no heartbeat",
        /// It was as old as a session gets.
        EndOfLife = "end of life",
        /// The person never came, or was refused.
        NotAuthenticated = "not authenticated on time",
        /// An operator ended it.
        ByAdmin = "revoked by admin",
        /// Its user is no more, or disabled.
        UserGone = "user was removed or disabled",
    }
}

/// A session that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedSession {
    /// Which session.
    pub session: SessionId,
    /// Whose it was; unknown while pending.
    pub user: Option<crate::domain::UserId>,
    /// Why.
    pub why: CloseReason,
}

impl ClosedSession {
    /// The session of a login that came to nothing.
    #[must_use]
    pub const fn never_opened(session: SessionId) -> Self {
        Self { session, user: None, why: CloseReason::NotAuthenticated }
    }
}
