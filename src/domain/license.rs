//! Licences that native clients borrow.

use super::{SessionId, Timestamp, TokenDigest, UserId};

/// A licence that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Borrow {
    /// The native client's token, digested: who may renew it or give it back.
    pub native: TokenDigest,
    /// Whose it is.
    pub user: UserId,
    /// The session it was borrowed in, which it may outlive.
    pub session: SessionId,
    /// When it was borrowed.
    pub since: Timestamp,
    /// When it comes back by itself.
    pub until: Timestamp,
}

/// How many licences may be out at once.
#[derive(Clone, Copy, Debug)]
pub struct LicenseLimits {
    /// In all.
    pub total: usize,
    /// Of one person.
    pub per_user: usize,
}

/// What became of a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkout {
    /// It is out.
    Out,
    /// This client has one already.
    AlreadyOut,
    /// As many as there are, are out.
    NoneLeft,
    /// This person has as many as one may have.
    NoneForUser,
}
