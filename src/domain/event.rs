//! Events: what happened here, kept so that somebody can be told who did what, and why somebody was refused.
//!
//! An event is a plain value without any secret: no password, no token, no digest of one. A person is named by the id of the
//! account. Reasons are the names that the log and the metrics use ([`Denied`](super::Denied),
//! [`CloseReason`](super::CloseReason), [`Refusal`](super::Refusal)), kept as text, so that a release reads those of another.

use minicbor::{Decode, Encode};
use uuid::Uuid;

use super::{AuthMethod, Right, SessionId, Timestamp, UserId, named};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Event {
    /// When, by the clock of the server that saw it.
    #[n(0)]
    pub at: Timestamp,
    /// What.
    #[n(1)]
    pub what: What,
    /// In which request; its bytes are a UUID.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub request: Option<[u8; 16]>,
    /// Whom it concerns.
    #[n(3)]
    pub user: Option<UserId>,
    /// In which session.
    #[n(4)]
    pub session: Option<SessionId>,
    /// By which client, as it names itself.
    #[n(5)]
    pub client: Option<Box<str>>,
    /// For which application.
    #[n(6)]
    pub application: Option<Box<str>>,
    /// From where: as much as `log.client_address` allows.
    #[n(7)]
    pub address: Option<Box<str>>,
}

/// What happened, with the facts that only this kind of event has.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum What {
    /// Somebody tried to log in.
    #[n(0)]
    Login(#[n(0)] Login),
    /// A session opened.
    #[n(1)]
    SessionOpened(#[n(0)] Opening),
    /// A session closed, or a login under way came to nothing.
    #[n(2)]
    SessionClosed {
        /// Why: the name of a [`CloseReason`](super::CloseReason).
        #[n(0)]
        reason: Box<str>,
    },
    /// A client revoked tokens.
    #[n(3)]
    Revoked {
        /// How much: a token, a client's session, or all of the user.
        #[n(0)]
        scope: Box<str>,
    },
    /// An account was made, changed or deleted.
    #[n(4)]
    Account {
        /// What was done: the name of an [`AccountAct`].
        #[n(0)]
        act: Box<str>,
    },
    /// An operator did something.
    #[n(5)]
    Operator(#[n(0)] OperatorAct),
    /// The keys that sign bearers changed.
    #[n(6)]
    Keys {
        /// The newest.
        #[n(0)]
        newest: Box<str>,
        /// How many there are.
        #[n(1)]
        count: u32,
    },
    /// A licence went out, or came back.
    #[n(7)]
    License {
        /// Whether it went out.
        #[n(0)]
        out: bool,
    },
    /// A server started and read its settings.
    #[n(8)]
    Started {
        /// Its release.
        #[n(0)]
        version: Box<str>,
        /// A digest of the settings in force, but for secrets: two starts with the same settings say the same.
        #[n(1)]
        settings: Box<str>,
    },
    /// A server stopped as it was told to. Without one it was killed, and its last second may be missing.
    #[n(9)]
    Stopped,
    /// So many events were lost, because the store did not take them in time.
    #[n(10)]
    Gap {
        /// How many.
        #[n(0)]
        lost: u64,
    },
    /// Where all chains stood, sealed.
    #[n(11)]
    Head {
        /// The ends of the other chains.
        #[n(0)]
        others: Vec<ChainEnd>,
        /// An HMAC-SHA-256 over all of it, and over the event before.
        #[cbor(n(1), with = "minicbor::bytes")]
        seal: [u8; 32],
    },
    /// Old events of a chain were removed, and this was the last of them.
    #[n(12)]
    Trimmed(#[n(0)] ChainEnd),
    /// An operator entered the console: by an API token, or as the person whom the event concerns.
    #[n(13)]
    ConsoleEntered {
        /// The name of the API token, if that is how they are known.
        #[n(0)]
        token: Option<Box<str>>,
    },
}

/// An attempt to log in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Login {
    /// By what.
    #[n(0)]
    pub way: LoginWay,
    /// What became of it.
    #[n(1)]
    pub outcome: Outcome,
    /// Why it was refused: the name of a [`Denied`](super::Denied) or a [`Refusal`](super::Refusal).
    #[n(2)]
    pub reason: Option<Box<str>>,
    /// How many attempts this event stands for.
    #[n(3)]
    pub times: u32,
}

/// How a session began.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Opening {
    /// How the person proved who they are.
    #[n(0)]
    pub how: AuthMethod,
    /// What it was opened for.
    #[n(1)]
    pub right: Right,
    /// Whether it is a directory session.
    #[n(2)]
    pub directory: bool,
    /// Whether a native client opened it.
    #[n(3)]
    pub native: bool,
    /// Whether the login made a front-end user of the person.
    #[n(4)]
    pub registered: bool,
    /// Where the browser was sent, without its query.
    #[n(5)]
    pub redirect_url: Option<Box<str>>,
    /// Who the person is to the identity provider.
    #[n(6)]
    pub subject: Option<Box<str>>,
}

/// What an operator did.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OperatorAct {
    /// The operating system's user, if that is who it was.
    #[n(0)]
    pub uid: Option<u32>,
    /// What was done.
    #[n(1)]
    pub act: Box<str>,
    /// To what, if to no user: a redirect URL, a key, a number of users.
    #[n(2)]
    pub target: Option<Box<str>>,
    /// The name of the API token, if that is how they are known.
    #[n(3)]
    pub token: Option<Box<str>>,
    /// The person, if it was one with `access:admin`.
    #[n(4)]
    pub person: Option<UserId>,
}

named! {
    /// By what somebody logs in.
    #[derive(Encode, Decode)]
    #[cbor(index_only)]
    pub enum LoginWay {
        /// E-mail address and password.
        #[n(0)]
        Password = "password",
        /// E-mail address and app password.
        #[n(1)]
        AppPassword = "app password",
        /// A remember-me token.
        #[n(2)]
        RememberMe = "remember-me",
        /// A cross token: a swap.
        #[n(3)]
        Cross = "cross",
        /// Our own login page.
        #[n(4)]
        Page = "page",
        /// The identity provider.
        #[n(5)]
        Provider = "provider",
        /// E-mail address and a password that the LDAP server found to be right.
        #[n(6)]
        Ldap = "ldap",
        /// E-mail address and a password that the old service found to be right.
        #[n(7)]
        OldService = "old service",
        /// A browser that was signed on, or the question whether a native client may be logged in.
        #[n(8)]
        Browser = "browser",
    }
}

named! {
    /// What became of a login.
    #[derive(Encode, Decode)]
    #[cbor(index_only)]
    pub enum Outcome {
        /// It took effect.
        #[n(0)]
        Success = "success",
        /// Whatever was presented does not count.
        #[n(1)]
        Refused = "refused",
        /// Too many attempts.
        #[n(2)]
        Throttled = "throttled",
        /// The queue of the hashing threads was full.
        #[n(3)]
        Busy = "busy",
        /// The store, or who else must be asked, did not answer.
        #[n(4)]
        Unavailable = "unavailable",
    }
}

named! {
    /// What was done to an account.
    pub enum AccountAct {
        /// It was made.
        Created = "created",
        /// It was deleted.
        Deleted = "deleted",
        /// It may log in.
        Enabled = "enabled",
        /// It may not.
        Disabled = "disabled",
        /// It has another password.
        Password = "password set",
        /// It has another password, by a one-time link.
        PasswordByLink = "password set by a one-time link",
        /// Its password came over from the old service.
        CameOver = "came over from the old service",
        /// A one-time link was made.
        LinkMade = "one-time link made",
        /// It has another e-mail address.
        Email = "e-mail address changed",
        /// It has another name.
        Name = "name changed",
        /// A provisioning client calls it otherwise.
        ExternalId = "external id changed",
        /// Rights were granted or taken away.
        Rights = "rights changed",
        /// Third-party scopes were granted or taken away.
        Scopes = "scopes changed",
        /// Teams or tags changed.
        Memberships = "teams or tags changed",
        /// It is linked to a person of an identity provider, or an entry of an LDAP server.
        Linked = "linked",
        /// It is linked to nobody.
        Unlinked = "unlinked",
        /// An app password was made.
        AppPasswordMade = "app password made",
        /// App passwords were revoked.
        AppPasswordsRevoked = "app passwords revoked",
        /// Its second factor was set up, changed or taken away.
        SecondFactor = "second factor changed",
        /// Every session of it ended.
        LoggedOut = "logged out everywhere",
    }
}

/// Which chain of events. Each server process has one for each [`Lane`]; commands have one of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chain {
    /// When its process started.
    pub started: Timestamp,
    /// Tells processes apart that started together.
    pub process: u32,
    /// What is in it.
    pub lane: Lane,
}

/// What chains hold. Each lane is bounded by itself, so that refusals push nothing else out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// What was done.
    Acts,
    /// What was refused.
    Refusals,
}

/// An event of a chain, and the SHA-256 of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChainEnd {
    /// Which chain.
    #[n(0)]
    pub chain: Chain,
    /// Which event: the first is 1.
    #[n(1)]
    pub number: u64,
    /// The hash of the entry.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// An event in its place. Its hash is over all of this, so that no event can be moved.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChainEntry {
    /// Which chain.
    #[n(0)]
    pub chain: Chain,
    /// Which event of it: the first is 1.
    #[n(1)]
    pub number: u64,
    /// The SHA-256 of the entry before; zeros for the first.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub previous: [u8; 32],
    /// The event, encoded: whoever cannot read a kind of event can still follow the chain.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub event: Vec<u8>,
}

impl Chain {
    /// How many bytes name a chain.
    pub const BYTES: usize = 11;

    /// The chain of commands that are carried out on the store itself, by no server.
    pub const COMMANDS: Self = Self { started: Timestamp::from_millis(0), process: 0, lane: Lane::Acts };

    /// Its name: chains sort by when they began.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..6].copy_from_slice(&self.started.millis().to_be_bytes()[2..]);
        bytes[6..10].copy_from_slice(&self.process.to_be_bytes());
        bytes[10] = u8::from(self.lane == Lane::Refusals);
        bytes
    }

    /// The chain of this name.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Option<Self> {
        let [m0, m1, m2, m3, m4, m5, process @ .., lane] = bytes;
        let lane = match lane {
            0 => Lane::Acts,
            1 => Lane::Refusals,
            _ => return None,
        };
        let started = Timestamp::from_millis(u64::from_be_bytes([0, 0, m0, m1, m2, m3, m4, m5]));
        Some(Self { started, process: u32::from_be_bytes(process), lane })
    }
}

impl std::fmt::Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Event {
    /// An event of which nothing more is known.
    #[must_use]
    pub const fn new(at: Timestamp, what: What) -> Self {
        Self { at, what, request: None, user: None, session: None, client: None, application: None, address: None }
    }

    /// The request's id.
    #[must_use]
    pub fn request_id(&self) -> Option<Uuid> {
        self.request.map(Uuid::from_bytes)
    }

    /// In which chain it belongs.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match &self.what {
            What::Login(login) if login.outcome != Outcome::Success => Lane::Refusals,
            // A login under way that nobody ended: anybody may begin one.
            What::SessionClosed { .. } if self.user.is_none() => Lane::Refusals,
            _ => Lane::Acts,
        }
    }
}
