//! App passwords come and go, and with them what was opened by them.

use std::collections::BTreeSet;

use crate::domain::{
    Account, AppPassword, AppPasswordId, ByAppPassword, CloseReason, Denied, Effects, Ruling, Session, SessionKey,
    Timestamp, TokenDigest, TokenKind, UserState,
};

impl Account {
    /// Adds an app password. Those whose time is up make room.
    pub(super) fn add_app_password(&mut self, new: &AppPassword, most: usize, store_now: Timestamp) -> Ruling<()> {
        let held = &mut self.app_passwords;
        if held.iter().filter(|held| !held.has_ended(store_now)).count() >= most {
            return Err(Denied::TooManyAppPasswords);
        }
        held.retain(|held| !held.has_ended(store_now));
        held.push(new.clone());
        Ok(())
    }
}

impl UserState {
    /// Revokes an app password, or all, and every token that comes of it. Needs every session.
    pub(super) fn revoke_app_passwords(
        &mut self,
        which: Option<AppPasswordId>,
        why: CloseReason,
        effects: &mut Effects,
    ) -> Ruling<()> {
        let is_meant = |id: AppPasswordId| which.is_none_or(|which| which == id);
        let held = &mut self.account.app_passwords;
        if which.is_some() && !held.iter().any(|held| is_meant(held.id)) {
            return Err(Denied::NoSuchAppPassword);
        }
        held.retain(|held| !is_meant(held.id));
        let mut over = Vec::new();
        for (client, session) in &mut self.clients {
            let gone = session.by_app_password.extract_if(.., |by| is_meant(by.app_password));
            let gone: BTreeSet<_> = gone.map(|by| by.token).collect();
            if gone.is_empty() {
                continue;
            }
            session.drop_tokens(&gone, effects);
            let key = SessionKey::Client(client.clone());
            if session.tokens() == 0 { over.push(key) } else { effects.store(key) }
        }
        for key in over {
            self.close(&key, why, effects);
        }
        Ok(())
    }
}

impl Session {
    /// The app password by which the login was proven that a token comes of, if it was one.
    pub(super) fn app_password_of(&self, token: TokenDigest) -> Option<AppPasswordId> {
        self.by_app_password.iter().find(|by| by.token == token).map(|by| by.app_password)
    }

    /// Notes that these tokens come of a login by this app password, and forgets what it had noted of tokens that are gone.
    pub(super) fn note_app_password(
        &mut self,
        app_password: AppPasswordId,
        tokens: impl IntoIterator<Item = TokenDigest>,
    ) {
        self.by_app_password.extend(tokens.into_iter().map(|token| ByAppPassword { app_password, token }));
        let access = self.access.iter().map(|held| held.digest);
        let remember_me = self.remember_me.iter().map(|held| held.digest);
        let parents = self.cross.iter().filter_map(|held| held.parent);
        let held: BTreeSet<_> = access.chain(remember_me).chain(parents).collect();
        self.by_app_password.retain(|by| held.contains(&by.token));
    }

    /// Ends access and remember-me tokens, and the cross tokens that they minted.
    fn drop_tokens(&mut self, gone: &BTreeSet<TokenDigest>, effects: &mut Effects) {
        let access = self.access.extract_if(.., |held| gone.contains(&held.digest));
        effects.revoke(TokenKind::Access, access.map(|held| held.digest));
        let remember_me = self.remember_me.extract_if(.., |held| gone.contains(&held.digest));
        effects.revoke(TokenKind::RememberMe, remember_me.map(|held| held.digest));
        let cross = self.cross.extract_if(.., |held| held.parent.is_some_and(|parent| gone.contains(&parent)));
        effects.revoke(TokenKind::Cross, cross.map(|held| held.digest));
    }
}
