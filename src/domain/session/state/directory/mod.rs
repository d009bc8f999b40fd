//! The rules of directory sessions and single sign-on.

use super::{Effects, TokenOwner, UserState};
use crate::domain::{
    Account, AuthMethod, DirectorySession, OpenSession, Right, SessionCommand, SessionId, SessionKey, SignOn, Timestamp,
};

/// A directory session and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionWithAccount {
    /// The account.
    pub account: Account,
    /// The session.
    pub session: DirectorySession,
    /// Sessions that had to go when it opened, beyond [`Limits::directory_sessions_per_user`](crate::domain::Limits).
    pub pushed_out: Vec<SessionId>,
}

impl UserState {
    /// A directory session that is open by this clock.
    #[must_use]
    pub fn directory_session(&self, id: SessionId, now: Timestamp) -> Option<SessionWithAccount> {
        let session = self.directory.get(&id).filter(|session| session.overdue(now).is_none())?;
        Some(SessionWithAccount { account: self.account.clone(), session: session.clone(), pushed_out: Vec::new() })
    }

    /// What is open at `now`: without what has ended and is not removed yet.
    #[must_use]
    pub fn open_at(mut self, now: Timestamp) -> Self {
        self.prune(now, &mut Effects::default());
        self.directory.retain(|_, session| session.overdue(now).is_none());
        self
    }

    /// Opens, keeps, answers or ends a directory session; see [`SessionCommand`] for what each promises. `None`, and
    /// nothing changed, if it does not count.
    pub fn update_session(
        &mut self,
        act: &SessionCommand,
        store_now: Timestamp,
    ) -> Option<(SessionWithAccount, Effects)> {
        let (mut changes, mut pushed_out) = (Effects::default(), Vec::new());
        let session = match act {
            SessionCommand::Open(open) => {
                let session = self.open(open, &mut changes)?;
                pushed_out = self.push_out_directory(open, &mut changes);
                session
            }
            SessionCommand::Heartbeat { session, now, before } => {
                let session = self.live(*session, *now, store_now)?;
                session.last_contact = session.last_contact.max(*now);
                session.heartbeat_before = session.heartbeat_before.max(*before).min(session.end_of_life);
                session.beaten = true;
                session.clone()
            }
            SessionCommand::Collect { session, now, again } => {
                let session = self.live(*session, *now, store_now)?;
                let first = session.collected.unwrap_or(*now);
                if session.beaten || *now > first.plus(*again) {
                    return None;
                }
                session.collected = Some(first);
                session.clone()
            }
            SessionCommand::Close { session, ask_again } => {
                let session = self.directory.remove(session)?;
                changes.bury_directory(&session);
                if *ask_again {
                    self.account.profile.ask_again(store_now);
                    changes.account = true;
                }
                session
            }
            SessionCommand::Lapse { session } => {
                self.directory.get(session)?.overdue(store_now)?;
                let session = self.directory.remove(session)?;
                changes.bury_directory(&session);
                session
            }
        };
        if self.directory.contains_key(&session.id) {
            changes.store(SessionKey::Directory(session.id));
        }
        Some((SessionWithAccount { account: self.account.clone(), session, pushed_out }, changes))
    }

    /// A session that neither clock says has ended.
    fn live(&mut self, id: SessionId, now: Timestamp, store_now: Timestamp) -> Option<&mut DirectorySession> {
        if !self.account.enabled {
            return None;
        }
        self.directory.get_mut(&id).filter(|session| session.overdue(now.max(store_now)).is_none())
    }

    fn open(&mut self, act: &OpenSession, changes: &mut Effects) -> Option<DirectorySession> {
        let Account { enabled, generation, profile, .. } = &self.account;
        let entitled = *enabled
            && act.proof.generation == *generation
            && (profile.rights.include(act.right) || act.registers && act.right == Right::Frontend)
            && act.app_claims.iter().all(|claim| profile.scopes.contains(claim))
            && act.proof.proven.plus(act.limits.login_age) > act.now
            && !self.directory.contains_key(&act.session);
        if !entitled || !self.consents(act) || !self.still_signed_on(act) {
            return None;
        }
        self.settle_consent(changes);
        if act.registers && !self.account.profile.rights.frontend {
            self.account.profile.rights.frontend = true;
            changes.account = true;
        }
        if let Some(network) = act.network {
            changes.account |= self.account.note_network(network, act.now);
        }
        let end_of_life = act.end_of_life.min(act.proof.proven.plus(act.limits.login_age));
        let session = DirectorySession {
            id: act.session,
            right: act.right,
            app_claims: act.app_claims.clone(),
            extended: act.extended,
            native: act.native,
            how: act.proof.how,
            opened: act.now,
            authenticated: act.proof.proven,
            last_contact: act.now,
            heartbeat_before: act.heartbeat_before.min(end_of_life),
            end_of_life,
            collected: None,
            beaten: false,
            contact: act.contact.clone(),
            redirect_url: act.redirect_url.clone(),
            cross: Vec::new(),
        };
        changes.opened = Some((session.id, session.deadline()));
        self.directory.insert(session.id, session.clone());
        self.sign_on(act, changes);
        Some(session)
    }

    /// Whether the person has been asked since that was last demanded.
    fn consents(&self, act: &OpenSession) -> bool {
        let asked = matches!(act.proof.how, AuthMethod::Password | AuthMethod::Oidc);
        self.account.profile.reauth_request.is_none_or(|since| asked && act.proof.meets == Some(since))
    }

    /// Whether what a proof by single sign-on rests on has not ended since: a native client's login waits for the person
    /// in between.
    fn still_signed_on(&self, act: &OpenSession) -> bool {
        let mut signed_on = self.account.profile.sign_ons.iter().filter(|held| held.expires > act.now);
        act.proof.how != AuthMethod::SingleSignOn || signed_on.any(|held| Some(held.digest) == act.proof.sign_on)
    }

    /// The person was asked: browsers that were signed on before stay off.
    fn settle_consent(&mut self, changes: &mut Effects) {
        if self.account.profile.reauth_request.take().is_some() {
            self.sign_off(changes);
        }
    }

    fn sign_on(&mut self, act: &OpenSession, changes: &mut Effects) {
        let Some((digest, lifetime)) = act.sign_on else { return };
        let expires = act.proof.proven.plus(lifetime).min(act.proof.proven.plus(act.limits.login_age));
        if expires <= act.now {
            return;
        }
        let held = &mut self.account.profile.sign_ons;
        let gone = held.extract_if(.., |sign_on| sign_on.expires <= act.now || sign_on.digest == digest);
        changes.dead_sign_ons.extend(gone.map(|sign_on| sign_on.digest));
        held.push(SignOn { digest, expires, proven: act.proof.proven });
        let surplus = held.len().saturating_sub(SignOn::MOST);
        changes.dead_sign_ons.extend(held.drain(..surplus).map(|sign_on| sign_on.digest));
        changes.dead_sign_ons.retain(|gone| *gone != digest);
        changes.sign_on = Some((digest, TokenOwner { user: self.account.id, session: None, expires }));
        changes.account = true;
    }

    /// Ends single sign-on in every browser.
    pub(super) fn sign_off(&mut self, changes: &mut Effects) {
        let gone = std::mem::take(&mut self.account.profile.sign_ons);
        changes.dead_sign_ons.extend(gone.iter().map(|sign_on| sign_on.digest));
        changes.account = true;
    }

    fn push_out_directory(&mut self, act: &OpenSession, changes: &mut Effects) -> Vec<SessionId> {
        let mut pushed_out = Vec::new();
        while self.directory.len() > act.limits.directory_sessions_per_user.max(1) {
            let others = self.directory.values().filter(|session| session.id != act.session);
            let Some(silent) = others.min_by_key(|session| session.last_contact).map(|session| session.id) else {
                break;
            };
            if let Some(session) = self.directory.remove(&silent) {
                changes.bury_directory(&session);
                pushed_out.push(silent);
            }
        }
        pushed_out
    }

    pub(super) fn prune_directory(&mut self, store_now: Timestamp, changes: &mut Effects) {
        for session in self.directory.values_mut() {
            let had = session.cross.len();
            session.cross.retain(|token| token.expires > store_now);
            if session.cross.len() < had {
                changes.store(SessionKey::Directory(session.id));
            }
        }
        let held = &mut self.account.profile.sign_ons;
        let gone = held.extract_if(.., |sign_on| sign_on.expires <= store_now);
        changes.dead_sign_ons.extend(gone.map(|sign_on| sign_on.digest));
        changes.account |= !changes.dead_sign_ons.is_empty();
    }
}

impl Effects {
    pub(super) fn bury_directory(&mut self, session: &DirectorySession) {
        self.close(SessionKey::Directory(session.id));
        self.dead_cross.extend(session.cross.iter().map(|token| token.digest));
    }
}

#[cfg(test)]
mod sign_on_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk_tests;
