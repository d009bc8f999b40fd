//! Which users, sessions and events of a list are wanted.

use serde::{Deserialize, Serialize};

use super::{EventView, SessionKind, SessionView};
use crate::domain::{Account, named};

/// Which users are wanted: those that all of it is true of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// A part of the e-mail address or of the name, in any case.
    pub search: Option<Box<str>>,
    /// Those who may not log in.
    pub disabled: bool,
    /// Those without a password.
    pub no_password: bool,
}

/// Which sessions are wanted: those that all of it is true of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Through which API they were opened.
    pub kind: Option<SessionKind>,
    /// The address of the client, as sessions are shown.
    pub address: Option<Box<str>>,
    /// The application, to the letter.
    pub application: Option<Box<str>>,
}

named! {
    /// Which kind of events is wanted.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum EventKind {
        /// Attempts to log in, and swaps.
        Logins = "logins",
        /// Those that came to nothing.
        Refusals = "refusals",
        /// Sessions that opened or closed, tokens that were revoked, licences.
        Sessions = "sessions",
        /// Changes of accounts.
        Accounts = "accounts",
        /// What operators did, and what became of servers, keys and the events themselves.
        Operation = "operation",
    }
}

impl EventKind {
    /// Whether this event is one of the kind.
    #[must_use]
    pub fn wants(self, event: &EventView) -> bool {
        match event.event.as_str() {
            "login" | "swap" => self == Self::Logins || self == Self::Refusals && !event.let_somebody_in(),
            "session opened" | "session closed" | "tokens revoked" | "licence out" | "licence back" => {
                self == Self::Sessions
            }
            "account changed" => self == Self::Accounts,
            _ => self == Self::Operation,
        }
    }
}

impl UserFilter {
    /// The longest part to look for, in bytes.
    pub const MAX_SEARCH: usize = 256;

    /// Whether everybody is wanted.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        *self == Self::default()
    }

    /// The same, ready to be compared.
    pub(super) fn folded(&self) -> Self {
        let search = self.search.as_deref().map(|part| part.trim().to_lowercase().into());
        Self { search, ..*self }
    }

    /// Whether this user is wanted, by a filter that was folded.
    pub(super) fn wants(&self, account: &Account) -> bool {
        let found = |part: &str| account.email.as_str().contains(part) || account.name.to_lowercase().contains(part);
        self.search.as_deref().is_none_or(found)
            && !(self.disabled && account.enabled)
            && !(self.no_password && account.password.is_some())
    }
}

impl SessionFilter {
    pub(super) fn wants(&self, session: &SessionView) -> bool {
        self.kind.is_none_or(|kind| kind == session.kind)
            && self.address.as_deref().is_none_or(|wanted| session.address.as_deref() == Some(wanted))
            && self.application.as_deref().is_none_or(|wanted| session.application.as_deref() == Some(wanted))
    }
}
