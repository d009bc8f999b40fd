//! The exit codes.

use std::process::ExitCode;

/// The exit codes of every subcommand; scripts may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// 0: it is done.
    Done = 0,
    /// 1: it was refused or failed: no such user, an address already taken, a disk that is full.
    Refused = 1,
    /// 2: the command line or the settings are wrong; nothing was tried.
    Usage = 2,
    /// 3: the store or the server cannot be reached; trying again later may help.
    Unreachable = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
