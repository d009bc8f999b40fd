//! What goes when a person has too much.

use crate::domain::{CloseReason, Effects, Limits, SessionKey, Stop, UserState};

impl UserState {
    /// Closes sessions until the limits hold, those that go first, but never `own`: sessions of its kind beyond their limit,
    /// then sessions of any kind as long as all of them have too many tokens.
    pub(super) fn push_out(&mut self, own: &SessionKey, limits: &Limits, effects: &mut Effects) -> Result<(), Stop> {
        loop {
            let totals = self.totals();
            let (open, limit) = match own {
                SessionKey::Client(_) => (totals.clients, limits.sessions_per_user),
                SessionKey::Directory(_) => (totals.directory, limits.directory_sessions_per_user),
            };
            let too_many = open > limit.max(1);
            if !too_many && totals.tokens <= limits.tokens_per_user {
                return Ok(());
            }
            let same_kind =
                |key: &SessionKey| matches!(key, SessionKey::Client(_)) == matches!(own, SessionKey::Client(_));
            match self.next_out(|key| key != own && (!too_many || same_kind(key))) {
                Some(key) => self.close(&key, CloseReason::ByApplication, effects),
                None if self.is_partial() => return Err(Stop::LoadMore),
                None => return Ok(()),
            };
        }
    }
}
