//! Who asks, and whom they may change.

use crate::domain::{Account, AccountChange, Denied, Scope, Scopes, UserId};

/// Whoever asks for an act, as the log names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The operating system's user of the command, or of the process at the other end of the socket.
    Uid(u32),
    /// A program, by the name of its API token.
    Token(Box<str>),
    /// A person who has `access:admin`.
    Person(UserId),
}

impl Operator {
    /// The uid, if that is how they are known.
    #[must_use]
    pub const fn uid(&self) -> Option<u32> {
        match self {
            Self::Uid(uid) => Some(*uid),
            Self::Token(_) | Self::Person(_) => None,
        }
    }

    /// The name of the API token, if that is how they are known.
    #[must_use]
    pub const fn token(&self) -> Option<&str> {
        match self {
            Self::Token(name) => Some(name),
            Self::Uid(_) | Self::Person(_) => None,
        }
    }

    /// The person, if it is one.
    #[must_use]
    pub const fn person(&self) -> Option<UserId> {
        match self {
            Self::Person(user) => Some(*user),
            Self::Uid(_) | Self::Token(_) => None,
        }
    }
}

/// Whom somebody may change who may change users. Who sets passwords of operators may become one, so whoever may not do
/// everything changes nobody who has `access:admin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everybody.
    Everybody,
    /// Everybody who has not `access:admin`.
    NoOperator,
}

impl Reach {
    /// By what somebody may do.
    pub(super) fn of(scopes: Scopes) -> Self {
        if scopes.allow(Scope::Everything) { Self::Everybody } else { Self::NoOperator }
    }

    /// A change as they may make it.
    pub(super) fn bounds(self, change: AccountChange) -> AccountChange {
        match self {
            Self::Everybody => change,
            Self::NoOperator => AccountChange::UnlessAdmin(Box::new(change)),
        }
    }

    /// Whether they may change this user.
    ///
    /// # Errors
    /// [`Denied::IsOperator`].
    pub(super) const fn judge(self, account: &Account) -> Result<(), Denied> {
        match self {
            Self::NoOperator if account.profile.rights.admin => Err(Denied::IsOperator),
            _ => Ok(()),
        }
    }
}
