//! Why a service did not do what it was asked: the one type of errors between the store and the routes.

use std::fmt;
use std::time::Duration;

use crate::domain::{Denied, Refused};
use crate::store::{RetryAfter, StoreError};

/// Why a service did not do what it was asked. A reason ([`Denied`]) is for the log and the metrics, never for the caller.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A wrong password, an unknown, disabled or passwordless user, or a cross or remember-me token that does not count:
    /// all alike to the caller.
    #[error("invalid credentials: {0}")]
    InvalidCredentials(Denied),
    /// An access token that is missing, malformed, unknown, expired or revoked.
    #[error("invalid token: {0}")]
    InvalidToken(Denied),
    /// What names a session is missing or does not count, or the session is closed.
    #[error("no open session: {0}")]
    NoSession(Denied),
    /// Too many attempts, or too much of one person.
    #[error("throttled")]
    Throttled(RetryAfter),
    /// The queue of the hashing threads is full.
    #[error("the login queue is full")]
    HashingBusy,
    /// So many bearers are being signed that this one would wait too long.
    #[error("too many bearers wait to be signed")]
    SigningBusy,
    /// Another service would have to say who this is, and gave no usable answer.
    #[error(transparent)]
    Elsewhere(#[from] Elsewhere),
    /// The signing keys have not been read yet.
    #[error("the signing keys cannot be read")]
    NoKeys,

    /// The settings ask for an `application_id`, and there was none.
    #[error("malformed request: The field application_id is mandatory.")]
    ApplicationMissing,
    /// The application is not among those that may log in.
    #[error("forbidden: This application may not log in here.")]
    UnknownApplication,

    /// The redirect URL is not registered: the browser is not sent there.
    #[error("the redirect URL is not registered")]
    UnknownRedirect,
    /// The native token is that of another login.
    #[error("the native token is in use")]
    NativeInUse,
    /// Too many logins are under way.
    #[error("too many logins are under way")]
    TooManyLogins,
    /// There is no such login in this browser.
    #[error("no such login is under way in this browser: {0}")]
    NoLogin(#[from] NoLogin),
    /// A form that was not ours.
    #[error("the form is not from this server")]
    Forged,
    /// No mail can be sent.
    #[error("the settings name no mail server")]
    NoMail,
    /// A one-time link that does not count.
    #[error("the one-time link does not count: {0}")]
    NoLink(Denied),
    /// The browser is not signed on, or not any more, as a form of the account page needs it.
    #[error("the browser is not signed on: {0}")]
    SignedOff(Denied),
    /// The person was refused, and the application cannot be told.
    #[error("{0}")]
    LoginRefused(Box<Refused>),
    /// The identity provider refused the person's code, or sent what is no proof.
    #[error("the identity provider's answer is refused: {0}")]
    Unproven(String),
    /// There is no identity provider to ask.
    #[error("the identity provider is unavailable: {0}")]
    ProviderUnavailable(String),

    /// The login that a native client waits for has failed.
    #[error("the login failed")]
    LoginFailed,
    /// So many native clients wait that others would find no room.
    #[error("too many clients wait {0}")]
    TooManyWaiting(Full),

    /// A group cannot become what was asked for.
    #[error("the group cannot be so: {0}")]
    Group(Denied),

    /// The client has borrowed a licence already.
    #[error("a licence is out already")]
    LicenseIsOut,
    /// The client has borrowed no licence.
    #[error("no licence is out")]
    NoLicenseIsOut,
    /// Every licence is out.
    #[error("no licence is left")]
    NoLicenseLeft,
    /// The person has as many licences as one may have.
    #[error("the person has as many licences as one may have")]
    NoLicenseForUser,

    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gave no random numbers.
    #[error("no random numbers: {0}")]
    Randomness(#[from] getrandom::Error),
    /// A bug: what could not be done.
    #[error("{0}")]
    Bug(&'static str),
}

/// A service that people are proven by gave no usable answer in time. So nobody knows whether the password, or the token,
/// is right. The cause is for the log.
#[derive(Debug, thiserror::Error)]
#[error("{service}: {cause}")]
pub struct Elsewhere {
    /// Which service.
    pub service: OtherService,
    /// What happened.
    pub cause: String,
    /// When the service wants to be asked again, if it says.
    pub retry_after: Option<Duration>,
    /// Whether it was asked at all. Not if too many others are asking: then the attempt costs nothing.
    pub asked: bool,
}

/// A kind of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherService {
    /// The LDAP server.
    Ldap,
    /// The service from which people come over.
    Upstream,
}

impl fmt::Display for OtherService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ldap => "the LDAP server",
            Self::Upstream => "the old service",
        })
    }
}

impl Elsewhere {
    /// The longest time that a caller is told to wait.
    const MAX_RETRY: Duration = Duration::from_secs(300);

    /// When a caller may try again: as the service says, within reason.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(|wait| wait.min(Self::MAX_RETRY))
    }
}

/// Why there is no such login in this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLogin {
    /// The browser sent no cookie of any login: it keeps none, has lost them, or keeps them from the address that it
    /// asked.
    #[error("it sent none of the cookies that it is known by")]
    NoCookie,
    /// The browser sent cookies, but not those of this login.
    #[error("the login was begun in another browser, or this one has lost it")]
    AnotherBrowser,
    /// The browser is right, but the login took too long.
    #[error("the login took too long")]
    Expired,
    /// So many codes of the person's second factor were wrong that the login is over.
    #[error("too many codes of the second factor were wrong")]
    TooManyCodes,
    /// The state is unknown or used up, or what came with it does not fit what the login has come to.
    #[error("the state is unknown, used or out of turn")]
    Unknown,
}

/// Which places of native clients that wait are full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Those of the client's network.
    #[error("of one network (directory.waiting_share_per_network)")]
    Network,
    /// All of them.
    #[error("in all (three quarters of server.max_connections)")]
    Server,
}
