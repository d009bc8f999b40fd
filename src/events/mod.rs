//! Events: what happened, kept so that somebody can be told who did what, and why somebody was refused.
//!
//! Whoever knows that something happened hands it to the [`Recorder`], which never waits. The [`Writer`] appends what has
//! gathered twice a second, to chains of this process alone: one of what was done, one of what was refused. Each entry has the
//! hash of the one before, and every hour a sealed head names where all chains stand ([`chain`]). Attempts that concern
//! nobody here, and throttled ones, are [counted](tally) by minute and network, so that nobody fills the store by trying.
//! What the logins of a week came to is [counted from the events](Week).

mod chain;
mod of_commands;
mod recorder;
mod tally;
#[cfg(test)]
mod tests;
mod trim;
mod week;
mod writer;

pub use chain::{HeadKey, hash_of, hex};
pub use of_commands::append_of_command;
pub use recorder::{Recorder, Tried, event_of, of_closed};
pub use week::{Day, ToldWeek, Week};
pub use writer::Writer;
