//! The rules of sessions and tokens: plain functions on what one user has.
//!
//! A store loads a user's [`UserState`], applies one function, and makes the [`Effects`] it returns take effect all
//! or none, with nobody else's change to the same user in between. So every store has the same rules, and a rule is
//! tested without a store. What a function here refuses, it has not changed.
//!
//! Two clocks: `act.now` is the server's, by which a token is judged; `store_now` is the store's, by which what has
//! ended is removed. The server's follows the store's and is at most a moment behind or ahead of it.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::v2::{AccessHandle, CrossHandle, RememberMeHandle};
use crate::domain::{
    AccessToken, Account, AccountChange, AuthMethod, ClientInfo, ClientKey, CrossGrant, CrossParent, DirectorySession,
    Grant, Issue, Issued, Limits, MintCross, Minted, Session, SessionId, SessionKey, Timestamp, TokenDigest, UserId,
};

mod directory;
mod profile;

pub use directory::SessionWithAccount;

/// An account and its open sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserState {
    /// The account.
    pub account: Account,
    /// Its open v2 sessions by client, at most [`Limits::sessions_per_user`].
    pub sessions: BTreeMap<ClientKey, Session>,
    /// Its open directory sessions, at most [`Limits::directory_sessions_per_user`].
    pub directory: BTreeMap<SessionId, DirectorySession>,
}

/// What a store must make true, all or none, besides storing the sessions it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The account differs.
    pub account: bool,
    /// These sessions are new or differ.
    pub stored: BTreeSet<SessionKey>,
    /// These sessions are closed.
    pub closed: BTreeSet<SessionKey>,
    /// Access tokens that must never again be accepted.
    pub dead_access: Vec<TokenDigest>,
    /// Remember-me tokens that are gone.
    pub dead_remember_me: Vec<TokenDigest>,
    /// Cross tokens that are gone.
    pub dead_cross: Vec<TokenDigest>,
    /// Browsers no longer signed on.
    pub dead_sign_ons: Vec<TokenDigest>,
    /// The access token issued.
    pub access: Option<(TokenDigest, AccessToken)>,
    /// The remember-me token issued: where to find it, and until when.
    pub remember_me: Option<(TokenDigest, TokenOwner)>,
    /// The cross token minted: where to find it, and until when.
    pub cross: Option<(TokenDigest, TokenOwner)>,
    /// The browser signed on: where to find it, and until when.
    pub sign_on: Option<(TokenDigest, TokenOwner)>,
    /// The directory session opened, and its first deadline.
    pub opened: Option<(SessionId, Timestamp)>,
}

/// Where a remember-me or cross token hangs, or a signed-on browser. What is there decides about it when it is used;
/// this only finds it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TokenOwner {
    /// Whose it is.
    #[n(0)]
    pub user: UserId,
    /// The session it hangs on; `None`: on the user.
    #[n(1)]
    pub session: Option<SessionKey>,
    /// From this instant on it need not be found any more.
    #[n(2)]
    pub expires: Timestamp,
}

/// What a login inherits from what entitles it.
struct Entitlement {
    how: AuthMethod,
    /// When the person last proved who they are.
    proven: Timestamp,
    /// As [`AccessToken::not_after`].
    not_after: Option<Timestamp>,
}

impl UserState {
    /// Those of a user who has no session.
    #[must_use]
    pub const fn of(account: Account) -> Self {
        Self { account, sessions: BTreeMap::new(), directory: BTreeMap::new() }
    }

    /// Logs in: opens the session of (user, client) or finds it open, and hangs the new tokens on it.
    ///
    /// `None`, and nothing changed, if the grant does not count: a proof of an earlier generation, a disabled
    /// user, a remember-me token of another client, anything expired, spent or closed.
    pub fn issue(&mut self, act: &Issue, store_now: Timestamp) -> Option<(Issued, Effects)> {
        let Entitlement { how, proven, not_after } = self.entitlement(act)?;
        let oldest = proven.plus(act.limits.login_age).min(not_after.unwrap_or(Timestamp::MAX));
        let remember_me = act.remember_me.map(|(digest, lifetime)| (digest, act.now.plus(lifetime).min(oldest)));
        let not_after = remember_me.map(|(_, expires)| expires).or(not_after);
        let access_expires = act.now.plus(act.access.1).min(not_after.unwrap_or(oldest)).min(oldest);
        if access_expires <= act.now {
            return None;
        }
        let mut changes = Effects::default();
        if let Grant::Cross(grant) = &act.grant {
            self.spend(grant, &mut changes);
        }
        self.prune(store_now, &mut changes);
        if let Some(network) = act.network {
            changes.account |= self.account.note_network(network, act.now);
        }

        let user = self.account.id;
        let session = self.open_or_find(act, how, proven);
        session.access.push(AccessHandle { digest: act.access.0, expires: access_expires });
        session.live_until(access_expires);
        let mut remember_me_expires = None;
        if let Some((digest, expires)) = remember_me {
            session.remember_me.push(RememberMeHandle { digest, expires, proven });
            session.live_until(expires);
            remember_me_expires = Some(expires);
            let session = Some(SessionKey::Client(act.client.clone()));
            changes.remember_me = Some((digest, TokenOwner { user, session, expires }));
        }
        let session_id = session.id;
        session.push_out(&act.limits, &mut changes);
        changes.store(SessionKey::Client(act.client.clone()));
        changes.access = Some((
            act.access.0,
            AccessToken {
                user,
                client: act.client.clone(),
                server_made: act.server_made,
                expires: access_expires,
                proven,
                not_after,
                team: act.team.clone(),
                project: act.project.clone(),
            },
        ));
        let mut pushed_out = self.push_out_sessions(act, &mut changes);
        pushed_out.extend(self.push_out_access(act.access.0, &mut changes));
        let email = self.account.email.clone();
        Some((Issued { email, session: session_id, access_expires, remember_me_expires, pushed_out }, changes))
    }

    /// Mints a cross token. `None`, and nothing changed, if what it comes from is no longer part of an open session.
    pub fn mint_cross(&mut self, act: &MintCross, store_now: Timestamp) -> Option<(Minted, Effects)> {
        if !self.account.enabled {
            return None;
        }
        let (key, parent, proven, not_after) = match &act.parent {
            CrossParent::Access { token, client, proven, not_after } => {
                let held = &self.sessions.get(client)?.access;
                held.iter().find(|held| held.digest == *token)?;
                (SessionKey::Client(client.clone()), Some(*token), *proven, *not_after)
            }
            CrossParent::Directory(id) => {
                let session = self.directory.get(id).filter(|session| session.overdue(act.now).is_none())?;
                (SessionKey::Directory(*id), None, session.authenticated, None)
            }
        };
        let oldest = proven.plus(act.limits.login_age).min(not_after.unwrap_or(Timestamp::MAX));
        let expires = act.now.plus(act.cross.1).min(oldest);
        if expires <= act.now {
            return None;
        }
        let mut changes = Effects::default();
        self.prune(store_now, &mut changes);
        let digest = act.cross.0;
        if let SessionKey::Client(client) = &key {
            self.sessions.get_mut(client)?.live_until(expires);
        }
        let held = self.cross_mut(&key)?;
        held.push(CrossHandle { digest, expires, proven, not_after, parent });
        let surplus = held.len().saturating_sub(act.limits.cross_tokens_per_session.max(1));
        changes.dead_cross.extend(held.drain(..surplus).map(|token| token.digest));
        changes.cross = Some((digest, TokenOwner { user: self.account.id, session: Some(key.clone()), expires }));
        changes.store(key);
        self.push_out_cross(digest, &mut changes);
        Some((Minted { expires }, changes))
    }

    /// Revokes an access token and the cross tokens it minted; closes its session if that was its last token.
    pub fn revoke(&mut self, client: &ClientKey, token: TokenDigest, store_now: Timestamp) -> Effects {
        let mut changes = Effects { dead_access: vec![token], ..Effects::default() };
        if let Some(session) = self.sessions.get_mut(client) {
            let had = session.access.len();
            session.access.retain(|held| held.digest != token);
            if session.access.len() < had {
                session.drop_minted_by(token, &mut changes);
                changes.store(SessionKey::Client(client.clone()));
            }
        }
        self.prune(store_now, &mut changes);
        changes
    }

    /// Closes the session of a client: every token of it ends.
    pub fn close(&mut self, client: &ClientKey) -> Effects {
        let mut changes = Effects::default();
        if let Some(session) = self.sessions.remove(client) {
            changes.bury(client, &session);
        }
        changes
    }

    /// Ends every session, single sign-on included, and raises the generation, so that no login proven before takes effect after.
    pub fn close_all(&mut self) -> Effects {
        self.account.generation = self.account.generation.wrapping_add(1);
        let mut changes = Effects { account: true, ..Effects::default() };
        for (client, session) in std::mem::take(&mut self.sessions) {
            changes.bury(&client, &session);
        }
        for session in std::mem::take(&mut self.directory).into_values() {
            changes.bury_directory(&session);
        }
        self.sign_off(&mut changes);
        changes
    }

    /// Changes the account. `None`, and nothing changed, where [`AccountChange`] says that it does not apply.
    pub fn change(&mut self, change: &AccountChange) -> Option<Effects> {
        match change {
            AccountChange::Password(hash) => {
                self.account.password = Some(hash.clone());
                Some(self.close_all())
            }
            AccountChange::Disable => {
                self.account.enabled = false;
                Some(self.close_all())
            }
            AccountChange::LogOutEverywhere => Some(self.close_all()),
            AccountChange::DistrustProofs => {
                self.account.generation = self.account.generation.wrapping_add(1);
                Some(Effects { account: true, ..Effects::default() })
            }
            AccountChange::Enable => {
                self.account.enabled = true;
                Some(Effects { account: true, ..Effects::default() })
            }
            AccountChange::Rehash { from, to } => (self.account.password.as_ref() == Some(from)).then(|| {
                self.account.password = Some(to.clone());
                Effects { account: true, ..Effects::default() }
            }),
            other => self.change_profile(other),
        }
    }

    /// Removes what has ended by the store's clock, and closes sessions that have no token left.
    pub fn prune(&mut self, store_now: Timestamp, changes: &mut Effects) {
        let clients: Vec<_> = self.sessions.keys().cloned().collect();
        for client in clients {
            let Some(session) = self.sessions.get_mut(&client) else { continue };
            let had = session.access.len() + session.remember_me.len() + session.cross.len();
            session.access.retain(|token| token.expires > store_now);
            session.remember_me.retain(|token| token.expires > store_now);
            session.cross.retain(|token| token.expires > store_now);
            if session.is_empty() {
                self.sessions.remove(&client);
                changes.close(SessionKey::Client(client));
            } else if session.access.len() + session.remember_me.len() + session.cross.len() < had {
                changes.store(SessionKey::Client(client));
            }
        }
        self.prune_directory(store_now, changes);
    }

    /// What the grant carries along, if it counts.
    fn entitlement(&self, act: &Issue) -> Option<Entitlement> {
        if !self.account.enabled {
            return None;
        }
        match &act.grant {
            Grant::Proof { generation, proven } => {
                let entitlement = Entitlement { how: AuthMethod::Password, proven: *proven, not_after: None };
                (*generation == self.account.generation).then_some(entitlement)
            }
            Grant::RememberMe(digest) => {
                let held = &self.sessions.get(&act.client)?.remember_me;
                let token = held.iter().find(|token| token.digest == *digest && token.expires > act.now)?;
                Some(Entitlement { how: AuthMethod::RememberMe, proven: token.proven, not_after: Some(token.expires) })
            }
            Grant::Cross(grant) => {
                let held = match &grant.minted_by {
                    SessionKey::Client(client) => &self.sessions.get(client)?.cross,
                    SessionKey::Directory(id) => {
                        &self.directory.get(id).filter(|session| session.overdue(act.now).is_none())?.cross
                    }
                };
                let token = held.iter().find(|token| token.digest == grant.digest && token.expires > act.now)?;
                Some(Entitlement { how: AuthMethod::Cross, proven: token.proven, not_after: token.not_after })
            }
        }
    }

    fn spend(&mut self, grant: &CrossGrant, changes: &mut Effects) {
        if let Some(held) = self.cross_mut(&grant.minted_by) {
            held.retain(|token| token.digest != grant.digest);
            changes.dead_cross.push(grant.digest);
            changes.store(grant.minted_by.clone());
        }
    }

    fn cross_mut(&mut self, key: &SessionKey) -> Option<&mut Vec<CrossHandle>> {
        match key {
            SessionKey::Client(client) => self.sessions.get_mut(client).map(|session| &mut session.cross),
            SessionKey::Directory(id) => self.directory.get_mut(id).map(|session| &mut session.cross),
        }
    }

    fn open_or_find(&mut self, act: &Issue, how: AuthMethod, proven: Timestamp) -> &mut Session {
        let session = self.sessions.entry(act.client.clone()).or_insert_with(|| Session {
            id: act.session,
            server_made: act.server_made,
            how,
            opened: act.now,
            authenticated: proven,
            last_contact: act.now,
            ends: act.now,
            contact: ClientInfo::default(),
            access: Vec::new(),
            remember_me: Vec::new(),
            cross: Vec::new(),
        });
        session.server_made &= act.server_made;
        session.how = how;
        session.authenticated = session.authenticated.max(proven);
        session.last_contact = session.last_contact.max(act.now);
        session.contact = act.contact.clone();
        session
    }

    fn push_out_sessions(&mut self, act: &Issue, changes: &mut Effects) -> Vec<SessionId> {
        let mut pushed_out = Vec::new();
        while self.sessions.len() > act.limits.sessions_per_user {
            let others = self.sessions.iter().filter(|(client, _)| **client != act.client);
            let oldest = others.min_by_key(|(_, session)| (!session.server_made, session.last_contact));
            let Some(client) = oldest.map(|(client, _)| client.clone()) else { break };
            if let Some(session) = self.sessions.remove(&client) {
                changes.bury(&client, &session);
                pushed_out.push(session.id);
            }
        }
        pushed_out
    }
}

impl UserState {
    /// Pushes out access tokens beyond [`Limits::TOKENS_PER_USER`], but never the new one. Returns the sessions that this
    /// has closed.
    fn push_out_access(&mut self, new: TokenDigest, changes: &mut Effects) -> Vec<SessionId> {
        let all = self.sessions.iter().flat_map(|(client, session)| {
            session.access.iter().map(move |token| (token.expires, token.digest, client))
        });
        let mut closed = Vec::new();
        for (digest, client) in surplus_tokens(all, new) {
            let Some(session) = self.sessions.get_mut(&client) else { continue };
            session.access.retain(|token| token.digest != digest);
            changes.dead_access.push(digest);
            session.drop_minted_by(digest, changes);
            if session.is_empty() {
                closed.push(session.id);
                self.sessions.remove(&client);
                changes.close(SessionKey::Client(client));
            } else {
                changes.store(SessionKey::Client(client));
            }
        }
        closed
    }

    /// As [`Self::push_out_access`], cross tokens.
    fn push_out_cross(&mut self, new: TokenDigest, changes: &mut Effects) {
        let of_clients = self.sessions.iter().map(|(key, session)| (SessionKey::Client(key.clone()), &session.cross));
        let of_directory = self.directory.iter().map(|(id, session)| (SessionKey::Directory(*id), &session.cross));
        let held: Vec<_> = of_clients.chain(of_directory).collect();
        let all =
            held.iter().flat_map(|(key, cross)| cross.iter().map(move |token| (token.expires, token.digest, key)));
        for (digest, key) in surplus_tokens(all, new) {
            if let Some(cross) = self.cross_mut(&key) {
                cross.retain(|token| token.digest != digest);
                changes.dead_cross.push(digest);
                changes.store(key);
            }
        }
    }
}

/// Of all tokens of a kind those beyond [`Limits::TOKENS_PER_USER`] that end first, and where each hangs.
fn surplus_tokens<'a, K: Clone + 'a>(
    all: impl Iterator<Item = (Timestamp, TokenDigest, &'a K)>,
    new: TokenDigest,
) -> Vec<(TokenDigest, K)> {
    let mut others: Vec<_> = all.filter(|(_, digest, _)| *digest != new).collect();
    let surplus = (others.len() + 1).saturating_sub(Limits::TOKENS_PER_USER);
    others.sort_unstable_by_key(|(expires, ..)| *expires);
    others.into_iter().take(surplus).map(|(_, digest, key)| (digest, key.clone())).collect()
}

impl Session {
    /// Pushes out the oldest tokens beyond the limits.
    fn push_out(&mut self, limits: &Limits, changes: &mut Effects) {
        let surplus = |held: usize, limit: usize| held.saturating_sub(limit.max(1));
        let access: Vec<_> = self.access.drain(..surplus(self.access.len(), limits.tokens_per_client)).collect();
        for token in access {
            changes.dead_access.push(token.digest);
            self.drop_minted_by(token.digest, changes);
        }
        let remember_me = surplus(self.remember_me.len(), limits.remember_me_per_client);
        changes.dead_remember_me.extend(self.remember_me.drain(..remember_me).map(|token| token.digest));
    }

    fn drop_minted_by(&mut self, parent: TokenDigest, changes: &mut Effects) {
        changes
            .dead_cross
            .extend(self.cross.extract_if(.., |token| token.parent == Some(parent)).map(|token| token.digest));
    }
}

impl Effects {
    fn store(&mut self, key: SessionKey) {
        self.closed.remove(&key);
        self.stored.insert(key);
    }

    fn close(&mut self, key: SessionKey) {
        self.stored.remove(&key);
        self.closed.insert(key);
    }

    fn bury(&mut self, client: &ClientKey, session: &Session) {
        self.close(SessionKey::Client(client.clone()));
        self.dead_access.extend(session.access.iter().map(|token| token.digest));
        self.dead_remember_me.extend(session.remember_me.iter().map(|token| token.digest));
        self.dead_cross.extend(session.cross.iter().map(|token| token.digest));
    }
}

#[cfg(test)]
mod tests;
