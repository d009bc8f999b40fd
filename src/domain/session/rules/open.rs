//! A directory session opens, and single sign-on with it.

use crate::domain::{
    Account, AuthMethod, Denied, DirectorySession, Effects, OpenSession, Right, Ruling, SessionKey, SignOn, Stop,
    TokenKind, TokenOwner, UserState,
};

impl Account {
    /// Whether a person may have a session of this right with these third-party claims. `registers`: the login makes a
    /// front-end user of them.
    ///
    /// # Errors
    /// [`Denied::Disabled`], [`Denied::MissingRight`], [`Denied::MissingScope`].
    pub fn may_open(&self, right: Right, app_claims: &[Box<str>], registers: bool) -> Ruling<()> {
        if !self.enabled {
            return Err(Denied::Disabled);
        }
        let granted = registers && right == Right::Frontend;
        if !granted && !self.profile.rights.include(right) {
            return Err(Denied::MissingRight);
        }
        if !app_claims.iter().all(|claim| self.profile.scopes.contains(claim)) {
            return Err(Denied::MissingScope);
        }
        Ok(())
    }
}

impl UserState {
    pub(super) fn open(&mut self, open: &OpenSession, effects: &mut Effects) -> Result<DirectorySession, Stop> {
        self.may_open_now(open)?;
        if self.account.profile.reauth_request.take().is_some() {
            // The person was asked: browsers that were signed on before stay off.
            self.sign_off(effects);
        }
        if open.registers && !self.account.profile.rights.frontend {
            self.account.profile.rights.frontend = true;
            effects.change_account();
        }
        if let Some(network) = open.network
            && self.account.note_network(network, open.now)
        {
            effects.change_account();
        }
        let end_of_life = open.end_of_life.min(open.proof.proven.plus(open.limits.login_age));
        let session = DirectorySession {
            id: open.session,
            right: open.right,
            app_claims: open.app_claims.clone(),
            extended: open.extended,
            native: open.native,
            how: open.proof.how,
            opened: open.now,
            authenticated: open.proof.proven,
            last_contact: open.now,
            heartbeat_before: open.heartbeat_before.min(end_of_life),
            end_of_life,
            collected: None,
            beaten: false,
            contact: open.contact.clone(),
            redirect_url: open.redirect_url.clone(),
            cross: Vec::new(),
            provider_session: open.proof.provider_session,
        };
        let key = SessionKey::Directory(session.id);
        effects.open(key.clone(), session.deadline());
        self.directory.insert(session.id, session.clone());
        self.sign_on(open, effects);
        self.push_out(&key, &open.limits, effects)?;
        Ok(session)
    }

    fn may_open_now(&self, open: &OpenSession) -> Ruling<()> {
        let OpenSession { proof, .. } = open;
        self.account.may_open(open.right, &open.app_claims, open.registers)?;
        if proof.generation != self.account.generation {
            return Err(Denied::StaleProof);
        }
        if proof.proven.plus(open.limits.login_age) <= open.now {
            return Err(Denied::ProofTooOld);
        }
        if self.directory.contains_key(&open.session) {
            return Err(Denied::AlreadyOpen);
        }
        let asked = matches!(proof.how, AuthMethod::Password | AuthMethod::Oidc);
        if self.account.profile.reauth_request.is_some_and(|since| !asked || proof.meets != Some(since)) {
            return Err(Denied::MustBeAsked);
        }
        // What a proof by single sign-on rests on may have ended: a native client's login waits for the person in between.
        let mut signed_on = self.account.profile.sign_ons.iter().filter(|held| held.expires > open.now);
        if proof.how == AuthMethod::SingleSignOn && !signed_on.any(|held| Some(held.digest) == proof.sign_on) {
            return Err(Denied::SignedOff);
        }
        Ok(())
    }

    fn sign_on(&mut self, open: &OpenSession, effects: &mut Effects) {
        let Some((digest, lifetime)) = open.sign_on else { return };
        let expires = open.proof.proven.plus(lifetime).min(open.proof.proven.plus(open.limits.login_age));
        if expires <= open.now {
            return;
        }
        let held = &mut self.account.profile.sign_ons;
        let gone = held.extract_if(.., |sign_on| sign_on.expires <= open.now || sign_on.digest == digest);
        let mut gone: Vec<_> = gone.map(|sign_on| sign_on.digest).collect();
        held.push(SignOn { digest, expires, proven: open.proof.proven, provider_session: open.proof.provider_session });
        let surplus = held.len().saturating_sub(SignOn::MAX_BROWSERS);
        gone.extend(held.drain(..surplus).map(|sign_on| sign_on.digest));
        effects.revoke(TokenKind::SignOn, gone.into_iter().filter(|gone| *gone != digest));
        let owner = TokenOwner { user: self.account.id, session: None, expires };
        effects.issued.push((TokenKind::SignOn, digest, owner));
        effects.change_account();
    }
}
