//! What an operator does to users and sessions, wherever the store is.
//!
//! A [`Request`] is executed on the store itself, or by the running server that owns it: then the request travels as one
//! JSON line through a Unix socket in the data folder ([`Listener`] there, [`Client`] here). [`execute`] is the same in
//! both cases, so a command behaves alike with and without a server.

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::domain::{AccountChange, Email, PasswordHash, UserId};
use crate::store::{Store, StoreError};

mod accounts;
mod batch;
mod client;
mod listener;
mod new_account;
mod sessions;
mod socket;
mod text;
mod views;

pub use client::Client;
pub use listener::Listener;
pub use new_account::{Flaw, NewAccount, Row};
pub use text::Who;
pub use views::{AccountView, SessionView};

/// The most accounts or claims one request carries.
pub const MAX_BATCH: usize = 1_000;
/// The most accounts one page of a list carries.
pub const MAX_PAGE: usize = 1_000;

/// One thing to do.
#[derive(Serialize, Deserialize)]
pub enum Request {
    /// Creates an account: [`Answer::Account`].
    Add(NewAccount),
    /// [`Answer::Account`].
    Show(Who),
    /// A page of accounts, at most [`MAX_PAGE`]: [`Answer::Accounts`].
    List {
        /// [`Answer::Accounts`]'s `next` of the page before.
        after: Option<String>,
        /// How many at the most.
        limit: usize,
    },
    /// [`Answer::Account`].
    Change(Who, Change),
    /// [`Answer::Deleted`].
    Delete(Who),
    /// Says for each claim whether an account could be created from it; changes nothing. At most [`MAX_BATCH`]:
    /// [`Answer::Standings`].
    Check(Vec<Claim>),
    /// Creates those that collide with nothing. At most [`MAX_BATCH`]: [`Answer::Standings`].
    Create(Vec<NewAccount>),
    /// [`Answer::Sessions`].
    Sessions(Who),
    /// [`Answer::Closed`].
    Close(Who, Which),
}

/// A change to an account.
#[derive(Serialize, Deserialize)]
pub enum Change {
    /// A new password, as its hash; ends every session.
    Password(#[serde(with = "text::hash")] PasswordHash),
    /// The user may log in.
    Enable,
    /// The user may not; ends every session.
    Disable,
}

/// Which sessions of a user.
#[derive(Serialize, Deserialize)]
pub enum Which {
    /// Every one, and every login under way.
    All,
    /// The one with this session id, or else of the client with this id.
    One(String),
}

/// What an account to be created lays claim to.
#[derive(Serialize, Deserialize)]
pub struct Claim {
    /// Its id; none if any will do.
    pub id: Option<UserId>,
    /// Its address.
    #[serde(with = "text::email")]
    pub email: Email,
}

/// How an account to be created stands to those there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It collides with none: a check says that it can be created, a creation that it was.
    New,
    /// It is one of them: there is an account with its address and, if it has one, its id.
    AlreadyThere,
    /// An account with another id has its address.
    EmailTaken(UserId),
    /// An account with another address has its id.
    IdTaken,
}

/// What came of a request.
#[derive(Serialize, Deserialize)]
pub enum Answer {
    /// An account as it is now.
    Account(AccountView),
    /// A part of the list.
    Accounts {
        /// The accounts, in an order of the store's own.
        items: Vec<AccountView>,
        /// Where the next page begins; `None` at the end.
        next: Option<String>,
    },
    /// The account is gone.
    Deleted,
    /// One for each that was asked about, in that order.
    Standings(Vec<Standing>),
    /// A user's open sessions, latest contact first.
    Sessions(Vec<SessionView>),
    /// How many sessions were closed.
    Closed(usize),
}

/// Why nothing came of a request.
#[derive(Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Failure {
    /// No such user.
    #[error("there is no such user")]
    NoSuchUser,
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
    /// The request cannot be executed as it stands; in a part of a sentence.
    #[error("the request cannot be executed: {0}")]
    Malformed(String),
    /// The store did not do it, or did not say so; in a part of a sentence.
    #[error("{0}")]
    Unavailable(String),
}

/// What a request leads to.
pub type Response = Result<Answer, Failure>;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchPlace => Self::NoSuchPlace,
            error => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<Change> for AccountChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Password(hash) => Self::Password(hash),
            Change::Enable => Self::Enable,
            Change::Disable => Self::Disable,
        }
    }
}

/// Does one thing on a store.
///
/// # Errors
/// [`Failure`]: nothing was changed, or, for [`Failure::Unavailable`], perhaps.
pub async fn execute(store: &dyn Store, clock: &dyn Clock, request: Request) -> Response {
    match request {
        Request::Add(account) => accounts::add(store, clock.now(), account).await,
        Request::Show(who) => accounts::show(store, &who).await,
        Request::List { after, limit } => accounts::list(store, after.as_deref(), limit).await,
        Request::Change(who, change) => accounts::change(store, &who, change).await,
        Request::Delete(who) => accounts::delete(store, &who).await,
        Request::Check(claims) => batch::check(store, &claims).await,
        Request::Create(accounts) => batch::create(store, clock.now(), accounts).await,
        Request::Sessions(who) => sessions::list(store, &who).await,
        Request::Close(who, which) => sessions::close(store, &who, &which).await,
    }
}
