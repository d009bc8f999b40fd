//! An act on a person: load what its rule needs, by keys, ask the rule, and write its effects.

use redb::ReadableTable as _;

use super::read::{account, add_session, session_key, session_key_in, user_id, user_state};
use super::schema::TxnError;
use super::timers::Timer;
use super::txn::Txn;
use crate::domain::{
    Account, AccountEffect, Command, Denied, DirectorySession, Effects, Ruling, Session, SessionIndex, SessionKey,
    Stop, Timestamp, TokenDigest, TokenKind, Totals, Unique, UserId, UserState, Wanted,
};
use crate::store::codec::{decode, encode};

/// The kinds of session in the keys of the table `first_out`.
const KINDS: [u8; 2] = [1, 2];

impl Txn<'_> {
    /// Carries out a command on a person.
    pub(super) fn command<C: Command>(
        &mut self,
        user: UserId,
        command: &C,
        now: Timestamp,
    ) -> Result<Ruling<C::Answer>, TxnError> {
        let mut wanted = command.wants();
        loop {
            let Some(mut state) = self.load(user, &wanted)? else { return Ok(Err(Denied::NoSuchUser)) };
            match command.rule(&mut state, now) {
                Ok((answer, effects)) => {
                    self.write(&state, effects)?;
                    return Ok(Ok(answer));
                }
                Err(Stop::Denied(denied)) => return Ok(Err(denied)),
                Err(Stop::LoadMore) => wanted = wanted.widen(),
            }
        }
    }

    fn load(&self, user: UserId, wanted: &Wanted) -> Result<Option<UserState>, TxnError> {
        let Wanted::Sessions { keys, first_out } = wanted else {
            return user_state(&self.tables.accounts, &self.tables.sessions, user);
        };
        let Some(account) = account(&self.tables.accounts, user)? else { return Ok(None) };
        let first_out = self.first_out(user, *first_out)?;
        let index = SessionIndex { totals: self.totals(user)?, first_out: first_out.clone() };
        let mut state = UserState::new(account, index);
        for key in keys.iter().cloned().chain(first_out) {
            if let Some(record) = self.tables.sessions.get(session_key(user, &key).as_slice())? {
                add_session(&mut state, key, record.value())?;
            }
        }
        Ok(Some(state))
    }

    /// How much a person has open.
    fn totals(&self, user: UserId) -> Result<Totals, TxnError> {
        let totals = self.tables.totals.get(user.0.as_bytes())?.map(|totals| totals.value());
        let [clients, directory, tokens] =
            totals.map_or([0; 3], <[u32; 3]>::from).map(|total| usize::try_from(total).unwrap_or(usize::MAX));
        Ok(Totals { clients, directory, tokens })
    }

    /// Of each kind so many sessions, those that go first.
    fn first_out(&self, user: UserId, count: usize) -> Result<Vec<SessionKey>, TxnError> {
        let mut keys = Vec::new();
        for kind in KINDS {
            let from = [user.0.as_bytes().as_slice(), &[kind]].concat();
            let to = [user.0.as_bytes().as_slice(), &[kind + 1]].concat();
            for entry in self.tables.first_out.range(from.as_slice()..to.as_slice())?.take(count) {
                let (key, _) = entry?;
                let session = key.value().get(from.len() + size_of::<u64>()..).unwrap_or_default();
                keys.push(session_key_in(session).map_err(TxnError::Record)?);
            }
        }
        Ok(keys)
    }

    pub(super) fn write(&mut self, state: &UserState, effects: Effects) -> Result<(), TxnError> {
        self.changed |= effects != Effects::default();
        let user = state.account.id;
        for key in &effects.removed {
            let old = self.tables.sessions.remove(session_key(user, key).as_slice())?;
            let old = old.map(|record| rank_in(key, record.value())).transpose()?;
            self.rank(user, key, old, None)?;
        }
        for key in &effects.stored {
            let new = match key {
                SessionKey::Client(client) => {
                    state.clients.get(client).map(|session| (encode(session), session.first_out()))
                }
                SessionKey::Directory(id) => {
                    state.directory.get(id).map(|session| (encode(session), session.first_out()))
                }
            };
            let Some((record, new)) = new else { continue };
            let old = self.tables.sessions.insert(session_key(user, key).as_slice(), record.as_slice())?;
            let old = old.map(|record| rank_in(key, record.value())).transpose()?;
            self.rank(user, key, old, Some(new))?;
        }
        if !(effects.removed.is_empty() && effects.stored.is_empty()) {
            self.put_totals(user, state.totals())?;
        }
        for (kind, digest) in effects.revoked {
            self.remove_token(kind, digest)?;
        }
        if let Some((digest, token)) = &effects.access {
            self.tables.access.insert(&digest.0, encode(token).as_slice())?;
        }
        for (kind, digest, owner) in &effects.issued {
            self.tables.tokens(*kind).insert(&digest.0, encode(owner).as_slice())?;
        }
        if let Some((key, look_at)) = effects.opened {
            self.set_timer(look_at, &Timer::Session(user, key))?;
        }
        self.closed.extend(effects.closed);
        self.told = effects.told;
        self.happened.extend(effects.happened);
        match effects.account {
            AccountEffect::Unchanged => Ok(()),
            AccountEffect::Stored => self.replace_account(&state.account),
            AccountEffect::Removed => self.remove_account(&state.account),
        }
    }

    /// Keeps a session's place among those that go first.
    fn rank(&mut self, user: UserId, key: &SessionKey, old: Option<u64>, new: Option<u64>) -> Result<(), TxnError> {
        let kind = KINDS[usize::from(matches!(key, SessionKey::Directory(_)))];
        let place = |rank: u64| [user.0.as_bytes().as_slice(), &[kind], &rank.to_be_bytes(), &key.to_bytes()].concat();
        if old == new {
            return Ok(());
        }
        if let Some(old) = old {
            self.tables.first_out.remove(place(old).as_slice())?;
        }
        if let Some(new) = new {
            self.tables.first_out.insert(place(new).as_slice(), ())?;
        }
        Ok(())
    }

    fn put_totals(&mut self, user: UserId, totals: Totals) -> Result<(), TxnError> {
        if totals == Totals::default() {
            self.tables.totals.remove(user.0.as_bytes())?;
        } else {
            let Totals { clients, directory, tokens } = totals;
            let [clients, directory, tokens] =
                [clients, directory, tokens].map(|total| u32::try_from(total).unwrap_or(u32::MAX));
            self.tables.totals.insert(user.0.as_bytes(), (clients, directory, tokens))?;
        }
        Ok(())
    }

    /// Removes a token.
    pub(super) fn remove_token(&mut self, kind: TokenKind, digest: TokenDigest) -> Result<(), TxnError> {
        self.changed |= self.tables.tokens(kind).remove(&digest.0)?.is_some();
        Ok(())
    }

    /// Which account has what only one may have.
    pub(super) fn owner(&self, unique: &Unique) -> Result<Option<UserId>, TxnError> {
        let owner = match unique {
            Unique::Email(email) => self.tables.emails.get(email.as_str())?,
            Unique::Subject(digest) => self.tables.subjects.get(digest)?,
            Unique::ExternalId(digest) => self.tables.external_ids.get(digest)?,
        };
        Ok(owner.map(|id| user_id(id.value())))
    }

    pub(super) fn give(&mut self, unique: &Unique, user: UserId) -> Result<(), TxnError> {
        match unique {
            Unique::Email(email) => self.tables.emails.insert(email.as_str(), user.0.as_bytes())?,
            Unique::Subject(digest) => self.tables.subjects.insert(digest, user.0.as_bytes())?,
            Unique::ExternalId(digest) => self.tables.external_ids.insert(digest, user.0.as_bytes())?,
        };
        Ok(())
    }

    fn free(&mut self, unique: &Unique) -> Result<(), TxnError> {
        match unique {
            Unique::Email(email) => self.tables.emails.remove(email.as_str())?,
            Unique::Subject(digest) => self.tables.subjects.remove(digest)?,
            Unique::ExternalId(digest) => self.tables.external_ids.remove(digest)?,
        };
        Ok(())
    }

    pub(super) fn insert_account(&mut self, account: &Account) -> Result<(), TxnError> {
        self.changed = true;
        self.give(&Unique::Email(account.email.clone()), account.id)?;
        self.tables.accounts.insert(account.id.0.as_bytes(), encode(account).as_slice())?;
        Ok(())
    }

    /// Writes an account. From then on it is found by what it has now, and no more by what it had.
    fn replace_account(&mut self, account: &Account) -> Result<(), TxnError> {
        let record = encode(account);
        let old = self.tables.accounts.insert(account.id.0.as_bytes(), record.as_slice())?;
        let old = old.map(|record| decode::<Account>(record.value())).transpose().map_err(TxnError::Record)?;
        let old: Vec<_> = old.iter().flat_map(Account::uniques).collect();
        let new: Vec<_> = account.uniques().collect();
        for unique in old.iter().filter(|unique| !new.contains(unique)) {
            self.free(unique)?;
        }
        for unique in new.iter().filter(|unique| !old.contains(unique)) {
            self.give(unique, account.id)?;
        }
        Ok(())
    }

    fn remove_account(&mut self, account: &Account) -> Result<(), TxnError> {
        self.tables.accounts.remove(account.id.0.as_bytes())?;
        account.uniques().try_for_each(|unique| self.free(&unique))
    }
}

fn rank_in(key: &SessionKey, record: &[u8]) -> Result<u64, TxnError> {
    let rank = match key {
        SessionKey::Client(_) => decode::<Session>(record).map(|session| session.first_out()),
        SessionKey::Directory(_) => decode::<DirectorySession>(record).map(|session| session.first_out()),
    };
    rank.map_err(TxnError::Record)
}
