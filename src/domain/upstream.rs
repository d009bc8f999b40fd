//! How people and their tokens come over from the old service.

use minicbor::{Decode, Encode};

use super::{SessionKey, Timestamp, TokenDigest, UserId};

/// The mark of an account whose person is known to the old service: they may come over, or have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UpstreamMark {
    /// The account's generation when the mark was made. Tokens of the old service count only while it stands: whatever
    /// raises the generation ends them with all others.
    #[n(0)]
    pub generation: u32,
    /// When the person came over: by a password, or by a token, whichever was first.
    #[n(1)]
    pub came_over: Option<Timestamp>,
    /// How many tokens of the old service were taken over; at most [`UpstreamMark::MAX_TOKENS`].
    #[n(2)]
    pub tokens: u16,
}

impl UpstreamMark {
    /// How many tokens of one person are taken over: each leaves a record for as long as the old service is asked.
    pub const MAX_TOKENS: u16 = 1024;

    /// The mark of a person of whom the old service is to be asked; the account has this generation.
    #[must_use]
    pub const fn new(generation: u32) -> Self {
        Self { generation, came_over: None, tokens: 0 }
    }

    /// The same for a person who has come over, now if never before.
    #[must_use]
    pub fn arrived(self, now: Timestamp) -> Self {
        Self { came_over: self.came_over.or(Some(now)), ..self }
    }
}

/// What a token of the old service stands for here. As long as this is kept, its token is never taken over again,
/// whatever became of the token that it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TakenOver {
    /// Whose it is.
    #[n(0)]
    pub user: UserId,
    /// The token of ours that it stands for. Nobody knows that one's value.
    #[n(1)]
    pub stands_for: TokenDigest,
    /// The session of the client that a remember-me token works for; `None`: this is an access token.
    #[n(2)]
    pub session: Option<SessionKey>,
    /// From this instant on it need not be kept.
    #[n(3)]
    pub expires: Timestamp,
}
