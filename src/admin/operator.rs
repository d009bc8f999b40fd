//! Who asks.

/// Whoever asks for an act, as the log names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The operating system's user of the command, or of the process at the other end of the socket.
    Uid(u32),
    /// A program, by the name of its API token.
    Token(Box<str>),
}

impl Operator {
    /// The uid, if that is how they are known.
    #[must_use]
    pub const fn uid(&self) -> Option<u32> {
        match self {
            Self::Uid(uid) => Some(*uid),
            Self::Token(_) => None,
        }
    }

    /// The name of the API token, if that is how they are known.
    #[must_use]
    pub const fn token(&self) -> Option<&str> {
        match self {
            Self::Token(name) => Some(name),
            Self::Uid(_) => None,
        }
    }
}
