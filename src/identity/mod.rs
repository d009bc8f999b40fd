//! Who is this? Passwords, and how often they may be tried.

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::{Email, Network, Password, Timestamp, UserId};
use crate::settings::ThrottleSettings;
use crate::store::{RetryAfter, Store, StoreError};

mod passwords;

pub use passwords::Passwords;

/// Proves people.
pub struct Identity {
    store: Arc<dyn Store>,
    passwords: Arc<Passwords>,
    throttle: ThrottleSettings,
    clock: Arc<dyn Clock>,
}

/// A person proven by password, at a generation of the account: see [`crate::domain::Grant::Proof`].
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// Who it is.
    pub user: UserId,
    /// The account's generation when it was read.
    pub generation: u32,
    /// When the password was verified.
    pub proven: Timestamp,
}

/// A kind of token whose guesses are counted by network.
#[derive(Clone, Copy, Debug)]
pub enum GuessedToken {
    /// A cross token.
    Cross,
    /// A remember-me token.
    RememberMe,
}

/// Why nobody was proven.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Wrong password, or an unknown, disabled or passwordless user: all alike.
    #[error("the e-mail address or the password is wrong")]
    Refused,
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled(RetryAfter),
    /// The queue of the hashing threads is full.
    #[error("the login queue is full")]
    Busy,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Identity {
    /// Puts it together.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        passwords: Arc<Passwords>,
        throttle: ThrottleSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, passwords, throttle, clock }
    }

    /// Proves a person by e-mail address and password.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn prove(&self, email: &Email, password: Password, network: Network) -> Result<Proof, IdentityError> {
        let _ = (&self.store, &self.passwords, &self.throttle, self.clock.now(), email, password, network);
        Err(IdentityError::Refused)
    }

    /// Counts an unknown cross or remember-me token against its network.
    ///
    /// # Errors
    /// [`IdentityError::Throttled`] when the network has none left, [`IdentityError::Store`].
    pub async fn count_unknown(&self, token: GuessedToken, network: Network) -> Result<(), IdentityError> {
        let _ = (token, network);
        Ok(())
    }
}
