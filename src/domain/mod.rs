//! Values, records, and the rules about them. No input or output, no framework, no clock of its own.
//!
//! [`holdings`] holds the rules of sessions and tokens as plain functions on what one user has; every store
//! runs the same ones and only adds atomicity and durability.

pub mod account;
pub mod acts;
pub mod directory_acts;
pub mod directory_session;
pub mod email;
pub mod holdings;
pub mod ids;
pub mod key_ring;
pub mod license;
pub mod network;
pub mod password;
pub mod pending;
pub mod profile;
pub mod redirect_url;
pub mod right;
pub mod session;
pub mod time;
pub mod token;

pub use account::{Account, AccountChange, PasswordHash};
pub use acts::{CrossGrant, CrossParent, Grant, Issue, Issued, Limits, MintCross, Minted};
pub use directory_acts::{DirectoryAct, OpenSession};
pub use directory_session::{DirectorySession, Ended, Ending};
pub use email::Email;
pub use holdings::{Changes, Held, Holdings, Located};
pub use ids::{ClientKey, ForeignId, SessionId, SessionKey, UserId};
pub use key_ring::{KeyRing, SealedKey};
pub use license::{Borrow, Checkout, LicenseLimits};
pub use network::Network;
pub use password::Password;
pub use pending::{Begun, LoginProof, NativeLogin, PendingLimits, PendingLogin, SpentLogin, Stage, UsedState};
pub use profile::{ListChange, Profile, SignOn, Subject, Team};
pub use redirect_url::{RedirectTarget, RedirectUrl, RedirectUrlError};
pub use right::{Right, Rights};
pub use session::{Contact, How, Session};
pub use time::Timestamp;
pub use token::{AccessToken, NativeToken, TokenDigest, TokenValue};
