//! Sessions: what one user has, what is asked of it, and the rules that answer.

mod commands;
mod directory;
mod directory_commands;
mod state;
mod v2;

pub use commands::{CrossGrant, CrossParent, Grant, Issue, Issued, Limits, MintCross, Minted};
pub use directory::{DirectorySession, Ended, Ending};
pub use directory_commands::{DirectoryAct, OpenSession};
pub use state::{Changes, Held, Holdings, Located};
pub use v2::{AccessHandle, Contact, CrossHandle, How, RememberMeHandle, Session};
