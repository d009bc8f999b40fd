//! Why something was not done in a session.

use super::waiters::Full;
use crate::auth::IdentityError;
use crate::domain::Denied;
use crate::store::{RetryAfter, StoreError};

/// Why a session was not found, kept or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// What names the session is missing or does not count, or the session is closed; the reason is for the log.
    #[error("no open session: {0}")]
    Refused(Denied),
    /// The login that a native client waits for has failed.
    #[error("the login failed")]
    LoginFailed,
    /// So many native clients wait that others would find no room.
    #[error("too many clients wait {0}")]
    TooManyWaiting(Full),
    /// The client has borrowed a licence already.
    #[error("a licence is out already")]
    AlreadyOut,
    /// Every licence is out.
    #[error("no licence is left")]
    NoneLeft,
    /// The person has as many licences as one may have.
    #[error("the person has as many licences as one may have")]
    NoneForUser,
    /// The client has borrowed no licence.
    #[error("no licence is out")]
    NotOut,
    /// The signing keys have not been read yet.
    #[error("the signing keys cannot be read")]
    NoKeys,
    /// So many bearers are being signed that this one would wait too long.
    #[error("too many bearers wait to be signed")]
    Busy,
    /// The person has done so for too often.
    #[error("too many calls of one person")]
    Throttled(RetryAfter),
    /// A bearer could not be signed: a bug.
    #[error("a bearer could not be signed")]
    Signing,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<IdentityError> for SessionError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Throttled(retry_after) => Self::Throttled(retry_after),
            IdentityError::Store(error) => Self::Store(error),
            IdentityError::Refused(denied) => Self::Refused(denied),
            IdentityError::Busy => Self::Busy,
        }
    }
}
