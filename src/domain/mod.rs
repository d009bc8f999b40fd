//! Values, records, and the rules about them. No input or output, no framework, no clock of its own.
//!
//! [`holdings`] holds the rules of sessions and tokens as plain functions on what one user has; every store
//! runs the same ones and only adds atomicity and durability.

pub mod account;
pub mod acts;
pub mod email;
pub mod holdings;
pub mod ids;
pub mod network;
pub mod password;
pub mod redirect_url;
pub mod session;
pub mod time;
pub mod token;

pub use account::{Account, AccountChange, PasswordHash};
pub use acts::{CrossGrant, Grant, Issue, Issued, Limits, MintCross, Minted};
pub use email::Email;
pub use holdings::{Changes, Holdings, Remembered};
pub use ids::{ClientKey, ForeignId, SessionId, UserId};
pub use network::Network;
pub use password::Password;
pub use redirect_url::{RedirectTarget, RedirectUrl, RedirectUrlError};
pub use session::{Contact, How, Session};
pub use time::Timestamp;
pub use token::{AccessToken, TokenDigest, TokenValue};
