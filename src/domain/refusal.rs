//! Why a login is refused to a person who took part in it: for the application, the person and the log.

use std::fmt;

use super::{Account, Denied, PendingLogin, SessionId, Subject, UserId, named};

named! {
    /// Why the application gets no session.
    pub enum Refusal {
        /// The provider has proven a person who has no account.
        NoAccount = "no_account",
        /// The person's account is linked to another person of the provider.
        LinkedToAnother = "linked_to_another",
        /// The person's account is disabled, or was deleted meanwhile.
        Disabled = "disabled",
        /// The person lacks the right behind `claims`.
        LacksRight = "lacks_right",
        /// The person lacks a third-party scope that was asked for.
        LacksScope = "lacks_scope",
        /// The account or the sign-on has changed since the person was proven.
        Changed = "changed",
        /// The person said no to a native client.
        Declined = "declined",
        /// The provider, or the person at the provider, said no.
        DeniedByProvider = "denied_by_provider",
        /// The provider cannot do what it was asked.
        ProviderFailed = "provider_failed",
        /// The provider cannot do it at the moment.
        ProviderBusy = "provider_busy",
    }
}

impl Refusal {
    /// The error code for the application (RFC 6749, 4.1.2.1).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoAccount
            | Self::LinkedToAnother
            | Self::Disabled
            | Self::LacksRight
            | Self::Changed
            | Self::Declined
            | Self::DeniedByProvider => "access_denied",
            Self::LacksScope => "invalid_scope",
            Self::ProviderFailed => "server_error",
            Self::ProviderBusy => "temporarily_unavailable",
        }
    }

    /// What happened, in a sentence for the application.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::NoAccount => "No account here belongs to the person.",
            Self::LinkedToAnother => "The person's account is linked to another person of the identity provider.",
            Self::Disabled => "The person's account is disabled.",
            Self::LacksRight => "The person lacks the right that was asked for.",
            Self::LacksScope => "The person has not all the third-party scopes that were asked for.",
            Self::Changed => "The person's account was changed during the login. Please try again.",
            Self::Declined => "The person did not want to.",
            Self::DeniedByProvider => "The identity provider did not let the person in, or they cancelled there.",
            Self::ProviderFailed => "Something went wrong. Please try again.",
            Self::ProviderBusy => "Logging in is not possible at this moment. Please try again later.",
        }
    }

    /// What the application is told of a denial.
    const fn of_denied(denied: Denied) -> Self {
        match denied {
            Denied::NoSuchUser | Denied::Disabled => Self::Disabled,
            Denied::MissingRight => Self::LacksRight,
            Denied::MissingScope => Self::LacksScope,
            _ => Self::Changed,
        }
    }

    /// The refusal for a provider's error.
    #[must_use]
    pub fn of_provider(word: &str) -> Self {
        match word {
            "temporarily_unavailable" => Self::ProviderBusy,
            "server_error"
            | "invalid_request"
            | "invalid_scope"
            | "unauthorized_client"
            | "unsupported_response_type" => Self::ProviderFailed,
            _ => Self::DeniedByProvider,
        }
    }
}

/// A refusal and the person whom it concerns: the cause in the log line of the request.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// The session that was not opened.
    pub session: SessionId,
    /// The account, if it is known.
    pub user: Option<UserId>,
    /// The person whom the provider has proven, if any.
    pub subject: Option<Subject>,
    /// The provider's own error code.
    pub provider_error: Option<String>,
    /// Why the rules denied the session, if they did.
    pub denied: Option<Denied>,
}

impl Refused {
    /// A refusal of a login.
    #[must_use]
    pub const fn new(refusal: Refusal, login: &PendingLogin) -> Self {
        Self { refusal, session: login.session, user: None, subject: None, provider_error: None, denied: None }
    }

    /// A denial of the session.
    #[must_use]
    pub fn denied(denied: Denied, login: &PendingLogin) -> Self {
        Self { denied: Some(denied), ..Self::new(Refusal::of_denied(denied), login) }
    }

    /// A denial of the session of the person whose account this is.
    #[must_use]
    pub fn of(denied: Denied, login: &PendingLogin, account: &Account) -> Self {
        let subject = account.profile.subject.clone();
        Self { user: Some(account.id), subject, ..Self::denied(denied, login) }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "login refused: {}, session {}", self.refusal.as_str(), self.session)?;
        if let Some(user) = self.user {
            write!(f, ", user {user}")?;
        }
        if let Some(Subject { issuer, subject, .. }) = &self.subject {
            write!(f, ", issuer {issuer}, subject {}", subject.escape_debug())?;
        }
        if let Some(word) = &self.provider_error {
            write!(f, ", error {}", word.escape_debug())?;
        }
        Ok(())
    }
}
