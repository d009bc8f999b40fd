//! What came of a request, or why nothing did.

use serde::{Deserialize, Serialize, Serializer};

use super::bodies::{Closed, Ended, Held, Items, Until};
use super::views::{
    AccountView, AppPasswordView, ArrivalView, BorrowView, EventView, KeyView, SessionView, SignOnView, StandingView,
    ThrottleView, ThrottledUserView, ThrottledView, TokenView, UserSessionView,
};
use crate::domain::{ApiTokenDirectory, Denied, Profile, UserId};
use crate::store::{MAX_REDIRECT_URLS, StoreError};

/// What came of a request. Written as the body of a success; [`Request::call`](super::Request::call) says how it is
/// read.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// An account as it is now.
    Account(Box<AccountView>),
    /// A part of the list.
    Accounts {
        /// The accounts, in an order of the store's own.
        items: Vec<AccountView>,
        /// Where the next page begins; `None` at the end.
        next: Option<String>,
    },
    /// The account is gone.
    Deleted,
    /// Of a part of the accounts, some are unlinked.
    Unlinked {
        /// How many.
        count: usize,
        /// Where the next page begins; `None` at the end.
        next: Option<String>,
    },
    /// One for each that was asked about, in that order.
    Standings(#[serde(serialize_with = "items")] Vec<ImportStatus>),
    /// A user's app passwords, oldest first.
    AppPasswords(#[serde(serialize_with = "items")] Vec<AppPasswordView>),
    /// A user's open sessions, latest contact first.
    Sessions(#[serde(serialize_with = "items")] Vec<SessionView>),
    /// The sessions of a part of the accounts.
    AllSessions {
        /// The sessions, of one user beside each other.
        items: Vec<UserSessionView>,
        /// Where the next page begins; `None` at the end.
        next: Option<String>,
    },
    /// How many sessions were closed.
    Closed(#[serde(serialize_with = "closed")] usize),
    /// Where a user is signed on, the latest proof first.
    SignOns(#[serde(serialize_with = "items")] Vec<SignOnView>),
    /// In how many browsers single sign-on has ended.
    SignedOff(#[serde(serialize_with = "ended")] usize),
    /// The redirect URL as it is compared, and whether that changed anything.
    Redirect {
        /// Its normal form.
        url: String,
        /// False if it was registered, or not registered, already.
        changed: bool,
    },
    /// A part of the registered redirect URLs, in alphabetical order.
    Redirects {
        /// Their normal forms.
        items: Vec<String>,
        /// Where the next page begins; `None` at the end.
        next: Option<String>,
    },
    /// The licences that are out.
    Licenses {
        /// By when they come back, at most [`MAX_PAGE`](super::MAX_PAGE).
        items: Vec<BorrowView>,
        /// How many there are in all.
        out: usize,
    },
    /// Of a part of the accounts, those who come over from the old service.
    Arrivals {
        /// The accounts, in an order of the store's own.
        items: Vec<ArrivalView>,
        /// Where the next page begins; `None` at the end.
        next: Option<String>,
    },
    /// Until when the old service is asked, in milliseconds since the epoch.
    UpstreamUntil(#[serde(serialize_with = "until")] u64),
    /// A part of the events.
    Events {
        /// In the order that was asked for.
        items: Vec<EventView>,
        /// Where the next page begins; `None` at the end.
        next: Option<String>,
    },
    /// How a user stands with the throttle.
    Throttle(ThrottleView),
    /// How a network stands with the throttle.
    NetworkThrottle(StandingView),
    /// Where logins were throttled lately.
    Throttled {
        /// The addresses, those with the most attempts first.
        items: Vec<ThrottledView>,
        /// The users of those attempts who are throttled at this moment, those with the most attempts first.
        users: Vec<ThrottledUserView>,
        /// None of the attempts is older.
        since: String,
    },
    /// A throttle is lifted.
    Lifted {
        /// How many empty buckets were filled.
        lifted: usize,
        /// Of which network, if of one; as much of it as the log may tell.
        #[serde(skip)]
        network: Option<String>,
    },
    /// The signing keys, oldest first.
    Keys(#[serde(serialize_with = "items")] Vec<KeyView>),
    /// The signing key that was made.
    Key(KeyView),
    /// Whether a step of a move was taken.
    Held(#[serde(serialize_with = "held")] bool),
    /// The tokens of the management API, oldest first.
    Tokens(#[serde(serialize_with = "items")] Vec<TokenView>),
    /// The API token that was added.
    Token(TokenView),
}

/// How an account to be created stands to those there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", content = "user", rename_all = "snake_case")]
pub enum ImportStatus {
    /// It collides with none: a check says that it can be created, or the one that is there be linked to its subject; a
    /// creation says that it was.
    New,
    /// It is one of them: there is an account with its address and, if it has one, its id.
    AlreadyThere,
    /// An account with another id has its address.
    EmailTaken(UserId),
    /// An account with another address has its id.
    IdTaken,
    /// Its subject is that of another account, or that account is linked to another subject.
    SubjectTaken,
}

/// Why nothing came of a request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// No such user.
    #[error("there is no such user")]
    NoSuchUser,
    /// Not linked.
    #[error("the user is linked to nobody at an identity provider")]
    NotLinked,
    /// Disabled.
    #[error("the user is disabled")]
    Disabled,
    /// No such session.
    #[error("the user has no such open session")]
    NoSuchSession,
    /// Another account is in the way.
    #[error("an account with this e-mail address exists already: {0}")]
    EmailTaken(UserId),
    /// Another account is in the way.
    #[error("an account with this id exists already")]
    IdTaken,
    /// A list cannot go on from there.
    #[error("the cursor is none that a list has named")]
    NoSuchPlace,
    /// Of scopes, teams or tags.
    #[error("a user has at most {} of these", Profile::MAX_ENTRIES)]
    TooManyEntries,
    /// No such app password.
    #[error("the user has no such app password")]
    NoSuchAppPassword,
    /// No second factor.
    #[error("the user has no second factor")]
    NoSecondFactor,
    /// Of app passwords.
    #[error("the user has as many app passwords as passwords.app_passwords allows")]
    TooManyAppPasswords,
    /// Of redirect URLs.
    #[error("{MAX_REDIRECT_URLS} redirect URLs are registered already, which is the most there can be")]
    TooManyRedirects,
    /// No such API token.
    #[error("there is no such API token")]
    NoSuchToken,
    /// Another API token is in the way.
    #[error("an API token of this name exists already")]
    TokenTaken,
    /// Of API tokens.
    #[error("there are {max} API tokens already, which is the most there can be", max = ApiTokenDirectory::MAX_TOKENS)]
    TooManyTokens,
    /// No signing key can be made; in a sentence that says what to do.
    #[error("{0}")]
    Keys(String),
    /// The request cannot be executed as it stands; in a part of a sentence.
    #[error("the request cannot be executed: {0}")]
    Malformed(String),
    /// The user is an operator, and whoever asks may not do everything.
    #[error("this user has the right access:admin: only who may do everything changes them")]
    IsOperator,
    /// The server does not let this operator do that; in a sentence.
    #[error("{0}")]
    NotAllowed(String),
    /// The server answers what this release does not understand.
    #[error("the running server answers as another release would")]
    AnotherRelease,
    /// The store did not do it, or did not say so; in a part of a sentence.
    #[error("{0}")]
    Unavailable(String),
}

/// What a request leads to.
pub type Response = Result<Answer, AdminError>;

impl AdminError {
    /// What programs know it by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchUser => "E_NoSuchUser",
            Self::NotLinked => "E_NotLinked",
            Self::Disabled => "E_Disabled",
            Self::NoSuchSession => "E_NoSuchSession",
            Self::EmailTaken(_) => "E_EmailTaken",
            Self::IdTaken => "E_IdTaken",
            Self::NoSuchPlace => "E_NoSuchPlace",
            Self::TooManyEntries => "E_TooManyEntries",
            Self::NoSuchAppPassword => "E_NoSuchAppPassword",
            Self::NoSecondFactor => "E_NoSecondFactor",
            Self::TooManyAppPasswords => "E_TooManyAppPasswords",
            Self::TooManyRedirects => "E_TooManyRedirects",
            Self::NoSuchToken => "E_NoSuchToken",
            Self::TokenTaken => "E_TokenTaken",
            Self::TooManyTokens => "E_TooManyTokens",
            Self::Keys(_) => "E_Keys",
            Self::Malformed(_) => "E_BadRequest",
            Self::IsOperator | Self::NotAllowed(_) => "E_Forbidden",
            Self::AnotherRelease => "E_Missing_404",
            Self::Unavailable(_) => "E_Unavailable",
        }
    }

    /// The error that a server has told by its code, its sentence, and the user that it names.
    #[must_use]
    pub fn told(code: &str, sentence: String, user: Option<UserId>) -> Self {
        const PLAIN: [AdminError; 14] = [
            AdminError::NoSuchUser,
            AdminError::NotLinked,
            AdminError::Disabled,
            AdminError::NoSuchSession,
            AdminError::IdTaken,
            AdminError::NoSuchPlace,
            AdminError::TooManyEntries,
            AdminError::NoSuchAppPassword,
            AdminError::NoSecondFactor,
            AdminError::TooManyAppPasswords,
            AdminError::TooManyRedirects,
            AdminError::NoSuchToken,
            AdminError::TokenTaken,
            AdminError::TooManyTokens,
        ];
        if let Some(plain) = PLAIN.into_iter().find(|plain| plain.code() == code) {
            return plain;
        }
        match (code, user) {
            ("E_EmailTaken", Some(user)) => Self::EmailTaken(user),
            ("E_Keys", _) => Self::Keys(sentence),
            ("E_BadRequest" | "E_TooLarge", _) => Self::Malformed(sentence),
            ("E_Unavailable" | "E_UnknownError", _) => Self::Unavailable(sentence),
            ("E_InvalidToken" | "E_Forbidden" | "E_TooManyAttempts", _) => Self::NotAllowed(sentence),
            _ => Self::AnotherRelease,
        }
    }
}

fn items<T: Serialize, S: Serializer>(items: &[T], to: S) -> Result<S::Ok, S::Error> {
    Items { items: items.iter().collect() }.serialize(to)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn closed<S: Serializer>(closed: &usize, to: S) -> Result<S::Ok, S::Error> {
    Closed { closed: *closed }.serialize(to)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn ended<S: Serializer>(ended: &usize, to: S) -> Result<S::Ok, S::Error> {
    Ended { ended: *ended }.serialize(to)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn held<S: Serializer>(taken: &bool, to: S) -> Result<S::Ok, S::Error> {
    Held { taken: *taken }.serialize(to)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn until<S: Serializer>(until: &u64, to: S) -> Result<S::Ok, S::Error> {
    Until { until: *until }.serialize(to)
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchPlace => Self::NoSuchPlace,
            error => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<Denied> for AdminError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoSuchUser => Self::NoSuchUser,
            Denied::Disabled => Self::Disabled,
            Denied::SessionClosed => Self::NoSuchSession,
            Denied::NotLinked => Self::NotLinked,
            Denied::TooManyEntries => Self::TooManyEntries,
            Denied::NoSuchAppPassword => Self::NoSuchAppPassword,
            Denied::NoSecondFactor => Self::NoSecondFactor,
            Denied::IsOperator => Self::IsOperator,
            Denied::TooManyAppPasswords => Self::TooManyAppPasswords,
            other => Self::Malformed(other.to_string()),
        }
    }
}
