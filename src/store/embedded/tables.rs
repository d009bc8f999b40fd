//! The tables, and reading them as they were after the last commit.

use redb::{Database, ReadOnlyTable, ReadableDatabase as _, ReadableTable, TableDefinition};

use super::directory_tables::{DirectorySnapshot, DirectoryTables};
use crate::domain::{
    AccessToken, Account, DirectorySession, Email, SessionId, SessionKey, TokenDigest, TokenOwner, UserId, UserState,
};
use crate::store::codec::decode;
use crate::store::{Result, StoreError};

/// A user id or a token's digest.
pub(super) type Id = &'static [u8; 16];
/// A record, or a session's key.
pub(super) type Bytes = &'static [u8];

/// User id to account.
pub(super) const ACCOUNTS: TableDefinition<Id, Bytes> = TableDefinition::new("accounts");
/// E-mail address to user id.
pub(super) const EMAILS: TableDefinition<&str, Id> = TableDefinition::new("emails");
/// User id and client or session id to session: a user's sessions are one range.
pub(super) const SESSIONS: TableDefinition<Bytes, Bytes> = TableDefinition::new("sessions");
/// Digest to access token.
pub(super) const ACCESS: TableDefinition<Id, Bytes> = TableDefinition::new("access");
/// Digest to where a remember-me token hangs.
pub(super) const REMEMBER_ME: TableDefinition<Id, Bytes> = TableDefinition::new("remember_me");
/// Digest to where a cross token hangs.
pub(super) const CROSS: TableDefinition<Id, Bytes> = TableDefinition::new("cross");

/// Why an act failed.
pub(super) enum TxnError {
    /// The database: nothing can be done until it is opened again.
    Database(redb::Error),
    /// One record: only the act that needs it fails.
    Record(StoreError),
}

impl<E: Into<redb::Error>> From<E> for TxnError {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

impl From<TxnError> for StoreError {
    fn from(fault: TxnError) -> Self {
        match fault {
            TxnError::Database(error) => Self::Unavailable(error.to_string()),
            TxnError::Record(error) => error,
        }
    }
}

/// Everything as it was after one commit. As long as this lives, the pages it needs are not written over.
pub(super) struct Snapshot {
    pub(super) accounts: ReadOnlyTable<Id, Bytes>,
    emails: ReadOnlyTable<&'static str, Id>,
    pub(super) sessions: ReadOnlyTable<Bytes, Bytes>,
    pub(super) access: ReadOnlyTable<Id, Bytes>,
    pub(super) remember_me: ReadOnlyTable<Id, Bytes>,
    pub(super) cross: ReadOnlyTable<Id, Bytes>,
    pub(super) directory: DirectorySnapshot,
}

impl Snapshot {
    /// Everything as it is now.
    pub(super) fn take(database: &Database) -> std::result::Result<Self, redb::Error> {
        let transaction = database.begin_read()?;
        Ok(Self {
            accounts: transaction.open_table(ACCOUNTS)?,
            emails: transaction.open_table(EMAILS)?,
            sessions: transaction.open_table(SESSIONS)?,
            access: transaction.open_table(ACCESS)?,
            remember_me: transaction.open_table(REMEMBER_ME)?,
            cross: transaction.open_table(CROSS)?,
            directory: DirectorySnapshot::take(&transaction)?,
        })
    }

    pub(super) fn access_token(&self, digest: TokenDigest) -> Result<Option<AccessToken>> {
        let record = self.access.get(&digest.0).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn remember_me(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        let record = self.remember_me.get(&digest.0).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn cross(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        let record = self.cross.get(&digest.0).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn directory_session(&self, user: UserId, id: SessionId) -> Result<Option<DirectorySession>> {
        let key = session_key(user, &SessionKey::Directory(id));
        let record = self.sessions.get(key.as_slice()).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn account(&self, id: UserId) -> Result<Option<Account>> {
        Ok(account(&self.accounts, id)?)
    }

    pub(super) fn account_by_email(&self, email: &Email) -> Result<Option<Account>> {
        let id = self.emails.get(email.as_str()).map_err(TxnError::from)?;
        // An address nobody has takes the same second step.
        self.account(id.map_or_else(|| UserId(uuid::Uuid::nil()), |id| user_id(id.value())))
    }

    pub(super) fn holdings(&self, user: UserId) -> Result<Option<UserState>> {
        Ok(holdings(&self.accounts, &self.sessions, user)?)
    }
}

/// Makes the tables that the file has not: all of a new one's, some of one that an earlier release made.
pub(super) fn create(database: &Database) -> std::result::Result<(), redb::Error> {
    match Snapshot::take(database) {
        Err(redb::Error::TableDoesNotExist(_)) => {}
        other => return other.map(drop),
    }
    let transaction = database.begin_write()?;
    for table in [ACCOUNTS, ACCESS, REMEMBER_ME, CROSS] {
        transaction.open_table(table)?;
    }
    transaction.open_table(EMAILS)?;
    transaction.open_table(SESSIONS)?;
    DirectoryTables::open(&transaction)?;
    transaction.commit()?;
    Ok(())
}

pub(super) fn user_id(bytes: &[u8; 16]) -> UserId {
    UserId(uuid::Uuid::from_bytes(*bytes))
}

/// The key of a session.
pub(super) fn session_key(user: UserId, key: &SessionKey) -> Vec<u8> {
    [user.0.as_bytes().as_slice(), &key.to_bytes()].concat()
}

/// Whose session has this key, and which one.
pub(super) fn session_of(key: &[u8]) -> Result<(UserId, SessionKey)> {
    let found = key.split_first_chunk().and_then(|(user, key)| Some((user_id(user), SessionKey::from_bytes(key)?)));
    found.ok_or_else(|| StoreError::Unreadable("session key".into()))
}

pub(super) fn account(
    accounts: &impl ReadableTable<Id, Bytes>,
    id: UserId,
) -> std::result::Result<Option<Account>, TxnError> {
    let record = accounts.get(id.0.as_bytes())?;
    record.map(|record| decode(record.value())).transpose().map_err(TxnError::Record)
}

/// An account with all of its sessions, ended ones included.
pub(super) fn holdings(
    accounts: &impl ReadableTable<Id, Bytes>,
    sessions: &impl ReadableTable<Bytes, Bytes>,
    user: UserId,
) -> std::result::Result<Option<UserState>, TxnError> {
    let Some(account) = account(accounts, user)? else { return Ok(None) };
    let mut held = UserState::of(account);
    // A session's key begins with 1, 2 or 3, so this is all of one user's and nobody else's.
    let (first, last) =
        ([user.0.as_bytes().as_slice(), &[0]].concat(), [user.0.as_bytes().as_slice(), &[255]].concat());
    for entry in sessions.range(first.as_slice()..last.as_slice())? {
        let (key, record) = entry?;
        let record = record.value();
        match session_of(key.value()).map_err(TxnError::Record)?.1 {
            SessionKey::Client(client) => {
                held.sessions.insert(client, decode(record).map_err(TxnError::Record)?);
            }
            SessionKey::Directory(id) => {
                held.directory.insert(id, decode(record).map_err(TxnError::Record)?);
            }
        }
    }
    Ok(Some(held))
}

#[cfg(test)]
mod tests {
    use redb::Builder;
    use redb::backends::InMemoryBackend;

    use super::*;

    #[test]
    fn a_file_of_the_release_before_directory_sessions_is_given_what_it_lacks() -> std::result::Result<(), redb::Error>
    {
        let database = Builder::new().create_with_backend(InMemoryBackend::new())?;
        let transaction = database.begin_write()?;
        for table in [ACCOUNTS, ACCESS, REMEMBER_ME, CROSS] {
            transaction.open_table(table)?;
        }
        transaction.open_table(SESSIONS)?;
        transaction.open_table(EMAILS)?.insert("a@b", &[7; 16])?;
        transaction.commit()?;
        assert!(matches!(Snapshot::take(&database), Err(redb::Error::TableDoesNotExist(_))));
        for _opening in 0..2 {
            create(&database)?;
            let snapshot = Snapshot::take(&database)?;
            assert_eq!(snapshot.emails.get("a@b")?.map(|id| *id.value()), Some([7; 16]));
            assert!(matches!(snapshot.directory.sign_on(TokenDigest([0; 16])), Ok(None)));
        }
        Ok(())
    }
}
