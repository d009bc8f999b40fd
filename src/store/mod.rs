//! The promises: what every store guarantees, one trait a capability.
//!
//! A store is no key-value interface. Each method is one act of the domain, atomic, and held to its guarantee on every
//! backend by the suite in `tests/store_contract`. The rules themselves stand in [`crate::domain::session`]; a store
//! adds atomicity, durability, and expiry.
//!
//! What holds for every method:
//!
//! - It returns within the store's deadline: an answer, or [`StoreError::Unavailable`].
//! - `Ok` after a change means the change is durable, as far as the store is set to be, and seen by every later call on
//!   any server. `Err` means it may or may not have happened, but never that something usable was left that should not
//!   be, and nothing is lost that was acknowledged before.
//! - Dropping the future before it is ready equals `Err`.
//! - A record's expiry is judged by whoever reads it, by the server's clock, which follows the store's
//!   ([`crate::clock::StoreClock`]); a backend's own expiry only cleans up.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{BoxFuture, Either, Ready};
use futures_util::stream::BoxStream;

use crate::domain::{
    AccessToken, Account, AccountChange, ApiTokenDirectory, Begun, Borrow, Checkout, ClientInfo, ClientKey,
    CloseSession, Email, ExternalId, GroupDirectory, Issue, Issued, KeyRing, LicenseLimits, MintCross, Minted,
    NativeLogin, OpenSession, PendingLimits, PendingLogin, ProviderSession, Revoke, Ruling, Session, SessionCommand,
    SessionId, SessionWithAccount, TakenOver, Timestamp, TokenDigest, TokenOwner, UsedState, UserId, UserState,
};

mod calls;
mod chains;
pub mod codec;
pub mod embedded;
mod entry;
mod events;
mod metrics;
mod moving;
mod open;
pub mod redis;
mod throttle;

pub use chains::{ChainState, EVENTS_OF_USER, EventPlace, EventSearch, Events, NewEvent, StoredEvent};
pub use entry::{Entry, Person};
pub use events::StoreEvents;
pub use metrics::StoreMetrics;
pub use moving::{HELD_FOR, HoldStep, Moving};
pub use open::{OpenError, data_folder, hand_over, how_to_empty, open, open_to_restore, refuse_unfit, would_be_new};
pub use throttle::{
    Admission, Attempt, Bucket, Charge, Lane, LaneState, MARK_LIFETIME, MARK_RENEWED_AFTER, MAX_MARKS, Mark, Remember,
    RetryAfter, Throttle,
};

/// Everything a server needs of its store.
pub trait Store:
    Accounts
    + Groups
    + ApiTokens
    + Tokens
    + Takeovers
    + Sessions
    + Logins
    + Throttle
    + RedirectUrls
    + SigningKeys
    + Licenses
    + Events
    + Dump
    + Moving
    + Health
    + Upkeep
{
    /// The handle one worker thread uses: a backend with connections opens one of its own for it, on that thread.
    fn for_worker(&self) -> Arc<dyn Store>;

    /// The handle one request uses: all calls through it together take no longer than one call may. What the request
    /// waits for besides does not count. It uses this handle's connection.
    fn for_request(&self) -> Arc<dyn Store>;

    /// What is counted of the calls through all handles.
    fn metrics(&self) -> &StoreMetrics;

    /// Reports every session that this process has ended and all credentials that it has changed, for whatever reason, once,
    /// after it is true.
    fn events(&self) -> &StoreEvents;
}

/// What went wrong below the domain.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store did not answer in time, refused, or is full, read-only, loading or gone. Worth trying again.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The store is moving to another one, or has: it takes no changes. Worth trying again.
    #[error("the store takes no changes: it is being moved to another one (bimgate store copy), or was")]
    Held,
    /// A record cannot be read: written by a much newer release, or damaged.
    #[error("a record in the store cannot be read: {0}")]
    Unreadable(String),
    /// The place where a page should begin is none that a list has named: the caller's mistake.
    #[error("the cursor is none that a list has named")]
    NoSuchPlace,
}

/// Shorthand for what store methods return.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Users.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The account with this id.
    async fn account(&self, id: UserId) -> Result<Option<Account>>;

    /// The account that logs in with this address. Does the same work whether there is one or not.
    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>>;

    /// The account of the person whom an identity provider knows as this subject.
    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>>;

    /// The account that a provisioning client calls so.
    async fn account_by_external_id(&self, id: &ExternalId) -> Result<Option<Account>>;

    /// Creates accounts, each all or not at all, in order, and says for each what became of it. At most
    /// [`MAX_BATCH`] a call. One is reported; of several at once whoever creates them tells.
    ///
    /// Of any number of simultaneous calls that claim one address or one id, at most one is told
    /// [`Creation::Created`]. An account whose creation was interrupted leaves its address free. New accounts have no
    /// [`Subject`](crate::domain::Subject) and no [`ExternalId`] yet.
    async fn create_accounts(&self, accounts: &[Account]) -> Result<Vec<Creation>>;

    /// Changes an account, and ends its sessions where [`AccountChange`] says so: when this returns, every token of
    /// an ended session is refused, and no login proven before takes effect any more.
    ///
    /// Of any number of simultaneous calls that give what is [`Unique`](crate::domain::Unique) to several users, at most
    /// one user is given it. What the user had in its place is free; a change that was interrupted leaves one of the two
    /// with the user, and the other free.
    async fn change_account(&self, id: UserId, change: &AccountChange) -> Result<Ruling<Account>>;

    /// Ends every session of the user as [`Self::change_account`] does, then removes the account and frees its
    /// address. [`Denied::NoSuchUser`](crate::domain::Denied) if there was none.
    async fn delete_account(&self, id: UserId) -> Result<Ruling<()>>;

    /// A page of accounts in a stable order of the store's own, at most `limit`, after `after` (from the previous
    /// page). A page may be short, or empty, although others follow: only `next` tells. An account that exists
    /// throughout a walk is returned exactly once; others may or may not be. [`StoreError::NoSuchPlace`] if `after` is
    /// from elsewhere.
    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>>;
}

/// The most accounts one call of [`Accounts::create_accounts`] takes.
pub const MAX_BATCH: usize = 10_000;

/// What became of one account in [`Accounts::create_accounts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It exists now.
    Created,
    /// Another account has this address.
    EmailTaken(UserId),
    /// An account with this id exists.
    IdTaken,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to pass as `after` for the next page; `None` at the end.
    pub next: Option<String>,
}

/// The groups that a provisioning client manages. Who is in them stands in the accounts.
#[async_trait]
pub trait Groups: Send + Sync {
    /// All groups as they are; none, of version 0, at first.
    async fn groups(&self) -> Result<GroupDirectory>;

    /// Stores groups whose version is one more than `groups.version` says, if that is still the stored one. Of any number
    /// of simultaneous calls from one version at most one is told true.
    async fn replace_groups(&self, groups: &GroupDirectory) -> Result<bool>;
}

/// The tokens by which programs of operators use the management API.
#[async_trait]
pub trait ApiTokens: Send + Sync {
    /// All API tokens as they are; none, of version 0, at first. One read.
    async fn api_tokens(&self) -> Result<ApiTokenDirectory>;

    /// Stores tokens whose version is one more than `tokens.version` says, if that is still the stored one. Of any
    /// number of simultaneous calls from one version at most one is told true.
    async fn replace_api_tokens(&self, tokens: &ApiTokenDirectory) -> Result<bool>;
}

/// The answer to a check: at once from a store in this process, later from one across a connection.
pub type Lookup<'a> = Either<Ready<Result<Option<AccessToken>>>, BoxFuture<'a, Result<Option<AccessToken>>>>;

/// Access, cross and remember-me tokens.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// The access token with this digest, unless it was revoked, pushed out or its session closed. The hot path: one read,
    /// no write. May return one that has expired: the caller judges.
    fn access_token(&self, digest: TokenDigest) -> Lookup<'_>;

    /// Where the cross token with this digest hangs. Spends nothing.
    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>>;

    /// Where the remember-me token with this digest hangs.
    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>>;

    /// Logs in: session, access token and perhaps remember-me token, all or none. When this returns, what it pushed out is
    /// refused.
    ///
    /// Of any number of simultaneous calls with one cross token, at most one is issued tokens. A cross token that was
    /// denied is not spent.
    async fn issue(&self, user: UserId, login: &Issue) -> Result<Ruling<Issued>>;

    /// Mints a cross token from a token or a session that is open.
    async fn mint_cross(&self, user: UserId, mint: &MintCross) -> Result<Ruling<Minted>>;

    /// Revokes an access token and the cross tokens it minted; closes its session if that was its last token. When
    /// this returns, they are refused. Revoking twice, or of no user, is no error.
    async fn revoke(&self, user: UserId, revoke: &Revoke) -> Result<()>;
}

/// Tokens of the old service that stand for tokens of ours, by the digests of their values.
#[async_trait]
pub trait Takeovers: Send + Sync {
    /// What a token of the old service stands for, if it was taken over. One read.
    async fn taken_over(&self, digest: TokenDigest) -> Result<Option<TakenOver>>;

    /// Notes what a token of the old service stands for from now on, unless that is noted already: then tells it, and
    /// changes nothing. Kept until it expires.
    ///
    /// Of any number of simultaneous calls for one digest, exactly one is told `None`.
    async fn take_over(&self, digest: TokenDigest, to: &TakenOver) -> Result<Option<TakenOver>>;

    /// Until when the old service is asked: `default` at the first call on any server, and the same ever after.
    async fn upstream_until(&self, default: Timestamp) -> Result<Timestamp>;
}

/// Sessions, those of v2 clients and directory sessions, and the browsers signed on with them.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// An account and the v2 session that it has with this client, if that is open. May have tokens that have expired: the
    /// caller judges. Reads no other session.
    async fn client_session(&self, user: UserId, client: &ClientKey) -> Result<Option<(Account, Session)>>;

    /// An account and one of its directory sessions, if it is open by the clock of whoever asks, `now`. One read.
    async fn directory_session(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<SessionWithAccount>>;

    /// An account and all of its sessions that are open now, by the store's clock. As long as they are many.
    async fn user_state(&self, user: UserId) -> Result<Option<UserState>>;

    /// Opens a directory session, keeps it alive, or collects it. When this returns, what it pushed out is refused. A session
    /// that was opened is closed by [`Upkeep::close_due`] in time, even if this server never runs again.
    async fn update_session(&self, user: UserId, command: &SessionCommand) -> Result<Ruling<SessionWithAccount>>;

    /// Closes a session. When this returns, everything that names it is refused. Of any number of simultaneous calls that
    /// close one session, at most one succeeds.
    async fn close_session(&self, user: UserId, close: &CloseSession) -> Result<Ruling<()>>;

    /// Where the signed-on browser whose cookie has this digest is known.
    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>>;

    /// Notes whose session at the identity provider this is; the last note counts. Kept until it expires.
    async fn note_provider_session(&self, session: ProviderSession, owner: &TokenOwner) -> Result<()>;

    /// Whose session at the identity provider this is, if that was noted. May have expired: the caller judges.
    async fn provider_session(&self, session: ProviderSession) -> Result<Option<TokenOwner>>;
}

/// Logins under way and the native clients that wait for them.
#[async_trait]
pub trait Logins: Send + Sync {
    /// Records a login, found by the digest of its state from now on. Of simultaneous calls with one state, or with one
    /// native token, at most one is told [`Begun::Yes`], and none once that state is used; a native token whose login has
    /// failed may be used again. Never more than `limits` are under way, but for those that ended within the last moments.
    async fn begin_login(&self, state: TokenDigest, login: &PendingLogin, limits: PendingLimits) -> Result<Begun>;

    /// The login under way with this state. May return one past its time: the caller judges.
    async fn login(&self, state: TokenDigest) -> Result<Option<PendingLogin>>;

    /// Takes a login on to its next stage: replaces `from` by `to`, if it still is exactly that. Of any number of
    /// simultaneous calls from one stage at most one is told true.
    async fn advance_login(&self, state: TokenDigest, from: &PendingLogin, to: &PendingLogin) -> Result<bool>;

    /// Ends a login under way that came to nothing: its state is used until its time is over, its native client is told that
    /// it failed, and that is reported. Of any number of simultaneous calls of this and of [`Self::complete`] at most one
    /// succeeds.
    async fn end_login(&self, state: TokenDigest, login: &PendingLogin) -> Result<bool>;

    /// Completes a login: opens its session, tells its native client, and has its state stand for that session until the
    /// login's time is over. It is not under way any more and counts for no limit.
    ///
    /// [`Denied::LoginOver`](crate::domain::Denied) if it is not exactly this login any more: then nothing is open by this
    /// call. If the session is denied for another reason, the login ends as by [`Self::end_login`].
    async fn complete(
        &self,
        state: TokenDigest,
        login: &PendingLogin,
        open: &OpenSession,
    ) -> Result<Ruling<SessionWithAccount>>;

    /// What is left of the login with this state, if it is over and its time is not. The session that it opened may be closed
    /// again.
    async fn used_state(&self, state: TokenDigest) -> Result<Option<UsedState>>;

    /// Has a state count as used until then, for a login that the store does not know. Changes nothing of one that is
    /// over already.
    async fn use_state(&self, state: TokenDigest, until: Timestamp) -> Result<()>;

    /// What a native client's login has come to; `None` if no login has begun with its token.
    async fn native_login(&self, native: TokenDigest) -> Result<Option<NativeLogin>>;

    /// Lets a native token be used again, if it still stands for `was`.
    async fn delete_native_login(&self, native: TokenDigest, was: NativeLogin) -> Result<()>;

    /// Notes how a native client that waits describes itself, for the person who is asked about its login. Told for
    /// [`WAITING_CLIENT_KEPT`]; may be forgotten sooner, when very many wait or the store restarts.
    async fn record_waiting_client(&self, native: TokenDigest, client: &ClientInfo) -> Result<()>;

    /// How the native client with this token last described itself.
    async fn waiting_client(&self, native: TokenDigest) -> Result<Option<ClientInfo>>;

    /// The native tokens whose logins are decided from now on, on any server of the store: `Some` as it happens, `None`
    /// when some may have been missed (a connection broke and is back). Begins with `None`. One may be told twice. Never
    /// ends; ask for one a process. Not bound by the store's deadline.
    fn decisions(&self) -> BoxStream<'static, Option<TokenDigest>>;
}

/// How long it is told how a native client described itself. One that waits says it again with every poll.
pub const WAITING_CLIENT_KEPT: Duration = Duration::from_secs(600);

/// Where browsers may be sent after a login: normalised URLs without query, as text; at most [`MAX_REDIRECT_URLS`].
#[async_trait]
pub trait RedirectUrls: Send + Sync {
    /// Whether this one is registered. One read.
    async fn is_redirect_registered(&self, url: &str) -> Result<bool>;

    /// Registers one. False if there are too many; registering twice is no error.
    async fn register_redirect(&self, url: &str) -> Result<bool>;

    /// Removes one. False if it was not registered.
    async fn unregister_redirect(&self, url: &str) -> Result<bool>;

    /// All that are registered, in alphabetical order.
    async fn redirects(&self) -> Result<Vec<String>>;
}

/// How many redirect URLs may be registered.
pub const MAX_REDIRECT_URLS: usize = 10_000;

/// The keys that sign bearers.
#[async_trait]
pub trait SigningKeys: Send + Sync {
    /// The ring as it is; an empty one of version 0 at first.
    async fn key_ring(&self) -> Result<KeyRing>;

    /// Stores a ring whose version is one more than `ring.version` says, if that is still the stored one. Of any number
    /// of simultaneous calls from one version at most one is told true.
    async fn replace_key_ring(&self, ring: &KeyRing) -> Result<bool>;
}

/// Licences that native clients borrow. All times are by the store's clock.
#[async_trait]
pub trait Licenses: Send + Sync {
    /// Borrows a licence for `lifetime`, if fewer than `limits` says are out. Never more are out at once, however many
    /// servers lend at the same time; one client has at most one.
    async fn check_out(
        &self,
        native: TokenDigest,
        user: UserId,
        session: SessionId,
        lifetime: Duration,
        limits: LicenseLimits,
    ) -> Result<Checkout>;

    /// Extends a borrow to `lifetime` from now. False if there is none.
    async fn renew_license(&self, native: TokenDigest, lifetime: Duration) -> Result<bool>;

    /// Gives a licence back. False if there was none.
    async fn check_in(&self, native: TokenDigest) -> Result<bool>;

    /// The licences that are out, by when they come back; at most `limit`, and how many there are in all.
    async fn licenses(&self, limit: usize) -> Result<(Vec<Borrow>, usize)>;
}

/// How much a store holds. `None`: it could say so only by reading everything in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Accounts.
    pub users: Option<u64>,
    /// Sessions of v2 clients.
    pub client_sessions: Option<u64>,
    /// Directory sessions.
    pub directory_sessions: Option<u64>,
    /// Logins under way that the store keeps; those that browsers keep are not known.
    pub logins: u64,
    /// Licences that are out.
    pub licenses: u64,
}

/// Everything that must outlive the store, out of it and into an empty one. Entries of one kind of store go into every
/// other.
#[async_trait]
pub trait Dump: Send + Sync {
    /// Every record that a backup keeps. Not bound by the store's deadline as a whole; each step is.
    ///
    /// What was acknowledged before this call is in it. Each person is as they were at one instant, and of no two people
    /// who are in it to the end both have what only one may have ([`Unique`](crate::domain::Unique)). The embedded store
    /// is as it was at one instant as a whole; the people of Redis are each as they were at an instant during the dump.
    ///
    /// Ends with the first error.
    fn dump(&self) -> BoxStream<'static, Result<Entry>>;

    /// Marks the store as one that is being filled, if nothing at all is in it. False, and no mark, if something is.
    async fn begin_restore(&self) -> Result<bool>;

    /// Puts entries in, in order, each whole; between [`Self::begin_restore`] and [`Self::end_restore`]. At most
    /// [`MAX_RESTORED`] a call.
    async fn restore(&self, entries: Vec<Entry>) -> Result<()>;

    /// Removes the mark: everything is in.
    async fn end_restore(&self) -> Result<()>;

    /// Whether the mark is there: a restore runs, or was cut off.
    async fn is_half_restored(&self) -> Result<bool>;
}

/// The most entries one call of [`Dump::restore`] takes.
pub const MAX_RESTORED: usize = 256;

/// Whether the store is well.
#[async_trait]
pub trait Health: Send + Sync {
    /// Asks the store for its time: an answer means it can be read and, as far as it says, written.
    async fn time(&self) -> Result<Timestamp>;

    /// Whether the store takes logins, besides checks and whatever ends something: not while Redis is full. An error: it
    /// takes none of them.
    async fn takes_logins(&self) -> Result<bool> {
        self.time().await.map(|_| true)
    }

    /// How much the store holds, as far as it can tell without reading everything in it. What has ended may count for some
    /// moments. Asked for a few times a minute.
    async fn census(&self) -> Result<Census>;

    /// What the operator should know about how the store is set up (evictions, durability): one sentence each.
    async fn warnings(&self) -> Result<Vec<String>>;

    /// Finishes what is under way and makes it durable. Nothing may be asked of the store afterwards.
    async fn close(&self);
}

/// What every server does from time to time.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Ends what is due by the store's clock: directory sessions past their deadline, and pending logins past theirs,
    /// whose native clients are told that they failed. Bounded work: called several times a second by every server.
    async fn close_due(&self) -> Result<()>;

    /// Removes some of what has ended: records past their expiry by the store's clock. Bounded work: called about once a
    /// second, by every server of a store; the servers share it.
    async fn sweep(&self) -> Result<()>;
}
