//! A cross token is minted from an access token, or from a bearer of a directory session.

use crate::domain::{
    Command, CrossHandle, CrossParent, Denied, Effects, MintCross, Minted, SessionKey, Stop, Timestamp, TokenKind,
    TokenOwner, UserState, Wanted,
};

impl Command for MintCross {
    type Answer = Minted;

    fn wants(&self) -> Wanted {
        Wanted::sessions([self.key()])
    }

    fn rule(&self, state: &mut UserState, store_now: Timestamp) -> Result<(Minted, Effects), Stop> {
        if !state.account.enabled {
            return Err(Denied::Disabled.into());
        }
        let (parent, proven, not_after) = match &self.parent {
            CrossParent::Access { token, client, proven, not_after } => {
                let session = state.clients.get(client).ok_or(Denied::SessionClosed)?;
                session.access.iter().find(|held| held.digest == *token).ok_or(Denied::UnknownToken)?;
                (Some(*token), *proven, *not_after)
            }
            CrossParent::Directory(id) => {
                let session = state.directory.get(id).ok_or(Denied::SessionClosed)?;
                if session.overdue(self.now).is_some() {
                    return Err(Denied::SessionOverdue.into());
                }
                (None, session.authenticated, None)
            }
        };
        let oldest = proven.plus(self.limits.login_age).min(not_after.unwrap_or(Timestamp::MAX));
        let (digest, lifetime) = self.cross;
        let expires = self.now.plus(lifetime).min(oldest);
        if expires <= self.now.max(store_now) {
            return Err(Denied::ProofTooOld.into());
        }
        let (mut effects, key) = (Effects::default(), self.key());
        if let SessionKey::Client(client) = &key
            && let Some(session) = state.clients.get_mut(client)
        {
            session.live_until(expires);
        }
        let held = state.cross_tokens_mut(&key).ok_or(Denied::SessionClosed)?;
        held.push(CrossHandle { digest, expires, proven, not_after, parent });
        state.prune(store_now, &mut effects);
        if let Some(held) = state.cross_tokens_mut(&key) {
            let surplus = held.len().saturating_sub(self.limits.cross_tokens_per_session.max(1));
            effects.revoke(TokenKind::Cross, held.drain(..surplus).map(|token| token.digest));
        }
        let owner = TokenOwner { user: state.account.id, session: Some(key.clone()), expires };
        effects.issued.push((TokenKind::Cross, digest, owner));
        effects.store(key.clone());
        state.push_out(&key, &self.limits, &mut effects)?;
        Ok((Minted { expires }, effects))
    }
}

impl MintCross {
    fn key(&self) -> SessionKey {
        match &self.parent {
            CrossParent::Access { client, .. } => SessionKey::Client(client.clone()),
            CrossParent::Directory(id) => SessionKey::Directory(*id),
        }
    }
}
