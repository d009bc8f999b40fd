//! The promises of the directory session API. What holds for every method stands in [`super`].

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::Result;
use crate::domain::{
    Account, Begun, Borrow, Checkout, ClientInfo, KeyRing, LicenseLimits, NativeLogin, OpenSession, PendingLimits,
    PendingLogin, Ruling, SessionCommand, SessionId, SessionWithAccount, Timestamp, TokenDigest, TokenOwner, UsedState,
    UserId,
};

/// Directory sessions, and the browsers signed on with them.
#[async_trait]
pub trait DirectorySessions: Send + Sync {
    /// An account and one of its directory sessions, if it is open by the clock of whoever asks, `now`. One read.
    async fn directory_session(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<SessionWithAccount>>;

    /// Opens a directory session, keeps it alive, or collects it. When this returns, what it pushed out is refused. A session
    /// that was opened is closed by [`Self::close_due`] in time, even if this server never runs again.
    async fn update_session(&self, user: UserId, command: &SessionCommand) -> Result<Ruling<SessionWithAccount>>;

    /// Where the signed-on browser whose cookie has this digest is known.
    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>>;

    /// Ends what is due by the store's clock: directory sessions past their deadline, and pending logins past theirs,
    /// whose native clients are told that they failed. Bounded work: called several times a second by every server.
    async fn close_due(&self) -> Result<()>;

    /// The account of the person whom an identity provider knows as this subject.
    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>>;
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
