//! Bodies of requests and answers that are no view of their own, for both ends of the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::text::{self, Entry};
use crate::domain::{LinkPurpose, RedirectTarget, Scopes, TokenDigest};

/// A part of a list.
#[derive(Serialize, Deserialize)]
pub struct Page<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// Where the next part begins: `after` of the next request; `None` at the end.
    pub next: Option<String>,
}

/// A list that has no further parts.
#[derive(Serialize, Deserialize)]
pub struct Items<T> {
    /// What is in it.
    pub items: Vec<T>,
}

/// Of an import: what its accounts lay claim to.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims<T> {
    /// At most [`MAX_BATCH`](super::MAX_BATCH).
    pub claims: T,
}

/// Of an import: accounts to create.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccounts<T> {
    /// At most [`MAX_BATCH`](super::MAX_BATCH).
    pub accounts: T,
}

/// A one-time link to add.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// What it is for.
    #[serde(with = "text::purpose")]
    pub purpose: LinkPurpose,
}

/// A one-time link to make, and perhaps to mail.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkAsked {
    /// What it is for.
    #[serde(with = "text::purpose")]
    pub purpose: LinkPurpose,
    /// Whether to mail it besides, where the server sends mail.
    #[serde(default)]
    pub mail: bool,
}

/// A one-time link that was made.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = LinkShown)]
pub struct LinkMade {
    /// The link, told this once.
    pub link: String,
    /// For how many seconds it counts.
    pub seconds: u64,
    /// Whether the mail server has taken it.
    pub mailed: bool,
    /// Why the mail server has not, where it was asked; the link counts all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// An app password to add, of which the value stays with whoever made it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppPasswordBody {
    /// What it is called.
    pub name: Entry,
    /// After how many days it ends; none: when it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Its value, digested.
    #[serde(with = "text::digest")]
    pub digest: TokenDigest,
}

/// A token of the management API to add.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenBody {
    /// What it is for.
    #[serde(with = "text::scopes")]
    pub scopes: Scopes,
    /// After how many days it ends; none: when it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Its value, digested.
    #[serde(with = "text::digest")]
    pub digest: TokenDigest,
}

/// A redirect URL to register.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRedirect {
    /// The URL.
    #[serde(with = "text::redirect")]
    pub url: RedirectTarget,
}

/// A redirect URL, and whether the request changed whether it is registered.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RedirectChange {
    /// Its normal form.
    pub url: String,
    /// False if it was registered, or not registered, already.
    pub changed: bool,
}

/// How many sessions were closed.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = SessionsClosed)]
pub struct Closed {
    /// How many.
    pub closed: usize,
}

/// In how many browsers single sign-on has ended.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = SignOnsEnded)]
pub struct Ended {
    /// In how many.
    pub ended: usize,
}

/// Of a part of the accounts, how many were unlinked.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = UsersUnlinked)]
pub struct Unlinked {
    /// How many.
    pub count: usize,
    /// Where the next part begins; `None` at the end.
    pub next: Option<String>,
}

/// The licences that are out.
#[derive(Serialize, Deserialize)]
pub struct LicensesOut<T> {
    /// By when they come back, at most [`MAX_PAGE`](super::MAX_PAGE).
    pub items: Vec<T>,
    /// How many there are in all.
    pub out: usize,
}

/// How many empty buckets of the throttle were filled.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = ThrottleLifted)]
pub struct Lifted {
    /// How many.
    pub lifted: usize,
}

/// Where logins were throttled lately.
#[derive(Serialize, Deserialize)]
pub struct ThrottledOut<T, U> {
    /// The addresses.
    pub items: Vec<T>,
    /// The users who are held up at this moment; a server of an earlier release tells none.
    #[serde(default = "Vec::new")]
    pub users: Vec<U>,
    /// None of the attempts is older.
    pub since: String,
}

/// A step of a move of the store to another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = HoldStep)]
pub enum Hold {
    /// Hold changes for 15 seconds, if nobody holds them.
    Begin {
        /// A random id of the move.
        by: Uuid,
    },
    /// Hold them for 15 seconds from now on, if the move holds them.
    Renew {
        /// Of the move.
        by: Uuid,
    },
    /// Hold them for good, if the move holds them: everything is in another store.
    Keep {
        /// Of the move.
        by: Uuid,
        /// The URL of the other store.
        to: String,
    },
    /// Hold them no more, if the move does.
    Lift {
        /// Of the move.
        by: Uuid,
    },
    /// Hold them no more, whoever does.
    Undo {},
}

/// Whether a step of a move was taken.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = HoldAnswer)]
pub struct Held {
    /// False if the move does not hold changes, or another one does.
    pub taken: bool,
}

/// Until when the old service is asked.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = UpstreamEnd)]
pub struct Until {
    /// In milliseconds since the epoch.
    pub until: u64,
}
