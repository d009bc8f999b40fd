//! What an act has loaded of one person.

use std::collections::BTreeMap;
use std::mem;

use crate::domain::{
    Account, ClientKey, CloseReason, DirectorySession, Effects, Session, SessionId, SessionKey, Timestamp, TokenKind,
};

/// How many sessions of each kind a store loads when a rule must close those that go first.
const FIRST_OUT: usize = 8;

/// An account and those of its sessions that an act has loaded.
///
/// A session that was wanted and is not here is not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserState {
    /// The account.
    pub account: Account,
    /// The v2 sessions that are loaded, by client.
    pub clients: BTreeMap<ClientKey, Session>,
    /// The directory sessions that are loaded.
    pub directory: BTreeMap<SessionId, DirectorySession>,
    /// What is not loaded.
    unloaded: Totals,
    /// The loaded sessions that go first when there are too many: v2 sessions, then directory sessions, each in their order.
    first_out: Vec<SessionKey>,
}

/// What a store knows of a person's sessions without loading them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionIndex {
    /// How many there are.
    pub totals: Totals,
    /// Those that go first: as many as were wanted of v2 sessions, then of directory sessions, each in the order of
    /// [`Session::first_out`] and [`DirectorySession::first_out`]. All of these are loaded.
    pub first_out: Vec<SessionKey>,
}

/// How much one person has open. Includes what has ended and is not removed yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// v2 sessions.
    pub clients: usize,
    /// Directory sessions.
    pub directory: usize,
    /// Access, remember-me and cross tokens of all sessions.
    pub tokens: usize,
}

/// An account and one of its directory sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionWithAccount {
    /// The account.
    pub account: Account,
    /// The session.
    pub session: DirectorySession,
}

/// What a store must load for an act besides the account and the totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// These sessions, if they are open, and so many of each kind that go first.
    Sessions {
        /// By their keys.
        keys: Vec<SessionKey>,
        /// How many v2 sessions, and how many directory sessions, that go first.
        first_out: usize,
    },
    /// Every session.
    Everything,
}

impl Wanted {
    /// No session.
    pub const NOTHING: Self = Self::Sessions { keys: Vec::new(), first_out: 0 };

    /// These sessions.
    #[must_use]
    pub fn sessions(keys: impl IntoIterator<Item = SessionKey>) -> Self {
        Self::Sessions { keys: keys.into_iter().collect(), first_out: 0 }
    }

    /// What to load after [`Stop::LoadMore`](super::Stop::LoadMore): first the sessions that go first, then everything.
    #[must_use]
    pub fn widen(self) -> Self {
        match self {
            Self::Sessions { keys, first_out: 0 } => Self::Sessions { keys, first_out: FIRST_OUT },
            Self::Sessions { .. } | Self::Everything => Self::Everything,
        }
    }
}

impl UserState {
    /// An account none of whose sessions is loaded yet. [`Self::load_client`] or [`Self::load_directory`] follows for each
    /// that is wanted, and [`Self::complete`] if that is [everything](Wanted::Everything).
    #[must_use]
    pub fn new(account: Account, index: SessionIndex) -> Self {
        let SessionIndex { totals, first_out } = index;
        Self { account, clients: BTreeMap::new(), directory: BTreeMap::new(), unloaded: totals, first_out }
    }

    /// Adds a v2 session as the store has it. A second time changes nothing.
    pub fn load_client(&mut self, client: ClientKey, session: Session) {
        let tokens = session.tokens();
        if self.clients.insert(client, session).is_none() {
            self.unloaded.clients = self.unloaded.clients.saturating_sub(1);
            self.unloaded.tokens = self.unloaded.tokens.saturating_sub(tokens);
        }
    }

    /// Adds a directory session as the store has it. A second time changes nothing.
    pub fn load_directory(&mut self, session: DirectorySession) {
        let tokens = session.cross.len();
        if self.directory.insert(session.id, session).is_none() {
            self.unloaded.directory = self.unloaded.directory.saturating_sub(1);
            self.unloaded.tokens = self.unloaded.tokens.saturating_sub(tokens);
        }
    }

    /// The same, where every session that there is has been loaded.
    #[must_use]
    pub fn complete(mut self) -> Self {
        let mut of_clients: Vec<_> =
            self.clients.iter().map(|(client, session)| (session.first_out(), client)).collect();
        let mut of_directory: Vec<_> =
            self.directory.values().map(|session| (session.first_out(), session.id)).collect();
        of_clients.sort_unstable();
        of_directory.sort_unstable();
        let of_clients = of_clients.into_iter().map(|(_, client)| SessionKey::Client(client.clone()));
        self.first_out = of_clients.chain(of_directory.into_iter().map(|(_, id)| SessionKey::Directory(id))).collect();
        self.unloaded = Totals::default();
        self
    }

    /// How much the person has open: before a rule what the store said, after it what the store must say.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let of_clients: usize = self.clients.values().map(Session::tokens).sum();
        let of_directory: usize = self.directory.values().map(|session| session.cross.len()).sum();
        Totals {
            clients: self.unloaded.clients + self.clients.len(),
            directory: self.unloaded.directory + self.directory.len(),
            tokens: self.unloaded.tokens + of_clients + of_directory,
        }
    }

    /// Whether this session is open, if it was loaded.
    #[must_use]
    pub fn has(&self, key: &SessionKey) -> bool {
        match key {
            SessionKey::Client(client) => self.clients.contains_key(client),
            SessionKey::Directory(id) => self.directory.contains_key(id),
        }
    }

    /// What is open at `now`: without what has ended and is not removed yet.
    #[must_use]
    pub fn open_at(mut self, now: Timestamp) -> Self {
        self.prune(now, &mut Effects::default());
        self.directory.retain(|_, session| session.overdue(now).is_none());
        self
    }

    /// The first of the sessions that go first for which `matches`, and which is still open.
    pub(super) fn next_out(&mut self, matches: impl Fn(&SessionKey) -> bool) -> Option<SessionKey> {
        let place = self.first_out.iter().position(|key| matches(key) && self.has(key))?;
        Some(self.first_out.remove(place))
    }

    /// Whether there are sessions that are not loaded.
    pub(super) const fn is_partial(&self) -> bool {
        self.unloaded.clients + self.unloaded.directory > 0
    }

    /// Closes a session: every token of it ends. False if it is not open.
    pub(super) fn close(&mut self, key: &SessionKey, why: CloseReason, effects: &mut Effects) -> bool {
        let (id, cross) = match key {
            SessionKey::Client(client) => {
                let Some(session) = self.clients.remove(client) else { return false };
                effects.revoke(TokenKind::Access, session.access.iter().map(|token| token.digest));
                effects.revoke(TokenKind::RememberMe, session.remember_me.iter().map(|token| token.digest));
                (session.id, session.cross)
            }
            SessionKey::Directory(id) => match self.directory.remove(id) {
                Some(session) => (*id, session.cross),
                None => return false,
            },
        };
        effects.revoke(TokenKind::Cross, cross.iter().map(|token| token.digest));
        effects.close(key.clone(), id, self.account.id, why);
        true
    }

    /// Closes every session, ends single sign-on, and raises the generation, so that no login proven before takes effect
    /// after.
    pub(super) fn close_all(&mut self, why: CloseReason, store_now: Timestamp, effects: &mut Effects) {
        self.account.generation = self.account.generation.wrapping_add(1);
        self.account.not_before = store_now;
        let clients: Vec<_> = self.clients.keys().cloned().map(SessionKey::Client).collect();
        let directory: Vec<_> = self.directory.keys().copied().map(SessionKey::Directory).collect();
        for key in clients.iter().chain(&directory) {
            self.close(key, why, effects);
        }
        self.sign_off(effects);
    }

    /// Ends single sign-on in every browser.
    pub(super) fn sign_off(&mut self, effects: &mut Effects) {
        let gone = mem::take(&mut self.account.profile.sign_ons);
        effects.revoke(TokenKind::SignOn, gone.iter().map(|sign_on| sign_on.digest));
        effects.change_account();
    }

    /// Removes what has ended by the store's clock of what is loaded, and closes v2 sessions that have no token left.
    /// Directory sessions past their deadline stay: [`Expire`](super::Expire) closes them.
    pub(super) fn prune(&mut self, store_now: Timestamp, effects: &mut Effects) {
        let mut over = Vec::new();
        for (client, session) in &mut self.clients {
            let had = session.tokens();
            session.access.retain(|token| token.expires > store_now);
            session.remember_me.retain(|token| token.expires > store_now);
            session.cross.retain(|token| token.expires > store_now);
            if session.tokens() == 0 {
                over.push(SessionKey::Client(client.clone()));
            } else if session.tokens() < had {
                effects.store(SessionKey::Client(client.clone()));
            }
        }
        for key in over {
            self.close(&key, CloseReason::EndOfLife, effects);
        }
        for session in self.directory.values_mut() {
            let had = session.cross.len();
            session.cross.retain(|token| token.expires > store_now);
            if session.cross.len() < had {
                effects.store(SessionKey::Directory(session.id));
            }
        }
        let gone = self.account.profile.sign_ons.extract_if(.., |sign_on| sign_on.expires <= store_now);
        let gone: Vec<_> = gone.map(|sign_on| sign_on.digest).collect();
        if !gone.is_empty() {
            effects.revoke(TokenKind::SignOn, gone);
            effects.change_account();
        }
    }
}
