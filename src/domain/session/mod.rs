//! Sessions: what one user has, what is asked of it, and the rules that answer.

mod commands;
mod directory;
mod directory_commands;
mod state;
mod v2;

pub use commands::{CrossGrant, CrossParent, Grant, Issue, Issued, Limits, MintCross, Minted};
pub use directory::{CloseReason, ClosedSession, DirectorySession};
pub use directory_commands::{OpenSession, SessionCommand};
pub use state::{Effects, SessionWithAccount, TokenOwner, UserState};
pub use v2::{AccessHandle, AuthMethod, ClientInfo, CrossHandle, RememberMeHandle, Session};
