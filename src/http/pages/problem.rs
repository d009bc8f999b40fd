//! The page for when something went wrong: what happened, what to do, and the request's id for whoever helps.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use uuid::Uuid;

use super::page::{self, Forms, Frame, Rules};
use super::texts::ProblemText;
use crate::domain::Refusal;
use crate::error::{NoLogin, ServiceError};
use crate::http::error::ApiError;

/// A plain page about one problem.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct ProblemPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// What went wrong.
    pub problem: Problem,
    /// A sentence for whoever writes the application that led here, in English.
    pub detail: Option<&'a str>,
    /// The way on, if there is one: where the login begins again, or another link is asked for.
    pub again: Option<&'a str>,
    /// The request's id, where it is known.
    pub request_id: Option<Uuid>,
}

/// What can go wrong before a person's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A state that is unknown, spent, or of another browser: nobody is told which.
    Stale,
    /// The browser sent no cookie of the login.
    NoCookie,
    /// The login of this browser took too long.
    Expired,
    /// Too many codes of the second factor were wrong.
    WrongCodes,
    /// The identity provider's answer does not count.
    Refused,
    /// The identity provider said no.
    Denied,
    /// No account belongs to the person.
    NoAccount,
    /// The person's account is linked to another of the provider's people.
    Linked,
    /// The person's account is disabled.
    Disabled,
    /// The person's account was changed during the login.
    Changed,
    /// The person said no.
    Declined,
    /// The link is not as it should be.
    Malformed,
    /// The account page was shown to who was signed on before.
    Outdated,
    /// A one-time link that does not count: nobody is told why.
    Link,
    /// The administrator's credentials are missing or wrong.
    Unauthorized,
    /// The person lacks a right.
    Forbidden,
    /// The redirect URL is not registered.
    Unregistered,
    /// No such page.
    Missing,
    /// The native token is in use.
    Conflict,
    /// Too many logins under way.
    TooMany,
    /// The store or the identity provider does not answer.
    Unavailable,
    /// A bug.
    Unknown,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Self; 22] = [
        Self::Stale,
        Self::NoCookie,
        Self::Expired,
        Self::WrongCodes,
        Self::Refused,
        Self::Denied,
        Self::NoAccount,
        Self::Linked,
        Self::Disabled,
        Self::Changed,
        Self::Declined,
        Self::Malformed,
        Self::Outdated,
        Self::Link,
        Self::Unauthorized,
        Self::Forbidden,
        Self::Unregistered,
        Self::Missing,
        Self::Conflict,
        Self::TooMany,
        Self::Unavailable,
        Self::Unknown,
    ];

    /// What a person is told of an error.
    #[must_use]
    pub fn of(error: &ApiError) -> Self {
        match error {
            ApiError::Service(ServiceError::UnknownRedirect) => Self::Unregistered,
            ApiError::Service(ServiceError::NoLogin(NoLogin::NoCookie)) => Self::NoCookie,
            ApiError::Service(ServiceError::NoLogin(NoLogin::Expired)) => Self::Expired,
            ApiError::Service(ServiceError::NoLogin(NoLogin::TooManyCodes)) => Self::WrongCodes,
            ApiError::Service(ServiceError::NoLogin(_) | ServiceError::Forged) => Self::Stale,
            ApiError::Service(ServiceError::LoginRefused(refused)) => Self::of_refusal(refused.refusal),
            ApiError::Service(ServiceError::NoLink(_)) => Self::Link,
            ApiError::Service(ServiceError::Unproven(_)) => Self::Refused,
            _ => Self::of_status(error.status()),
        }
    }

    /// What a person is told who is not let in.
    #[must_use]
    pub const fn of_refusal(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoAccount => Self::NoAccount,
            Refusal::LinkedToAnother => Self::Linked,
            Refusal::Disabled => Self::Disabled,
            Refusal::LacksRight | Refusal::LacksScope => Self::Forbidden,
            Refusal::Changed => Self::Changed,
            Refusal::Declined => Self::Declined,
            Refusal::DeniedByProvider => Self::Denied,
            Refusal::ProviderFailed => Self::Refused,
            Refusal::ProviderBusy => Self::Unavailable,
        }
    }

    /// What is behind an error that has no page of its own.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::Missing,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::TOO_MANY_REQUESTS => Self::TooMany,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            status if status.is_client_error() => Self::Malformed,
            _ => Self::Unknown,
        }
    }
}

impl ProblemPage<'_> {
    /// The page, with this status: that of the error, or of a page that was asked for.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self, status: StatusCode) -> Result<HttpResponse, ApiError> {
        let rules = Rules { forms: Forms::None, scripts: false, opener: true };
        page::respond(self, self.frame, status, rules)
    }

    /// What the way on is called.
    const fn way(&self) -> &'static str {
        match self.problem {
            Problem::Link => self.frame.texts.forgot.title,
            _ => self.frame.texts.problem.again,
        }
    }

    fn text(&self) -> &'static ProblemText {
        let texts = &self.frame.texts.problem;
        match self.problem {
            Problem::Stale => &texts.stale,
            Problem::NoCookie => &texts.no_cookie,
            Problem::Expired => &texts.expired,
            Problem::WrongCodes => &texts.wrong_codes,
            Problem::Refused => &texts.refused,
            Problem::Denied => &texts.denied,
            Problem::NoAccount => &texts.no_account,
            Problem::Linked => &texts.linked,
            Problem::Disabled => &texts.disabled,
            Problem::Changed => &texts.changed,
            Problem::Declined => &texts.declined,
            Problem::Malformed => &texts.malformed,
            Problem::Outdated => &texts.outdated,
            Problem::Link => &texts.link,
            Problem::Unauthorized => &texts.unauthorized,
            Problem::Forbidden => &texts.forbidden,
            Problem::Unregistered => &texts.unregistered,
            Problem::Missing => &texts.missing,
            Problem::Conflict => &texts.conflict,
            Problem::TooMany => &texts.too_many,
            Problem::Unavailable => &texts.unavailable,
            Problem::Unknown => &texts.unknown,
        }
    }
}
