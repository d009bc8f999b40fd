//! Licences that native clients borrow.

use minicbor::{Decode, Encode};

use super::{SessionId, Timestamp, TokenDigest, UserId};

/// A licence that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Borrow {
    /// The digest of the native token, by which it can be renewed or given back.
    #[n(0)]
    pub native: TokenDigest,
    /// Whose it is.
    #[n(1)]
    pub user: UserId,
    /// The session it was borrowed in, which it may outlive.
    #[n(2)]
    pub session: SessionId,
    /// When it was borrowed.
    #[n(3)]
    pub since: Timestamp,
    /// When it comes back by itself.
    #[n(4)]
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

/// The outcome of a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkout {
    /// It is out.
    Out,
    /// This client already has a licence.
    AlreadyOut,
    /// All licences are out.
    NoneLeft,
    /// This person has as many as one person may have.
    NoneForUser,
}
