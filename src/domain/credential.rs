//! Changes of what a person logs in with, of which they are told.

use super::{Email, UserId};

/// A change of what a person logs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialChange {
    /// Whose.
    pub user: UserId,
    /// Where they are told: the address before the change.
    pub email: Email,
    /// What has changed.
    pub credential: Credential,
}

/// What a person logs in with, as it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The password was changed, or set.
    Password,
    /// An app password of this name was made.
    AppPassword(Box<str>),
    /// The e-mail address was changed.
    Email,
    /// The second factor was set, changed or taken away.
    SecondFactor,
}
