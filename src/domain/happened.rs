//! What a store, or a service above it, reports once it is true, for the events to tell.

use super::event::{AccountAct, Opening, OperatorAct};
use super::{ClientInfo, ClientKey, SessionId, UserId};

/// Something that has happened, besides a session that closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A session opened.
    Opened(Box<OpenedSession>),
    /// An account was made, changed or deleted.
    Account(UserId, AccountAct),
    /// A licence went out, or came back.
    License {
        /// Whether it went out.
        out: bool,
        /// Who has it, if that is known.
        user: Option<UserId>,
        /// In which session.
        session: Option<SessionId>,
    },
    /// The keys that sign bearers changed.
    Keys {
        /// The newest.
        newest: Box<str>,
        /// How many there are.
        count: usize,
    },
    /// An operator did something, perhaps to a user.
    Operator(OperatorAct, Option<UserId>),
}

/// A session that opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedSession {
    /// Which session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// The v2 client that it is of.
    pub client: Option<ClientKey>,
    /// The client as it describes itself.
    pub contact: ClientInfo,
    /// How it began.
    pub opening: Opening,
}
