//! The tables of the directory session API. A file of a release that had none of them is given them when it is opened.

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _, Table, TableDefinition, WriteTransaction};

use super::tables::{Bytes, Id, TxnError, user_id};
use crate::domain::{Account, KeyRing, PendingLogin, Subject, Timestamp, TokenDigest, TokenOwner, UsedState, UserId};
use crate::store::Result;
use crate::store::codec::decode;

/// Digest to where a signed-on browser is known.
const SIGN_ONS: TableDefinition<Id, Bytes> = TableDefinition::new("sign_ons");
/// Digest of an identity provider's subject to user id.
const SUBJECTS: TableDefinition<Id, Id> = TableDefinition::new("subjects");
/// When to look, in milliseconds, and at what: see [`super::timers`].
const TIMERS: TableDefinition<(u64, Bytes), ()> = TableDefinition::new("timers");
/// Digest of the state to login under way.
const LOGINS: TableDefinition<Id, Bytes> = TableDefinition::new("logins");
/// Digest of the state to what is left of its login, which is over.
const USED: TableDefinition<Id, Bytes> = TableDefinition::new("used_states");
/// Network to the number of logins under way from there.
const NETWORKS: TableDefinition<&[u8; 9], u64> = TableDefinition::new("login_networks");
/// Digest of the native token to how long its login is kept, in milliseconds since the epoch, and how it stands.
const NATIVES: TableDefinition<Id, (u64, Bytes)> = TableDefinition::new("natives");
/// Redirect URLs.
const REDIRECTS: TableDefinition<&str, ()> = TableDefinition::new("redirect_urls");
/// The one key ring.
const KEY_RING: TableDefinition<(), Bytes> = TableDefinition::new("key_ring");
/// Digest of the native token to borrow.
const LICENSES: TableDefinition<Id, Bytes> = TableDefinition::new("licenses");
/// When each borrow ends, in milliseconds since the epoch, and whose it is.
const RETURNS: TableDefinition<(u64, Id), ()> = TableDefinition::new("license_returns");
/// The users who borrow, and what.
const BORROWERS: TableDefinition<(Id, Id), ()> = TableDefinition::new("license_borrowers");

/// The tables, open for writing.
pub(super) struct DirectoryTables<'t> {
    pub(super) sign_ons: Table<'t, Id, Bytes>,
    pub(super) subjects: Table<'t, Id, Id>,
    pub(super) timers: Table<'t, (u64, Bytes), ()>,
    pub(super) logins: Table<'t, Id, Bytes>,
    pub(super) used: Table<'t, Id, Bytes>,
    pub(super) networks: Table<'t, &'static [u8; 9], u64>,
    pub(super) natives: Table<'t, Id, (u64, Bytes)>,
    pub(super) redirects: Table<'t, &'static str, ()>,
    pub(super) key_ring: Table<'t, (), Bytes>,
    pub(super) licenses: Table<'t, Id, Bytes>,
    pub(super) returns: Table<'t, (u64, Id), ()>,
    pub(super) borrowers: Table<'t, (Id, Id), ()>,
}

impl<'t> DirectoryTables<'t> {
    /// Opens them; makes those that are not there.
    pub(super) fn open(transaction: &'t WriteTransaction) -> std::result::Result<Self, redb::Error> {
        Ok(Self {
            sign_ons: transaction.open_table(SIGN_ONS)?,
            subjects: transaction.open_table(SUBJECTS)?,
            timers: transaction.open_table(TIMERS)?,
            logins: transaction.open_table(LOGINS)?,
            used: transaction.open_table(USED)?,
            networks: transaction.open_table(NETWORKS)?,
            natives: transaction.open_table(NATIVES)?,
            redirects: transaction.open_table(REDIRECTS)?,
            key_ring: transaction.open_table(KEY_RING)?,
            licenses: transaction.open_table(LICENSES)?,
            returns: transaction.open_table(RETURNS)?,
            borrowers: transaction.open_table(BORROWERS)?,
        })
    }
}

/// The tables as they were after one commit.
pub(super) struct DirectorySnapshot {
    pub(super) sign_ons: ReadOnlyTable<Id, Bytes>,
    subjects: ReadOnlyTable<Id, Id>,
    timers: ReadOnlyTable<(u64, Bytes), ()>,
    logins: ReadOnlyTable<Id, Bytes>,
    used: ReadOnlyTable<Id, Bytes>,
    pub(super) natives: ReadOnlyTable<Id, (u64, Bytes)>,
    pub(super) redirects: ReadOnlyTable<&'static str, ()>,
    key_ring: ReadOnlyTable<(), Bytes>,
    pub(super) licenses: ReadOnlyTable<Id, Bytes>,
    pub(super) returns: ReadOnlyTable<(u64, Id), ()>,
}

impl DirectorySnapshot {
    pub(super) fn take(transaction: &ReadTransaction) -> std::result::Result<Self, redb::Error> {
        Ok(Self {
            sign_ons: transaction.open_table(SIGN_ONS)?,
            subjects: transaction.open_table(SUBJECTS)?,
            timers: transaction.open_table(TIMERS)?,
            logins: transaction.open_table(LOGINS)?,
            used: transaction.open_table(USED)?,
            natives: transaction.open_table(NATIVES)?,
            redirects: transaction.open_table(REDIRECTS)?,
            key_ring: transaction.open_table(KEY_RING)?,
            licenses: transaction.open_table(LICENSES)?,
            returns: transaction.open_table(RETURNS)?,
        })
    }

    pub(super) fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        let record = self.sign_ons.get(&digest.0).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn subject_owner(&self, issuer: &str, subject: &str) -> Result<Option<UserId>> {
        let owner = self.subjects.get(&Subject::digest_of(issuer, subject)).map_err(TxnError::from)?;
        Ok(owner.map(|id| user_id(id.value())))
    }

    /// Whether any timer has run out.
    pub(super) fn anything_due(&self, now: Timestamp) -> Result<bool> {
        let first = self.timers.first().map_err(TxnError::from)?;
        Ok(first.is_some_and(|(key, _)| key.value().0 <= now.millis()))
    }

    pub(super) fn login(&self, state: TokenDigest) -> Result<Option<PendingLogin>> {
        let record = self.logins.get(&state.0).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn used_state(&self, state: TokenDigest) -> Result<Option<UsedState>> {
        let record = self.used.get(&state.0).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn key_ring(&self) -> Result<KeyRing> {
        let record = self.key_ring.get(()).map_err(TxnError::from)?;
        record.map_or_else(|| Ok(KeyRing::default()), |record| decode(record.value()))
    }
}

impl DirectoryTables<'_> {
    /// Whom a subject belongs to.
    pub(super) fn subject_owner(&self, subject: &Subject) -> std::result::Result<Option<UserId>, TxnError> {
        Ok(self.subjects.get(&subject.digest())?.map(|id| user_id(id.value())))
    }

    /// Makes an account be found by its subject.
    pub(super) fn own_subject(&mut self, account: &Account) -> std::result::Result<(), TxnError> {
        if let Some(subject) = &account.profile.subject {
            self.subjects.insert(&subject.digest(), account.id.0.as_bytes())?;
        }
        Ok(())
    }

    /// Lets the subject of an account be another's.
    pub(super) fn free_subject(&mut self, account: &Account) -> std::result::Result<(), TxnError> {
        if let Some(subject) = &account.profile.subject {
            self.subjects.remove(&subject.digest())?;
        }
        Ok(())
    }
}
