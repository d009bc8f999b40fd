//! Logins under way: between `/authenticate` and the opened session, and the native clients that wait for them.

use std::time::Duration;

use super::{AuthMethod, ClientInfo, Network, Right, SessionId, Timestamp, TokenDigest, UserId};

/// A pending session: one attempt to log in, in one browser. Found by the digest of its `state`.
///
/// Until somebody offers a proof it lies sealed in a cookie of that browser, so that beginning logins costs the store
/// nothing; the first proof records it in the store.
///
/// Holds no secret: what the browser and the provider are challenged with is derived from `state` and the browser's
/// cookie, and of both only digests are here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingLogin {
    /// The id of the session that it opens.
    pub session: SessionId,
    /// The cookie of the browser that began it, digested: no other browser finishes it.
    pub browser: TokenDigest,
    /// The native client that waits for it, by its token's digest.
    pub native: Option<TokenDigest>,
    /// What is asked for.
    pub right: Right,
    /// Third-party claims asked for.
    pub app_claims: Vec<Box<str>>,
    /// Whether extended bearers are asked for.
    pub extended: bool,
    /// What goes back to the application as it came, at most [`PendingLogin::MAX_APP_DATA`] bytes.
    pub app_data: Option<Box<str>>,
    /// Where the browser is sent at the end.
    pub redirect_url: Box<str>,
    /// Whether the administrator began it, so that its completion makes a front-end user and registers the URL.
    pub registers: bool,
    /// The client as it describes itself.
    pub contact: ClientInfo,
    /// Where it was begun.
    pub network: Network,
    /// When it was begun.
    pub begun: Timestamp,
    /// When it ends by itself, and its native client is told so.
    pub expires: Timestamp,
    /// The demand that the person be asked again, whatever the provider remembers, if the provider is asked to meet one:
    /// what [`super::Profile::reauth_request`] was when the person was sent there, or [`PendingLogin::FOR_NO_DEMAND`].
    pub asks_again: Option<Timestamp>,
    /// How far it has come.
    pub stage: Stage,
}

impl PendingLogin {
    /// The person is asked again though it is not known who they are, and so not which demand of theirs that meets.
    pub const FOR_NO_DEMAND: Timestamp = Timestamp::from_millis(0);
    /// How long `appdata` may be, in bytes.
    pub const MAX_APP_DATA: usize = 4096;
    /// How long `app_data`, `app_claims` and `redirect_url` may be together, in bytes: so that with all the rest, a
    /// record is no longer than 8 KiB.
    pub const MAX_ASKED: usize = 7168;
}

/// How far a login has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The person is with the identity provider, or on the login page.
    Started,
    /// The person came back from the identity provider with a code, which it is being asked about: of all the codes that
    /// may come with one state it is asked about the first alone.
    Redeeming,
    /// The login page has proven the person and sent the browser back with a code.
    Coded {
        /// The code, digested.
        code: TokenDigest,
        /// What it stands for.
        proof: LoginProof,
    },
    /// The person is proven, and asked whether the native client may have the login.
    Confirming(LoginProof),
}

/// A person proven, at a generation of the account: see [`super::Grant::Proof`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginProof {
    /// Who it is.
    pub user: UserId,
    /// The account's generation when the proof was made.
    pub generation: u32,
    /// When the person proved who they are.
    pub proven: Timestamp,
    /// How.
    pub how: AuthMethod,
    /// With [`AuthMethod::SingleSignOn`], the cookie of the browser that is signed on, digested. Such a proof counts only while
    /// that one is signed on.
    pub sign_on: Option<TokenDigest>,
    /// The demand to be asked again that it meets: what [`super::Profile::reauth_request`] was before the person was asked.
    pub meets: Option<Timestamp>,
}

/// What is left of a login that is over, until its time is: its state does not count again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedState {
    /// It came to nothing.
    Ended,
    /// It went on to open its session.
    Spent(ConsumedLogin),
}

/// The session that a login went on to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumedLogin {
    /// Whose session it is.
    pub user: UserId,
    /// Which session.
    pub session: SessionId,
}

/// What a native client waits for. Found by the digest of its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeLogin {
    /// The person is not through yet.
    Pending,
    /// The session is open.
    Open {
        /// Whose it is.
        user: UserId,
        /// Which session.
        session: SessionId,
    },
    /// It failed, or took too long.
    Failed,
}

impl NativeLogin {
    /// How long a failure is kept, so that a native client that asks late is told: as long as one poll and the next.
    pub const FAILURE_KEPT: Duration = Duration::from_secs(120);
}

/// How many logins may be under way in the store.
#[derive(Clone, Copy, Debug)]
pub struct PendingLimits {
    /// In all.
    pub total: usize,
    /// From one IPv4 address, or one IPv6 /48.
    pub per_network: usize,
}

impl PendingLimits {
    /// Those for logins that nobody has begun to prove: they leave the other half to those that somebody has.
    #[must_use]
    pub const fn of_unproven(self) -> Self {
        Self { total: self.total.div_ceil(2), per_network: self.per_network.div_ceil(2) }
    }
}

/// What became of an attempt to begin a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is under way.
    Yes,
    /// The native token is that of another login under way, or of this session.
    NativeInUse(NativeLogin),
    /// Too many are under way.
    TooMany,
    /// Its state has been used: it is under way already, or over.
    Used,
}
