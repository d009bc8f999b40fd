//! `[limits]`

use serde::Deserialize;

/// How much one user may hold; beyond each limit the oldest goes first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Access tokens of one client of one user.
    pub max_tokens_per_client: usize,
    /// Remember-me tokens of one client of one user.
    pub max_remember_me_per_client: usize,
    /// Sessions of one user; those with server-made client ids go first.
    pub max_sessions_per_user: usize,
    /// Cross tokens outstanding of one session.
    pub max_cross_tokens_per_session: usize,
}
