//! Sessions: what one person has open, what is asked of it, and the rules that answer.
//!
//! A store runs every act alike:
//!
//! 1. **Load.** Ask the [`Command`] what it [wants](Command::wants), and load that as a [`UserState`]: the account, the
//!    sessions that it names, and the index. No other session is read.
//! 2. **Rule.** Call [`Command::rule`] with the store's time. It is a plain function: state in, answer and [`Effects`] out.
//!    [`Stop::Denied`] says why not, and nothing has changed. [`Stop::LoadMore`] says that what was loaded is not enough:
//!    [widen](Wanted::widen) what is wanted and begin again; the second time everything is loaded, so that this ends.
//! 3. **Commit.** Make the effects true, all or none, if nobody else has changed the same account or the same sessions in
//!    between. Then report the closed sessions and answer.
//!
//! So every store has the same rules, and a rule is tested without a store.
//!
//! Two clocks: `now` in a command is the server's, by which a token is judged; `store_now` is the store's, by which what
//! has ended is removed. The server's follows the store's and is at most a moment behind or ahead of it.

mod commands;
mod denied;
mod directory;
mod effects;
mod rules;
mod state;
mod v2;

pub use commands::{
    CloseSession, CrossGrant, CrossParent, DeleteAccount, Expire, Grant, Issue, Issued, Limits, MintCross, Minted,
    OpenSession, Revoke, SessionCommand,
};
pub use denied::Denied;
pub use directory::{CloseReason, ClosedSession, DirectorySession};
pub use effects::{AccountEffect, Effects, TokenKind, TokenOwner};
pub use rules::{Command, Ruling, Stop};
pub use state::{SessionIndex, SessionWithAccount, Totals, UserState, Wanted};
pub use v2::{AccessHandle, AuthMethod, ByAppPassword, ClientInfo, CrossHandle, RememberMeHandle, Session};
