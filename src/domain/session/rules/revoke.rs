//! An access token is revoked, and the cross tokens that it minted; or a remember-me token.

use crate::domain::{CloseReason, Command, Effects, Revoke, SessionKey, Stop, Timestamp, TokenKind, UserState, Wanted};

impl Command for Revoke {
    type Answer = ();

    fn wants(&self) -> Wanted {
        Wanted::sessions([SessionKey::Client(self.client.clone())])
    }

    fn rule(&self, state: &mut UserState, store_now: Timestamp) -> Result<((), Effects), Stop> {
        let mut effects = Effects::default();
        effects.revoke(TokenKind::Access, [self.token]);
        state.prune(store_now, &mut effects);
        if let Some(session) = state.clients.get_mut(&self.client) {
            let had = session.access.len() + session.remember_me.len();
            session.access.retain(|held| held.digest != self.token);
            let remembered = session.remember_me.extract_if(.., |held| held.digest == self.token);
            effects.revoke(TokenKind::RememberMe, remembered.map(|held| held.digest));
            if session.access.len() + session.remember_me.len() < had {
                session.drop_minted_by(self.token, &mut effects);
                let (key, is_empty) = (SessionKey::Client(self.client.clone()), session.tokens() == 0);
                if is_empty {
                    state.close(&key, CloseReason::ByApplication, &mut effects);
                } else {
                    effects.store(key);
                }
            }
        }
        Ok(((), effects))
    }
}
