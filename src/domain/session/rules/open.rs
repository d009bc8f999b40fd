//! A directory session opens, and single sign-on with it.

use crate::domain::event::Opening;
use crate::domain::{
    Account, AuthMethod, Denied, DirectorySession, Effects, Happened, OpenSession, OpenedSession, Right, Ruling,
    SessionKey, SignOn, Stop, Timestamp, TokenKind, TokenOwner, UserState,
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
        let elsewhere = match open.proof.how {
            AuthMethod::Oidc => true,
            // By an LDAP server.
            AuthMethod::Password => self.account.is_proven_elsewhere(),
            _ => false,
        };
        if elsewhere && self.account.note_vouched(open.now) {
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
        self.sign_on(open, effects);
        if open.account.is_none() {
            let key = SessionKey::Directory(session.id);
            effects.open(key.clone(), session.deadline());
            effects.happened.push(Happened::Opened(Box::new(self.opened(open))));
            self.directory.insert(session.id, session.clone());
            self.push_out(&key, &open.limits, effects)?;
        }
        Ok(session)
    }

    /// What is reported of a session that opens.
    fn opened(&self, open: &OpenSession) -> OpenedSession {
        let subject = self.account.profile.subject.as_ref().map(|subject| subject.subject.clone());
        // A query may hold what is nobody's business.
        let redirect = open.redirect_url.split(['?', '#']).next().unwrap_or_default();
        let opening = Opening {
            how: open.proof.how,
            right: open.right,
            directory: true,
            native: open.native.is_some(),
            registered: open.registers,
            redirect_url: Some(redirect.into()),
            subject,
        };
        let (session, user, contact) = (open.session, self.account.id, open.contact.clone());
        OpenedSession { session, user, client: None, contact, opening }
    }

    /// Until when the browser would be signed on.
    fn signed_on_until(open: &OpenSession) -> Option<Timestamp> {
        let (_, lifetime) = open.sign_on?;
        let until = open.proof.proven.plus(lifetime.min(open.limits.login_age));
        (until > open.now).then_some(until)
    }

    fn may_open_now(&self, open: &OpenSession) -> Ruling<()> {
        let OpenSession { proof, .. } = open;
        self.account.may_open(open.right, &open.app_claims, open.registers)?;
        if proof.generation != self.account.generation {
            return Err(Denied::StaleProof);
        }
        // The provider may have taken its word back while a native client's login waited for the person. Not all
        // providers name their sessions, so any such word counts.
        if proof.how == AuthMethod::Oidc && proof.logouts != self.account.profile.logouts {
            return Err(Denied::StaleProof);
        }
        if proof.proven.plus(open.limits.login_age) <= open.now {
            return Err(Denied::ProofTooOld);
        }
        if open.account.is_some() && Self::signed_on_until(open).is_none() {
            return Err(Denied::ProofTooOld);
        }
        if self.directory.contains_key(&open.session) {
            return Err(Denied::AlreadyOpen);
        }
        let asked = matches!(proof.how, AuthMethod::Password | AuthMethod::Oidc);
        if self.account.profile.reauth_request.is_some_and(|since| !asked || proof.meets != Some(since)) {
            return Err(Denied::MustBeAsked);
        }
        // Whoever finds a browser signed on, or remembered by a provider, must not become an operator by it.
        let surely_asked = proof.how == AuthMethod::Password || proof.meets.is_some();
        if open.right == Right::Admin && !surely_asked {
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
        let OpenSession { proof, now, .. } = open;
        if let Some(used) = proof.sign_on
            && let Some(held) = self.account.profile.sign_ons.iter_mut().find(|held| held.digest == used)
            && now.since(held.used.unwrap_or(held.proven)) >= SignOn::USE_NOTED_EVERY
        {
            held.used = Some(*now);
            effects.change_account();
        }
        let (Some((digest, _)), Some(expires)) = (open.sign_on, Self::signed_on_until(open)) else { return };
        if let Some(replaced) = open.account.and_then(|account| account.replaces) {
            let gone = self.account.profile.sign_ons.extract_if(.., |held| held.digest == replaced);
            effects.revoke(TokenKind::SignOn, gone.map(|held| held.digest).filter(|gone| *gone != digest));
        }
        let asked = proof.how == AuthMethod::Password || proof.meets.is_some();
        let sign_on = SignOn {
            digest,
            expires,
            proven: proof.proven,
            provider_session: proof.provider_session,
            asked: asked.then_some(proof.proven),
            contact: Some(open.contact.clone()),
            used: None,
        };
        self.add_sign_on(sign_on, *now, effects);
    }

    /// Has a browser signed on. Of too many the oldest goes.
    pub(super) fn add_sign_on(&mut self, sign_on: SignOn, now: Timestamp, effects: &mut Effects) {
        let SignOn { digest, expires, .. } = sign_on;
        let held = &mut self.account.profile.sign_ons;
        let gone = held.extract_if(.., |sign_on| sign_on.expires <= now || sign_on.digest == digest);
        let mut gone: Vec<_> = gone.map(|sign_on| sign_on.digest).collect();
        held.push(sign_on);
        let surplus = held.len().saturating_sub(SignOn::MAX_BROWSERS);
        gone.extend(held.drain(..surplus).map(|sign_on| sign_on.digest));
        effects.revoke(TokenKind::SignOn, gone.into_iter().filter(|gone| *gone != digest));
        let owner = TokenOwner { user: self.account.id, session: None, expires };
        effects.issued.push((TokenKind::SignOn, digest, owner));
        effects.change_account();
    }
}
