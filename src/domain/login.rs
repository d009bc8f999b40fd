//! Pending logins, from `/authenticate` to the open session, and the native clients that wait for them.

use std::time::Duration;

use minicbor::{Decode, Encode};

use super::{AuthMethod, ClientInfo, Network, ProviderSession, Right, SessionId, Timestamp, TokenDigest, UserId};

/// A pending session: one attempt to log in, in one browser. Found by the digest of its `state`.
///
/// Until somebody offers a proof, it is sealed in a cookie of that browser, so that beginning logins costs the store
/// nothing. The first proof records it in the store.
///
/// Has no secret: the challenges are derived from `state` and the browser's cookie, and only digests of these are here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PendingLogin {
    /// The id of the session that it opens.
    #[n(0)]
    pub session: SessionId,
    /// The cookie of the browser that began it, digested: no other browser finishes it.
    #[n(1)]
    pub browser: TokenDigest,
    /// The native client that waits for it, by its token's digest.
    #[n(2)]
    pub native: Option<TokenDigest>,
    /// What is asked for.
    #[n(3)]
    pub right: Right,
    /// The third-party claims that are asked for.
    #[n(4)]
    pub app_claims: Vec<Box<str>>,
    /// Whether extended bearers are asked for.
    #[n(5)]
    pub extended: bool,
    /// Goes back to the application unchanged; at most [`PendingLogin::MAX_APP_DATA`] bytes.
    #[n(6)]
    pub app_data: Option<Box<str>>,
    /// Where to send the browser at the end.
    #[n(7)]
    pub redirect_url: Box<str>,
    /// Whether the administrator began it, so that completing it makes a front-end user and registers the URL.
    #[n(8)]
    pub registers: bool,
    /// The client as it describes itself.
    #[n(9)]
    pub contact: ClientInfo,
    /// Where it was begun.
    #[n(10)]
    pub network: Network,
    /// When it was begun.
    #[n(11)]
    pub begun: Timestamp,
    /// When it ends by itself; its native client then gets a refusal.
    #[n(12)]
    pub expires: Timestamp,
    /// The re-authentication request (`prompt=login`) that this login must satisfy: [`super::Profile::reauth_request`]
    /// when the person was sent to the provider, or [`PendingLogin::FOR_NO_DEMAND`] if the person was not known yet.
    #[n(13)]
    pub asks_again: Option<Timestamp>,
    /// How far it has come.
    #[n(14)]
    pub stage: Stage,
    /// Whether it is for the account page or the console alone.
    #[n(15)]
    pub account: Option<AccountLogin>,
}

/// A login for the account page or the console: it signs the browser on, and opens no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AccountLogin {
    /// The cookie by which the browser was signed on before, digested: it ends.
    #[n(0)]
    pub replaces: Option<TokenDigest>,
    /// If it is for the console: the digest of a value that the browser keeps there.
    #[n(1)]
    pub console: Option<TokenDigest>,
}

impl PendingLogin {
    /// The person is asked again although they are not known yet, so it satisfies no request of theirs.
    pub const FOR_NO_DEMAND: Timestamp = Timestamp::from_millis(0);
    /// How long `appdata` may be, in bytes.
    pub const MAX_APP_DATA: usize = 4096;
    /// How long `app_data`, `app_claims` and `redirect_url` may be together, in bytes: so that with all the rest, a
    /// record is no longer than 8 KiB.
    pub const MAX_ASKED: usize = 7168;
}

/// How far a login has come.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Stage {
    /// The person is with the identity provider, or on the login page.
    #[n(1)]
    Started,
    /// The person came back from the identity provider with a code, which is being redeemed: of all codes that may come
    /// with one state, only the first is.
    #[n(2)]
    Redeeming,
    /// The person is proven. A native client's login waits for their yes; any other is being completed.
    #[n(4)]
    Confirming(#[n(0)] LoginProof),
    /// The person's password is right, and a code of their second factor is asked for.
    #[n(5)]
    AwaitingCode {
        /// The proof by the password.
        #[n(0)]
        proof: LoginProof,
        /// How many codes have been tried.
        #[n(1)]
        tries: u8,
    },
}

/// The proof of a person, at a generation of the account: see [`super::Grant::Proof`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LoginProof {
    /// Who it is.
    #[n(0)]
    pub user: UserId,
    /// The account's generation when the proof was made.
    #[n(1)]
    pub generation: u32,
    /// When the person proved who they are.
    #[n(2)]
    pub proven: Timestamp,
    /// How.
    #[n(3)]
    pub how: AuthMethod,
    /// With [`AuthMethod::SingleSignOn`], the digested cookie of the browser that is signed on. Such a proof counts
    /// only while that browser is signed on.
    #[n(4)]
    pub sign_on: Option<TokenDigest>,
    /// The re-authentication request that it satisfies: [`super::Profile::reauth_request`] before the person was asked.
    #[n(5)]
    pub meets: Option<Timestamp>,
    /// The session at the identity provider in which they did, if it has named one.
    #[n(6)]
    pub provider_session: Option<ProviderSession>,
    /// [`super::Profile::logouts`] when the proof was made.
    #[cbor(n(7), default)]
    pub logouts: u32,
}

/// What is left of an ended login until its time is over, so that its state cannot be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum UsedState {
    /// It opened no session.
    #[n(1)]
    Ended,
    /// It opened its session.
    #[n(2)]
    Spent(#[n(0)] ConsumedLogin),
}

/// The session that a login opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ConsumedLogin {
    /// Whose session it is.
    #[n(0)]
    pub user: UserId,
    /// Which session.
    #[n(1)]
    pub session: SessionId,
}

/// The state of a native client's login. Found by the digest of its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum NativeLogin {
    /// The login is pending.
    #[n(1)]
    Pending,
    /// The session is open.
    #[n(2)]
    Open {
        /// Whose it is.
        #[n(0)]
        user: UserId,
        /// Which session.
        #[n(1)]
        session: SessionId,
    },
    /// It failed, or took too long.
    #[n(3)]
    Failed,
}

impl NativeLogin {
    /// How long a failure is kept for a native client that asks late: as long as two polls take.
    pub const FAILURE_KEPT: Duration = Duration::from_secs(120);
}

/// How many logins may be pending in the store.
#[derive(Clone, Copy, Debug)]
pub struct PendingLimits {
    /// In all.
    pub total: usize,
    /// From one IPv4 address, or one IPv6 /48.
    pub per_network: usize,
}

impl PendingLimits {
    /// The limits for logins without a proof: they leave half of the places to those with one.
    #[must_use]
    pub const fn of_unproven(self) -> Self {
        Self { total: self.total.div_ceil(2), per_network: self.per_network.div_ceil(2) }
    }
}

/// The outcome of recording a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is under way.
    Yes,
    /// The native token belongs to another pending login, or to this session.
    NativeInUse(NativeLogin),
    /// Too many are under way.
    TooMany,
    /// Its state has been used: it is pending already, or has ended.
    Used,
}
