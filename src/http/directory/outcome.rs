//! What became of a login through a browser, as it is counted.

use crate::auth::IdentityError;
use crate::http::LoginOutcome;
use crate::login::{LoginError, Next};

/// The outcome of a proof; `None` if nobody was judged: there is no such login, or the provider is to ask once more.
pub(super) fn of(result: &Result<Next, LoginError>) -> Option<LoginOutcome> {
    match result {
        // By a path to a page of ours, by a URL to the provider.
        Ok(Next::Redirect(location)) => location.starts_with('/').then_some(LoginOutcome::Success),
        Ok(Next::Finished { .. }) => Some(LoginOutcome::Success),
        Ok(Next::Refused { .. }) | Err(LoginError::Unproven(_) | LoginError::Password(IdentityError::Refused(_))) => {
            Some(LoginOutcome::Refused)
        }
        Err(LoginError::Password(IdentityError::Throttled(_))) => Some(LoginOutcome::Throttled),
        Err(LoginError::Password(IdentityError::Busy)) => Some(LoginOutcome::Busy),
        Err(
            LoginError::Password(IdentityError::Store(_))
            | LoginError::Store(_)
            | LoginError::ProviderUnavailable(_)
            | LoginError::Randomness(_)
            | LoginError::Sealing
            | LoginError::Bearer(_),
        ) => Some(LoginOutcome::Unavailable),
        Ok(Next::Begun { .. }) | Err(_) => None,
    }
}
