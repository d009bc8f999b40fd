//! A person in a store that loads no more than a rule wants, does what the effects say, and nothing else. All rules are
//! tested on it, so each is tested on a part of the state.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::domain::{
    Account, AccountEffect, ClientKey, CloseReason, DirectorySession, Email, Limits, PasswordHash, Profile, Session,
    SessionId, SessionIndex, SessionKey, TokenDigest, TokenKind, TokenOwner, Totals, UserId,
};

mod app_passwords;
mod directory;
mod loaded;
mod partial;
mod second_factor;
mod sign_on;
mod v2;
mod walks;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
const START: Duration = Duration::ZERO;

const LIMITS: Limits = Limits {
    tokens_per_client: 3,
    remember_me_per_client: 2,
    sessions_per_user: 3,
    directory_sessions_per_user: 3,
    cross_tokens_per_session: 2,
    tokens_per_user: 100,
    login_age: Duration::from_secs(90 * 86_400),
};

fn at(since_start: Duration) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus(since_start)
}

fn token(number: u8) -> TokenDigest {
    TokenDigest([number; 16])
}

/// What a store has of a person.
#[derive(Clone, Debug)]
struct Person {
    account: Account,
    clients: BTreeMap<ClientKey, Session>,
    directory: BTreeMap<SessionId, DirectorySession>,
    totals: Totals,
    /// How many sessions the last command has loaded, at its last try.
    loaded: usize,
}

/// But for what the last command has loaded.
impl PartialEq for Person {
    fn eq(&self, other: &Self) -> bool {
        (&self.account, &self.clients, &self.directory, self.totals)
            == (&other.account, &other.clients, &other.directory, other.totals)
    }
}

impl Person {
    /// Somebody of generation 4 who has no session.
    fn new() -> Self {
        let account = Account {
            password: PasswordHash::new("$old"),
            ..Account::new(UserId(Uuid::from_u128(1)), Email::new("a@b").expect("an address"), 4, at(START))
        };
        Self { account, clients: BTreeMap::new(), directory: BTreeMap::new(), totals: Totals::default(), loaded: 0 }
    }

    /// What a store loads that has to load all.
    fn whole(&self) -> UserState {
        let mut state = UserState::new(self.account.clone(), SessionIndex::default());
        for (client, session) in self.clients.clone() {
            state.load_client(client, session);
        }
        for session in self.directory.values().cloned() {
            state.load_directory(session);
        }
        state.complete()
    }

    /// Those that go first of each kind.
    fn first_out(&self, count: usize) -> Vec<SessionKey> {
        let mut clients: Vec<_> = self.clients.iter().map(|(client, session)| (session.first_out(), client)).collect();
        let mut directory: Vec<_> = self.directory.values().map(|session| (session.first_out(), session.id)).collect();
        clients.sort_unstable();
        directory.sort_unstable();
        let clients = clients.into_iter().take(count).map(|(_, client)| SessionKey::Client(client.clone()));
        clients.chain(directory.into_iter().take(count).map(|(_, id)| SessionKey::Directory(id))).collect()
    }

    fn load(&self, wanted: &Wanted) -> UserState {
        let Wanted::Sessions { keys, first_out } = wanted else { return self.whole() };
        let first_out = self.first_out(*first_out);
        let index = SessionIndex { totals: self.totals, first_out: first_out.clone() };
        let mut state = UserState::new(self.account.clone(), index);
        for key in keys.iter().cloned().chain(first_out) {
            match key {
                SessionKey::Client(client) => {
                    if let Some(session) = self.clients.get(&client).cloned() {
                        state.load_client(client, session);
                    }
                }
                SessionKey::Directory(id) => {
                    if let Some(session) = self.directory.get(&id).cloned() {
                        state.load_directory(session);
                    }
                }
            }
        }
        assert_eq!(state.totals(), self.totals, "loading changes nothing");
        state
    }

    /// Does what is asked, as every store does.
    fn act<C: Command>(&mut self, command: &C, store_now: Timestamp) -> Ruling<(C::Answer, Effects)> {
        let mut wanted = command.wants();
        loop {
            let mut state = self.load(&wanted);
            self.loaded = state.clients.len() + state.directory.len();
            match command.rule(&mut state, store_now) {
                Ok((answer, effects)) => {
                    self.commit(&state, &effects);
                    return Ok((answer, effects));
                }
                Err(Stop::Denied(denied)) => {
                    assert_eq!(state, self.load(&wanted), "what is denied has changed nothing");
                    return Err(denied);
                }
                Err(Stop::LoadMore) => {
                    assert_ne!(wanted, Wanted::Everything, "there is no more");
                    wanted = wanted.widen();
                }
            }
        }
    }

    /// The same in a store that always loads all.
    fn act_on_everything<C: Command>(&mut self, command: &C, store_now: Timestamp) -> Ruling<C::Answer> {
        let mut state = self.whole();
        match command.rule(&mut state, store_now) {
            Ok((answer, effects)) => {
                self.commit(&state, &effects);
                Ok(answer)
            }
            Err(Stop::Denied(denied)) => Err(denied),
            Err(Stop::LoadMore) => panic!("there is no more"),
        }
    }

    fn commit(&mut self, state: &UserState, effects: &Effects) {
        if effects.account != AccountEffect::Unchanged {
            self.account = state.account.clone();
        }
        for key in &effects.removed {
            match key {
                SessionKey::Client(client) => drop(self.clients.remove(client)),
                SessionKey::Directory(id) => drop(self.directory.remove(id)),
            }
        }
        for key in &effects.stored {
            match key {
                SessionKey::Client(client) => drop(self.clients.insert(client.clone(), state.clients[client].clone())),
                SessionKey::Directory(id) => drop(self.directory.insert(*id, state.directory[id].clone())),
            }
        }
        assert_eq!(self.account, state.account, "no change without an effect");
        assert!(state.clients.iter().all(|(client, session)| self.clients.get(client) == Some(session)));
        assert!(state.directory.iter().all(|(id, session)| self.directory.get(id) == Some(session)));
        self.totals = state.totals();
        assert_eq!(self.totals, self.whole().totals(), "the index says what there is");
    }

    /// Does what must count.
    fn done<C: Command>(&mut self, command: &C, when: Duration) -> (C::Answer, Effects) {
        self.act(command, at(when)).expect("it counts")
    }

    /// That something is denied, and so has changed nothing.
    fn denies<C: Command<Answer: std::fmt::Debug>>(&mut self, command: &C, when: Duration, why: Denied) {
        let before = self.clone();
        assert_eq!(self.act(command, at(when)).map(drop), Err(why));
        assert_eq!(*self, before);
    }
}

impl Effects {
    /// Why each of the sessions is closed.
    fn reasons(&self) -> Vec<CloseReason> {
        self.closed.iter().map(|closed| closed.why).collect()
    }

    /// What is revoked of a kind.
    fn revoked(&self, kind: TokenKind) -> Vec<TokenDigest> {
        self.revoked.iter().filter(|(of, _)| *of == kind).map(|(_, digest)| *digest).collect()
    }

    /// Where the token of a kind is found that was issued.
    fn issued(&self, kind: TokenKind) -> Option<(TokenDigest, TokenOwner)> {
        self.issued.iter().find(|(of, ..)| *of == kind).map(|(_, digest, owner)| (*digest, owner.clone()))
    }
}
