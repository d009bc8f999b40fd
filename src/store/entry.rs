//! What a backup is made of: the records that every store keeps, in one form.

use minicbor::{Decode, Encode};

use crate::domain::{
    AccessToken, Account, Borrow, ClientKey, DirectorySession, GroupDirectory, KeyRing, ProviderSession, Session,
    SessionIndex, SessionKey, TakenOver, Timestamp, TokenDigest, TokenKind, TokenOwner, UserId, UserState,
};

/// One record of a backup. What is not here is left out on purpose: logins under way and what remains of those that are
/// over, native clients that wait, throttle buckets and marks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Entry {
    /// A person with all that is open. Takes the place of an earlier entry of the same person.
    #[n(0)]
    Person(#[n(0)] Box<Person>),
    /// The person of an earlier entry is no more.
    #[n(1)]
    Gone(#[n(0)] UserId),
    /// What a token of the old service stands for.
    #[n(2)]
    TakenOver(#[n(0)] TokenDigest, #[n(1)] TakenOver),
    /// Whose session at the identity provider it is.
    #[n(3)]
    ProviderSession(#[n(0)] ProviderSession, #[n(1)] TokenOwner),
    /// A licence that is out.
    #[n(4)]
    License(#[n(0)] Borrow),
    /// A registered redirect URL.
    #[n(5)]
    RedirectUrl(#[n(0)] Box<str>),
    /// The groups of a provisioning client.
    #[n(6)]
    Groups(#[n(0)] GroupDirectory),
    /// The keys that sign bearers, sealed.
    #[n(7)]
    KeyRing(#[n(0)] KeyRing),
    /// Until when the old service is asked.
    #[n(8)]
    UpstreamUntil(#[n(0)] Timestamp),
}

impl Entry {
    /// Whom the entry is about, if it is about one person's account.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Person(person) => Some(person.account.id),
            Self::Gone(user) => Some(*user),
            _ => None,
        }
    }
}

/// A person as they are at one instant. Remember-me and cross tokens are in the sessions, signed-on browsers in the
/// account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Person {
    /// The account.
    #[n(0)]
    pub account: Account,
    /// The v2 sessions, by client.
    #[n(1)]
    pub clients: Vec<(ClientKey, Session)>,
    /// The directory sessions.
    #[n(2)]
    pub directory: Vec<DirectorySession>,
    /// The records of the access tokens.
    #[n(3)]
    pub access: Vec<(TokenDigest, AccessToken)>,
}

impl Person {
    /// Of what is loaded of a person, with the access tokens of the sessions.
    #[must_use]
    pub fn new(state: UserState, access: Vec<(TokenDigest, AccessToken)>) -> Self {
        let UserState { account, clients, directory, .. } = state;
        Self { account, clients: clients.into_iter().collect(), directory: directory.into_values().collect(), access }
    }

    /// The account and every session, as acts work on them.
    #[must_use]
    pub fn state(&self) -> UserState {
        let mut state = UserState::new(self.account.clone(), SessionIndex::default());
        for (client, session) in &self.clients {
            state.load_client(client.clone(), session.clone());
        }
        for session in &self.directory {
            state.load_directory(session.clone());
        }
        state.complete()
    }

    /// The person without what has ended by `now`.
    #[must_use]
    pub fn open_at(self, now: Timestamp) -> Self {
        let state = self.state().open_at(now);
        let held = |digest: &TokenDigest| {
            state.clients.values().any(|session| session.access.iter().any(|token| token.digest == *digest))
        };
        let access = self.access.into_iter().filter(|(digest, _)| held(digest)).collect();
        Self::new(state, access)
    }

    /// The person with nothing open, see [`Account::without_sessions`].
    #[must_use]
    pub fn without_sessions(self, now: Timestamp) -> Self {
        let account = self.account.without_sessions(now);
        Self { account, clients: Vec::new(), directory: Vec::new(), access: Vec::new() }
    }

    /// The keys of the sessions.
    pub fn sessions(&self) -> impl Iterator<Item = SessionKey> {
        let clients = self.clients.iter().map(|(client, _)| SessionKey::Client(client.clone()));
        clients.chain(self.directory.iter().map(|session| SessionKey::Directory(session.id)))
    }

    /// Where to find each remember-me and cross token and each signed-on browser.
    pub fn owners(&self) -> impl Iterator<Item = (TokenKind, TokenDigest, TokenOwner)> {
        let user = self.account.id;
        let of_session = move |kind, session: &SessionKey, digest, expires| {
            (kind, digest, TokenOwner { user, session: Some(session.clone()), expires })
        };
        let clients = self.clients.iter().flat_map(move |(client, session)| {
            let key = SessionKey::Client(client.clone());
            let remember_me =
                session.remember_me.iter().map(|token| (TokenKind::RememberMe, token.digest, token.expires));
            let cross = session.cross.iter().map(|token| (TokenKind::Cross, token.digest, token.expires));
            remember_me.chain(cross).map(move |(kind, digest, expires)| of_session(kind, &key, digest, expires))
        });
        let directory = self.directory.iter().flat_map(move |session| {
            let key = SessionKey::Directory(session.id);
            session.cross.iter().map(move |token| of_session(TokenKind::Cross, &key, token.digest, token.expires))
        });
        let sign_ons = self.account.profile.sign_ons.iter().map(move |sign_on| {
            let owner = TokenOwner { user, session: None, expires: sign_on.expires };
            (TokenKind::SignOn, sign_on.digest, owner)
        });
        clients.chain(directory).chain(sign_ons)
    }
}
