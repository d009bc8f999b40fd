//! Values, records, and the rules about them. No input or output, no framework, no clock of its own.
//!
//! [`session`] holds the rules of sessions and tokens as plain functions on what is loaded of one person. Every store runs the
//! same ones and only adds atomicity and durability.

pub mod account;
pub mod api_token;
pub mod app_password;
pub mod credential;
pub mod email;
mod encoding;
pub mod event;
pub mod external_id;
pub mod group;
pub mod happened;
pub mod ids;
pub mod key_ring;
pub mod language;
pub mod license;
pub mod link;
pub mod login;
mod named;
pub mod network;
pub mod passkey;
pub mod password;
pub mod profile;
pub mod redirect_url;
pub mod refusal;
pub mod right;
pub mod second_factor;
pub mod session;
pub mod time;
pub mod token;
pub mod upstream;

pub use account::{Account, AccountChange, KnownNetwork, OwnChange, PasswordHash, Unique};
pub use api_token::{ApiToken, ApiTokenDirectory, ApiTokenValue, Scope, Scopes, TokenRefused};
pub use app_password::{AppPassword, AppPasswordValue};
pub use credential::{Credential, CredentialChange};
pub use email::{AddressError, Email};
pub use event::{AccountAct, Chain, ChainEnd, Event, What};
pub use external_id::ExternalId;
pub use group::{Group, GroupDirectory};
pub use happened::{Happened, OpenedSession};
pub use ids::{AppPasswordId, ClientKey, ForeignId, GroupId, SessionId, SessionKey, UserId};
pub use key_ring::{KeyRing, SealedKey};
pub use language::Language;
pub use license::{Borrow, Checkout, LicenseLimits};
pub use link::{LinkPurpose, LinkSecret, OneTimeLink};
pub use login::{
    AccountLogin, Begun, ConsumedLogin, LoginProof, NativeLogin, PendingLimits, PendingLogin, Stage, UsedState,
};
pub(crate) use named::named;
pub use network::Network;
pub use passkey::{Assertion, Attestation, Passkey};
pub use password::Password;
pub use profile::{ListChange, Profile, ProviderSession, SignOn, Subject, Team};
pub use redirect_url::{RedirectTarget, RedirectUrl, RedirectUrlError};
pub use refusal::{Refusal, Refused};
pub use right::{Right, Rights};
pub use second_factor::{CodeDigest, FactorCode, RecoveryCode, SecondFactor, UsedCode};
pub use session::{
    AccessHandle, AccountEffect, AuthMethod, ByAppPassword, ClientInfo, CloseReason, CloseSession, ClosedSession,
    Command, CrossGrant, CrossHandle, CrossParent, DeleteAccount, Denied, DirectorySession, Effects, Expire, Grant,
    Issue, Issued, Limits, MintCross, Minted, OpenSession, RememberMeHandle, Revoke, Ruling, Session, SessionCommand,
    SessionIndex, SessionWithAccount, Stop, TokenKind, TokenOwner, Totals, UserState, Wanted,
};
pub use time::Timestamp;
pub use token::{AccessToken, NativeToken, Shard, TokenDigest, TokenValue};
pub use upstream::{TakenOver, UpstreamMark};
