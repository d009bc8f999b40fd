//! What an act of the writer works on: the tables, open for writing, and a user's holdings in them.

use redb::{ReadableTable as _, Table, WriteTransaction};

use super::directory_tables::DirectoryTables;
use super::tables::{
    ACCESS, ACCOUNTS, Bytes, CROSS, EMAILS, Id, REMEMBER_ME, SESSIONS, TxnError, holdings, session_key, user_id,
};
use super::timers::Timer;
use crate::domain::{Account, Effects, Email, SessionKey, TokenDigest, UserId, UserState};
use crate::store::codec::encode;

/// The tables in one write transaction, which several acts share. An act reads what it needs before it writes
/// anything, so that one that fails for a record it cannot read has changed nothing.
pub(super) struct Txn<'t> {
    accounts: Table<'t, Id, Bytes>,
    emails: Table<'t, &'static str, Id>,
    sessions: Table<'t, Bytes, Bytes>,
    access: Table<'t, Id, Bytes>,
    remember_me: Table<'t, Id, Bytes>,
    cross: Table<'t, Id, Bytes>,
    pub(super) directory: DirectoryTables<'t>,
    /// The native logins decided: who listens is told after the commit.
    pub(super) decided: Vec<TokenDigest>,
    /// Whether anything was written.
    pub(super) changed: bool,
}

/// The tables whose records lapse by themselves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lapsing {
    Access,
    RememberMe,
    Cross,
    SignOn,
}

impl<'t> Txn<'t> {
    pub(super) fn new(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            accounts: transaction.open_table(ACCOUNTS)?,
            emails: transaction.open_table(EMAILS)?,
            sessions: transaction.open_table(SESSIONS)?,
            access: transaction.open_table(ACCESS)?,
            remember_me: transaction.open_table(REMEMBER_ME)?,
            cross: transaction.open_table(CROSS)?,
            directory: DirectoryTables::open(transaction)?,
            decided: Vec::new(),
            changed: false,
        })
    }

    pub(super) fn has_account(&self, id: UserId) -> Result<bool, TxnError> {
        Ok(self.accounts.get(id.0.as_bytes())?.is_some())
    }

    pub(super) fn owner(&self, email: &Email) -> Result<Option<UserId>, TxnError> {
        Ok(self.emails.get(email.as_str())?.map(|id| user_id(id.value())))
    }

    pub(super) fn holdings(&self, user: UserId) -> Result<Option<UserState>, TxnError> {
        holdings(&self.accounts, &self.sessions, user)
    }

    pub(super) fn insert_account(&mut self, account: &Account) -> Result<(), TxnError> {
        self.changed = true;
        self.emails.insert(account.email.as_str(), account.id.0.as_bytes())?;
        self.accounts.insert(account.id.0.as_bytes(), encode(account).as_slice())?;
        Ok(())
    }

    pub(super) fn remove_account(&mut self, account: &Account) -> Result<(), TxnError> {
        self.changed = true;
        self.emails.remove(account.email.as_str())?;
        self.accounts.remove(account.id.0.as_bytes())?;
        self.directory.free_subject(account)
    }

    /// Makes the changes that a rule found, `held` being what it left.
    pub(super) fn apply(&mut self, held: &UserState, changes: &Effects) -> Result<(), TxnError> {
        let user = held.account.id;
        if changes.account {
            self.changed = true;
            self.accounts.insert(user.0.as_bytes(), encode(&held.account).as_slice())?;
        }
        for key in &changes.closed {
            self.changed |= self.sessions.remove(session_key(user, key).as_slice())?.is_some();
        }
        for key in &changes.stored {
            let record = match key {
                SessionKey::Client(client) => held.sessions.get(client).map(encode),
                SessionKey::Directory(id) => held.directory.get(id).map(encode),
            };
            if let Some(record) = record {
                self.changed = true;
                self.sessions.insert(session_key(user, key).as_slice(), record.as_slice())?;
            }
        }
        for (table, dead) in [
            (Lapsing::Access, &changes.dead_access),
            (Lapsing::RememberMe, &changes.dead_remember_me),
            (Lapsing::Cross, &changes.dead_cross),
            (Lapsing::SignOn, &changes.dead_sign_ons),
        ] {
            for digest in dead {
                self.remove(table, *digest)?;
            }
        }
        if let Some((digest, token)) = &changes.access {
            self.changed = true;
            self.access.insert(&digest.0, encode(token).as_slice())?;
        }
        if let Some((digest, located)) = &changes.remember_me {
            self.changed = true;
            self.remember_me.insert(&digest.0, encode(located).as_slice())?;
        }
        if let Some((digest, located)) = &changes.cross {
            self.changed = true;
            self.cross.insert(&digest.0, encode(located).as_slice())?;
        }
        if let Some((digest, located)) = &changes.sign_on {
            self.changed = true;
            self.directory.sign_ons.insert(&digest.0, encode(located).as_slice())?;
        }
        if let Some((session, deadline)) = changes.opened {
            self.set_timer(deadline, Timer::Session(user, session))?;
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, table: Lapsing, digest: TokenDigest) -> Result<(), TxnError> {
        let table = match table {
            Lapsing::Access => &mut self.access,
            Lapsing::RememberMe => &mut self.remember_me,
            Lapsing::Cross => &mut self.cross,
            Lapsing::SignOn => &mut self.directory.sign_ons,
        };
        self.changed |= table.remove(&digest.0)?.is_some();
        Ok(())
    }
}
