//! `[limits]`

use serde::Deserialize;

use super::engine::Checks;

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
    /// Directory sessions of one user.
    pub max_directory_sessions_per_user: usize,
    /// Cross tokens of one session that are not swapped yet.
    pub max_cross_tokens_per_session: usize,
    /// Access, remember-me and cross tokens of one user, all sessions together.
    pub max_tokens_per_user: usize,
}

impl LimitSettings {
    /// The most tokens that one user's sessions may hold together; some 20 MB in the store.
    const MAX_TOKENS: usize = 262_144;

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.range("limits.max_tokens_per_client", self.max_tokens_per_client, 1..=4096);
        checks.range("limits.max_remember_me_per_client", self.max_remember_me_per_client, 1..=4096);
        checks.range("limits.max_sessions_per_user", self.max_sessions_per_user, 1..=65_536);
        checks.range("limits.max_directory_sessions_per_user", self.max_directory_sessions_per_user, 1..=65_536);
        checks.range("limits.max_cross_tokens_per_session", self.max_cross_tokens_per_session, 1..=4096);
        checks.range("limits.max_tokens_per_user", self.max_tokens_per_user, 1..=Self::MAX_TOKENS);
        let one_session = self
            .max_tokens_per_client
            .saturating_add(self.max_remember_me_per_client)
            .saturating_add(self.max_cross_tokens_per_session);
        checks.agree(
            one_session <= self.max_tokens_per_user,
            "limits.max_tokens_per_user",
            "limits.max_tokens_per_client",
            format_args!("must not be less than the tokens of one session, which may be {one_session}"),
        );
    }
}
