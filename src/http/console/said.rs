//! What a page says that it does not always say: what was done, or why it was not.

use actix_web::http::StatusCode;

use super::texts::ConsoleTexts;
use crate::admin::AdminError;
use crate::domain::named;

/// What came of a form.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    done: Option<Done>,
    problem: Option<Problem>,
}

named! {
    /// What has been done, named in the address of the page.
    pub(super) enum Done {
        /// A person may log in again.
        Enabled = "enabled",
        /// A person may not log in any more.
        Disabled = "disabled",
        /// A person has no second factor any more.
        FactorReset = "factor_reset",
        /// Attempts of a person count anew.
        Lifted = "lifted",
        /// Every browser of a person asks again.
        SignedOff = "signed_off",
        /// A session is closed.
        Closed = "closed",
        /// All sessions are.
        ClosedAll = "closed_all",
        /// An app password is revoked.
        Revoked = "revoked",
        /// All app passwords are.
        RevokedAll = "revoked_all",
        /// A person has one right more.
        RightGranted = "right_granted",
        /// A person has one right less.
        RightTaken = "right_taken",
        /// A redirect URL is registered.
        Added = "added",
        /// It was before.
        WasThere = "was_there",
        /// It is no more.
        Removed = "removed",
        /// The next signing key is made.
        Rotated = "rotated",
    }
}

named! {
    /// Why somebody is to enter, named in the address of the page.
    pub(super) enum Why {
        /// They were in, and are not any more.
        Ended = "ended",
        /// They have left.
        Left = "left",
    }
}

/// Why nothing was done, or nothing can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Forged,
    NotAllowed,
    NoSuchUser,
    NoSuchSession,
    NoSuchAppPassword,
    NoSecondFactor,
    IsDisabled,
    NotAUrl,
    TooManyRedirects,
    NoPublicUrl,
    NoKeys,
    NoSuchPlace,
    TooManyFollow,
    Unavailable,
    Other,
}

impl Said {
    /// What the address says was done. Whoever makes up an address chooses among sentences of ours.
    pub(super) fn of_address(done: Option<&str>) -> Self {
        let done = done.and_then(|text| Done::ALL.into_iter().find(|done| done.as_str() == text));
        Self { done, problem: None }
    }

    pub(super) const fn wrong(problem: Problem) -> Self {
        Self { done: None, problem: Some(problem) }
    }

    /// The status of a page that says it.
    pub(super) fn status(self) -> StatusCode {
        self.problem.map_or(StatusCode::OK, Problem::status)
    }

    pub(super) const fn is_problem(self) -> bool {
        self.problem.is_some()
    }

    pub(super) fn done(self, texts: &ConsoleTexts) -> Option<&'static str> {
        let (user, redirects) = (&texts.user, &texts.redirects);
        self.done.map(|done| match done {
            Done::Enabled => user.enabled,
            Done::Disabled => user.disabled,
            Done::FactorReset => user.factor_reset,
            Done::Lifted => user.lifted,
            Done::SignedOff => user.signed_off,
            Done::Closed => user.closed,
            Done::ClosedAll => user.closed_all,
            Done::Revoked => user.revoked,
            Done::RevokedAll => user.revoked_all,
            Done::RightGranted => user.right_granted,
            Done::RightTaken => user.right_taken,
            Done::Added => redirects.added,
            Done::WasThere => redirects.was_there,
            Done::Removed => redirects.removed,
            Done::Rotated => texts.keys.rotated,
        })
    }

    pub(super) fn problem(self, texts: &ConsoleTexts) -> Option<&'static str> {
        let texts = &texts.problem;
        self.problem.map(|problem| match problem {
            Problem::Forged => texts.forged,
            Problem::NotAllowed => texts.not_allowed,
            Problem::NoSuchUser => texts.no_such_user,
            Problem::NoSuchSession => texts.no_such_session,
            Problem::NoSuchAppPassword => texts.no_such_app_password,
            Problem::NoSecondFactor => texts.no_second_factor,
            Problem::IsDisabled => texts.is_disabled,
            Problem::NotAUrl => texts.not_a_url,
            Problem::TooManyRedirects => texts.too_many_redirects,
            Problem::NoPublicUrl => texts.no_public_url,
            Problem::NoKeys => texts.no_keys,
            Problem::NoSuchPlace => texts.no_such_place,
            Problem::TooManyFollow => texts.too_many_follow,
            Problem::Unavailable => texts.unavailable,
            Problem::Other => texts.other,
        })
    }
}

impl Problem {
    const fn status(self) -> StatusCode {
        match self {
            Self::NoSuchUser | Self::NoSuchSession | Self::NoSuchAppPassword => StatusCode::NOT_FOUND,
            Self::NoSecondFactor | Self::IsDisabled | Self::TooManyRedirects | Self::NoPublicUrl | Self::Other => {
                StatusCode::CONFLICT
            }
            Self::Forged | Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::NotAUrl | Self::NoSuchPlace => StatusCode::BAD_REQUEST,
            Self::TooManyFollow => StatusCode::TOO_MANY_REQUESTS,
            Self::NoKeys | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What people are told of an error. The log has the rest.
    pub(super) const fn of(error: &AdminError) -> Self {
        match error {
            AdminError::NoSuchUser => Self::NoSuchUser,
            AdminError::NoSuchSession => Self::NoSuchSession,
            AdminError::NoSuchAppPassword => Self::NoSuchAppPassword,
            AdminError::NoSecondFactor => Self::NoSecondFactor,
            AdminError::Disabled => Self::IsDisabled,
            AdminError::IsOperator => Self::NotAllowed,
            AdminError::TooManyRedirects => Self::TooManyRedirects,
            AdminError::Keys(_) => Self::NoKeys,
            AdminError::NoSuchPlace => Self::NoSuchPlace,
            AdminError::Unavailable(_) => Self::Unavailable,
            _ => Self::Other,
        }
    }
}
