//! The requests of operators.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::Hold;
use super::text::{self, Entry, PersonName, TeamEntry, UserSelector};
use super::{AdminError, EventKind, NewAccount, SessionFilter, SubjectView, UserFilter};
use crate::domain::{
    Account, AccountChange, ApiToken, AppPassword, AppPasswordId, CloseReason, Email, LinkPurpose, ListChange, Network,
    PasswordHash, Profile, RedirectTarget, Right, Rights, Scope, Scopes, Timestamp, TokenDigest, UserId,
};

const DAY: Duration = Duration::from_secs(86_400);

/// One request.
pub enum Request {
    /// Creates an account: [`Answer::Account`](super::Answer::Account).
    Add(NewAccount),
    /// [`Answer::Account`](super::Answer::Account).
    Show(UserSelector),
    /// A page of accounts, at most [`MAX_PAGE`](super::MAX_PAGE), or [`MAX_WHOLE_PAGE`](super::MAX_WHOLE_PAGE) with
    /// their profiles: [`Answer::Accounts`](super::Answer::Accounts).
    List {
        /// `next` of the page before.
        after: Option<String>,
        /// How many at the most.
        limit: usize,
        /// Whether with their profiles.
        profiles: bool,
        /// Whom to list.
        filter: UserFilter,
    },
    /// [`Answer::Account`](super::Answer::Account).
    Change(UserSelector, Change),
    /// Adds a one-time link to an enabled account, by the digest of its secret:
    /// [`Answer::Account`](super::Answer::Account).
    AddLink {
        /// Whose.
        user: UserId,
        /// What for.
        purpose: LinkPurpose,
        /// Of the link's secret.
        digest: [u8; 16],
    },
    /// [`Answer::Deleted`](super::Answer::Deleted).
    Delete(UserSelector),
    /// Unlinks those of a page of accounts, at most [`MAX_UNLINKED`](super::MAX_UNLINKED), who are linked to a person
    /// of this issuer: [`Answer::Unlinked`](super::Answer::Unlinked).
    Unlink {
        /// The issuer, to the letter.
        issuer: String,
        /// `next` of the page before.
        after: Option<String>,
    },
    /// Says for each claim whether an account could be created from it; changes nothing. At most
    /// [`MAX_BATCH`](super::MAX_BATCH): [`Answer::Standings`](super::Answer::Standings).
    Check(Vec<Claim>),
    /// Creates those that collide with nothing. At most [`MAX_BATCH`](super::MAX_BATCH):
    /// [`Answer::Standings`](super::Answer::Standings).
    Create(Vec<NewAccount>),
    /// [`Answer::AppPasswords`](super::Answer::AppPasswords).
    AppPasswords(UserSelector),
    /// [`Answer::Sessions`](super::Answer::Sessions).
    Sessions(UserSelector),
    /// The sessions of a page of accounts, at most [`MAX_WHOLE_PAGE`](super::MAX_WHOLE_PAGE):
    /// [`Answer::AllSessions`](super::Answer::AllSessions).
    AllSessions {
        /// `next` of the page before.
        after: Option<String>,
        /// How many accounts to look at, at the most.
        limit: usize,
        /// Which sessions to list.
        filter: SessionFilter,
    },
    /// [`Answer::Closed`](super::Answer::Closed).
    Close(UserSelector, SessionSelector),
    /// [`Answer::SignOns`](super::Answer::SignOns).
    SignOns(UserSelector),
    /// Ends single sign-on in every browser of the user, but no session:
    /// [`Answer::SignedOff`](super::Answer::SignedOff).
    SignOff(UserSelector),
    /// The person need not be asked again, whatever was demanded; ends single sign-on in every browser:
    /// [`Answer::SignedOff`](super::Answer::SignedOff).
    Waive(UserSelector),
    /// Registers a redirect URL; once more is no error: [`Answer::Redirect`](super::Answer::Redirect).
    AddRedirect(RedirectTarget),
    /// [`Answer::Redirect`](super::Answer::Redirect).
    RemoveRedirect(RedirectTarget),
    /// A page of the registered redirect URLs, at most [`MAX_PAGE`](super::MAX_PAGE):
    /// [`Answer::Redirects`](super::Answer::Redirects).
    Redirects {
        /// `next` of the page before.
        after: Option<String>,
        /// How many at the most.
        limit: usize,
    },
    /// [`Answer::Licenses`](super::Answer::Licenses).
    Licenses,
    /// Those who come over from the old service among a page of accounts, at most [`MAX_PAGE`](super::MAX_PAGE):
    /// [`Answer::Arrivals`](super::Answer::Arrivals).
    Arrivals {
        /// `next` of the page before.
        after: Option<String>,
        /// How many accounts to look at, at the most.
        limit: usize,
    },
    /// Until when the old service is asked, where the settings do not say:
    /// [`Answer::UpstreamUntil`](super::Answer::UpstreamUntil).
    UpstreamUntil,
    /// A page of events, at most [`MAX_PAGE`](super::MAX_PAGE): [`Answer::Events`](super::Answer::Events).
    Events(EventQuery),
    /// How a user stands with the throttle in this network, or else in those that their last logins came from:
    /// [`Answer::Throttle`](super::Answer::Throttle).
    Throttle(UserSelector, Option<Network>),
    /// Lifts the throttle of a user, in this network or else in those that their last logins came from; of no network as
    /// a whole: [`Answer::Lifted`](super::Answer::Lifted).
    Lift(UserSelector, Option<Network>),
    /// How a network stands with the throttle: [`Answer::NetworkThrottle`](super::Answer::NetworkThrottle).
    NetworkThrottle(Network),
    /// Lifts the throttle of a network, and of the wider ones around it; of no user:
    /// [`Answer::Lifted`](super::Answer::Lifted).
    LiftNetwork(Network),
    /// Where logins were throttled lately: [`Answer::Throttled`](super::Answer::Throttled).
    Throttled,
    /// [`Answer::Keys`](super::Answer::Keys).
    Keys,
    /// Makes the next signing key: [`Answer::Key`](super::Answer::Key).
    RotateKey,
    /// Removes every signing key and makes a new one, which ends every bearer: [`Answer::Key`](super::Answer::Key).
    ResetKeys,
    /// A step of a move of the store to another one: [`Answer::Held`](super::Answer::Held).
    Hold(Hold),
    /// [`Answer::Tokens`](super::Answer::Tokens).
    Tokens,
    /// Adds a token of the management API, by the digest of its value; the same once more is no error:
    /// [`Answer::Token`](super::Answer::Token).
    AddToken(NewToken),
    /// Removes the API token of this name: [`Answer::Deleted`](super::Answer::Deleted).
    RemoveToken(Entry),
}

impl Request {
    /// Whether it makes sense without a store: it creates something that needs nothing else.
    #[must_use]
    pub const fn begins_a_store(&self) -> bool {
        match self {
            Self::Add(_)
            | Self::Create(_)
            | Self::AddRedirect(_)
            | Self::RotateKey
            | Self::ResetKeys
            | Self::AddToken(_) => true,
            Self::Show(_)
            | Self::List { .. }
            | Self::Change(..)
            | Self::AddLink { .. }
            | Self::Delete(_)
            | Self::Check(_)
            | Self::AppPasswords(_)
            | Self::Sessions(_)
            | Self::AllSessions { .. }
            | Self::Close(..)
            | Self::SignOns(_)
            | Self::SignOff(_)
            | Self::Unlink { .. }
            | Self::Waive(_)
            | Self::RemoveRedirect(_)
            | Self::Redirects { .. }
            | Self::Licenses
            | Self::Arrivals { .. }
            | Self::UpstreamUntil
            | Self::Events(_)
            | Self::Throttle(..)
            | Self::Lift(..)
            | Self::NetworkThrottle(_)
            | Self::LiftNetwork(_)
            | Self::Throttled
            | Self::Keys
            | Self::Hold(_)
            | Self::Tokens
            | Self::RemoveToken(_) => false,
        }
    }

    /// What an API token must be for, to ask this.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::Change(_, Change::Rights { grant, revoke })
                if grant.iter().chain(revoke).any(|right| *right == Right::Admin) =>
            {
                Scope::Everything
            }
            Self::Show(_)
            | Self::List { .. }
            | Self::Check(_)
            | Self::AppPasswords(_)
            | Self::Sessions(_)
            | Self::AllSessions { .. }
            | Self::SignOns(_)
            | Self::Redirects { .. }
            | Self::Licenses
            | Self::Arrivals { .. }
            | Self::UpstreamUntil
            | Self::Events(_)
            | Self::Throttle(..)
            | Self::NetworkThrottle(_)
            | Self::Throttled
            | Self::Keys => Scope::Read,
            Self::Add(_)
            | Self::Change(..)
            | Self::AddLink { .. }
            | Self::Delete(_)
            | Self::Unlink { .. }
            | Self::Lift(..)
            | Self::LiftNetwork(_)
            | Self::Create(_) => Scope::Users,
            Self::Close(..) | Self::SignOff(_) | Self::Waive(_) => Scope::Sessions,
            Self::AddRedirect(_)
            | Self::RemoveRedirect(_)
            | Self::RotateKey
            | Self::ResetKeys
            | Self::Hold(_)
            | Self::Tokens
            | Self::AddToken(_)
            | Self::RemoveToken(_) => Scope::Everything,
        }
    }
}

/// Which events to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct EventQuery {
    /// Those of this user alone; one who is deleted by id.
    pub user: Option<UserSelector>,
    /// None that is older, in milliseconds since the epoch.
    pub since: Option<u64>,
    /// Those of this kind alone.
    pub kind: Option<EventKind>,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// `next` of the page before.
    pub after: Option<String>,
    /// How many at the most.
    pub limit: usize,
    /// Whether each is told with its place in its chain, and what proves it.
    pub proof: bool,
}

/// A change to an account. On the wire most are the one member of an object; see [`Request::call`] for the others.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, expecting = "an object with one member")]
pub enum Change {
    /// A new password, as its hash; ends every session, and revokes every app password.
    #[serde(rename = "password_hash")]
    Password(#[serde(with = "text::hash")] PasswordHash),
    /// What the user logs in with from now on; ends nothing.
    Email(#[serde(with = "text::address")] Email),
    /// The name shown to people; ends nothing.
    Name(PersonName),
    /// Whether the user may log in; one who may not has every session ended.
    Enabled(bool),
    /// The user is linked to nobody at an identity provider any more; ends nothing.
    #[serde(skip)]
    Unlink,
    /// Rights granted and taken away; ends the sessions that were opened by one the user no longer has.
    Rights {
        /// From now on the user has these.
        #[serde(with = "text::rights", default)]
        grant: Vec<Right>,
        /// From now on the user no longer has these.
        #[serde(with = "text::rights", default)]
        revoke: Vec<Right>,
    },
    /// Third-party scopes; ends the sessions that were granted one the user no longer has.
    Scopes {
        /// To add, if they are not there.
        #[serde(default)]
        add: Vec<Entry>,
        /// To remove, if they are there.
        #[serde(default)]
        remove: Vec<Entry>,
    },
    /// Teams; one that is added again takes the new name.
    Teams {
        /// To add, or to rename.
        #[serde(default)]
        add: Vec<TeamEntry>,
        /// To remove, by id.
        #[serde(default)]
        remove: Vec<Entry>,
    },
    /// Tags.
    Tags {
        /// To add, if they are not there.
        #[serde(default)]
        add: Vec<Entry>,
        /// To remove, if they are there.
        #[serde(default)]
        remove: Vec<Entry>,
    },
    /// The user has no second factor any more; ends every session.
    #[serde(skip)]
    ResetFactor,
    /// One more app password.
    #[serde(skip)]
    AddAppPassword(NewAppPassword),
    /// An app password is revoked, or all are; ends what was opened by them.
    #[serde(skip)]
    RevokeAppPasswords(Option<AppPasswordId>),
}

/// An app password to add. Whoever makes it keeps its value.
pub struct NewAppPassword {
    /// Its id, made at random.
    pub id: AppPasswordId,
    /// Its value, digested.
    pub digest: TokenDigest,
    /// What it is called.
    pub name: Entry,
    /// After how many days it ends; none: when it is revoked.
    pub days: Option<u32>,
    /// How many the user may have.
    pub most: usize,
}

/// A token of the management API to add. Whoever makes it keeps its value.
#[derive(Clone)]
pub struct NewToken {
    /// What it is called.
    pub name: Entry,
    /// Its value, digested.
    pub digest: TokenDigest,
    /// What it is for.
    pub scopes: Scopes,
    /// After how many days it ends; none: when it is removed.
    pub days: Option<u32>,
}

impl NewToken {
    pub(super) fn at(self, now: Timestamp) -> ApiToken {
        let expires = self.days.map(|days| now.plus(DAY * days));
        let Self { name, digest, scopes, .. } = self;
        ApiToken { name: name.into(), digest, scopes, made: now, expires, used: None }
    }
}

/// Names sessions of a user.
pub enum SessionSelector {
    /// Every session, and every pending login.
    All,
    /// The session with this id, or else the one of the client with this id.
    One(String),
}

/// What an account to be created lays claim to.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = AccountClaim)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its id; none if any will do.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub id: Option<UserId>,
    /// Its address.
    #[serde(with = "text::email")]
    #[schema(value_type = String)]
    pub email: Email,
    /// Who the user is at an identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectView>,
}

impl Change {
    /// The change as a store makes it, asked for at this instant.
    pub(super) fn at(self, now: Timestamp) -> Result<AccountChange, AdminError> {
        Ok(match self {
            Self::Password(hash) => AccountChange::Password { hash, revokes_app_passwords: true },
            Self::Email(email) => AccountChange::Email(email),
            Self::Name(name) => AccountChange::Name(name.into()),
            Self::Enabled(true) => AccountChange::Enable,
            Self::Enabled(false) => AccountChange::Disable,
            Self::Unlink => AccountChange::Unlink { issuer: None },
            Self::Rights { grant, revoke } => AccountChange::Rights { grant: rights(&grant), revoke: rights(&revoke) },
            Self::Scopes { add, remove } => AccountChange::Scopes(list(add, remove)?),
            Self::Teams { add, remove } => AccountChange::Teams(list(add, remove)?),
            Self::Tags { add, remove } => AccountChange::Tags(list(add, remove)?),
            Self::ResetFactor => AccountChange::ResetFactor,
            Self::AddAppPassword(new) => {
                let most = new.most.min(Account::MAX_APP_PASSWORDS);
                AccountChange::AddAppPassword { app_password: new.at(now), most, browser: None }
            }
            Self::RevokeAppPasswords(which) => AccountChange::RevokeAppPasswords { which, why: CloseReason::ByAdmin },
        })
    }
}

impl NewAppPassword {
    fn at(self, now: Timestamp) -> AppPassword {
        let expires = self.days.map(|days| now.plus(DAY * days));
        AppPassword { id: self.id, digest: self.digest, name: self.name.into(), created: now, expires, used: None }
    }
}

fn rights(named: &[Right]) -> Rights {
    Rights {
        frontend: named.contains(&Right::Frontend),
        client_dev: named.contains(&Right::ClientDev),
        admin: named.contains(&Right::Admin),
    }
}

fn list<T>(add: Vec<impl Into<T>>, remove: Vec<Entry>) -> Result<ListChange<T>, AdminError> {
    if add.len().max(remove.len()) > Profile::MAX_ENTRIES {
        return Err(AdminError::TooManyEntries);
    }
    let remove = remove.into_iter().map(Into::into).collect();
    Ok(ListChange { add: add.into_iter().map(Into::into).collect(), remove })
}
