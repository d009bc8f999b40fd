//! What became of a login through a browser, as it is counted.

use crate::error::ServiceError;
use crate::http::{LoginOutcome, Route};
use crate::login::Next;

/// The outcome of a proof; `None` if nobody was judged: there is no such login, or the person is to be
/// asked once more.
pub(super) fn of(result: &Result<Next, ServiceError>) -> Option<LoginOutcome> {
    match result {
        // By a path to a page of ours, by a URL to the provider.
        Ok(Next::Redirect(location)) => location.starts_with('/').then_some(LoginOutcome::Success),
        Ok(Next::Finished { .. }) => Some(LoginOutcome::Success),
        Ok(Next::Refused { .. }) => Some(LoginOutcome::Refused),
        Ok(Next::Begun { .. } | Next::AskCode(_)) => None,
        Err(error) => LoginOutcome::of_error(error),
    }
}

/// The outcome of a login's beginning, where the browser was signed on already; `None`: the person is to be asked.
pub(super) fn of_sign_on(begun: &Next) -> Option<LoginOutcome> {
    let is_confirmation =
        |location: &str| location.split_once('?').is_some_and(|(path, _)| path.ends_with(Route::Confirm.pattern()));
    match begun {
        Next::Finished { .. } => Some(LoginOutcome::Success),
        Next::Refused { .. } => Some(LoginOutcome::Refused),
        Next::Redirect(location) | Next::Begun { location, .. } if is_confirmation(location) => {
            Some(LoginOutcome::Success)
        }
        Next::Redirect(_) | Next::Begun { .. } | Next::AskCode(_) => None,
    }
}
