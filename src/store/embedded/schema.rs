//! The tables of the file.

use redb::{
    Database, ReadOnlyTable, ReadableDatabase as _, ReadableTableMetadata as _, Table, TableDefinition,
    WriteTransaction,
};

use crate::domain::{Chain, TokenKind};
use crate::store::{EventPlace, StoreError};

/// A user id or a digest.
pub(super) type Id = &'static [u8; 16];
/// A record, or a key made of several parts.
pub(super) type Bytes = &'static [u8];

/// Why an act of the writer failed.
pub(super) enum TxnError {
    /// The database: nothing can be done until it is opened again.
    Database(redb::Error),
    /// One record: only the act that needs it fails.
    Record(StoreError),
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $value:ty,)+) => {
        /// The tables, open for writing in one transaction.
        pub(super) struct Tables<'t> {
            $($(#[$doc])* pub(super) $name: Table<'t, $key, $value>,)+
        }

        #[allow(dead_code, reason = "some tables are read by acts of the writer alone")]
        /// The tables as they were after one commit. While this lives, its pages are not overwritten.
        pub(super) struct Snapshot {
            $($(#[$doc])* pub(super) $name: ReadOnlyTable<$key, $value>,)+
        }

        /// Every table.
        #[cfg(test)]
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),+];

        impl<'t> Tables<'t> {
            /// Whether nothing is in any of them.
            pub(super) fn are_empty(&self) -> Result<bool, redb::Error> {
                Ok($(self.$name.is_empty()? &&)+ true)
            }

            /// Opens them; makes those that are not there.
            pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
                Ok(Self {
                    $($name: transaction.open_table(TableDefinition::<$key, $value>::new(stringify!($name)))?,)+
                })
            }
        }

        impl Snapshot {
            /// The tables as they are now.
            pub(super) fn take(database: &Database) -> Result<Self, redb::Error> {
                let transaction = database.begin_read()?;
                Ok(Self {
                    $($name: transaction.open_table(TableDefinition::<$key, $value>::new(stringify!($name)))?,)+
                })
            }
        }
    };
}

tables! {
    /// User id to account.
    accounts: Id => Bytes,
    /// E-mail address to user id.
    emails: &'static str => Id,
    /// Digest of an identity provider's subject to user id.
    subjects: Id => Id,
    /// Digest of what a provisioning client calls a user to user id.
    external_ids: Id => Id,
    /// User id and session key to session: a person's sessions are one range.
    sessions: Bytes => Bytes,
    /// User id to how many v2 sessions, directory sessions and tokens the person has.
    totals: Id => (u32, u32, u32),
    /// User id, kind of session, and rank to session key: of each kind the sessions of a person in the order in which
    /// they go when there are too many.
    first_out: Bytes => (),
    /// Digest to access token.
    access: Id => Bytes,
    /// Digest to the session that a remember-me token hangs on.
    remember_me: Id => Bytes,
    /// Digest to the session that a cross token hangs on.
    cross: Id => Bytes,
    /// Digest to the account that a browser is signed on with.
    sign_ons: Id => Bytes,
    /// Digest of a session at an identity provider to the account that it is known for.
    provider_sessions: Id => Bytes,
    /// When to look, in milliseconds since the epoch, and at what: see [`super::timers`].
    timers: (u64, Bytes) => (),
    /// Digest of the state to login under way.
    logins: Id => Bytes,
    /// Digest of the state to what is left of its login, which is over.
    used_states: Id => Bytes,
    /// Network to the number of logins under way from there.
    login_networks: &'static [u8; 9] => u64,
    /// Digest of the native token to how long its login is kept, in milliseconds since the epoch, and how it stands.
    natives: Id => (u64, Bytes),
    /// Redirect URLs.
    redirect_urls: &'static str => (),
    /// The one key ring.
    key_ring: () => Bytes,
    /// The groups that a provisioning client manages: one record.
    groups: () => Bytes,
    /// The tokens of the management API: one record.
    api_tokens: () => Bytes,
    /// Digest of the native token to borrow.
    licenses: Id => Bytes,
    /// When each borrow ends, in milliseconds since the epoch, and whose it is.
    license_returns: (u64, Id) => (),
    /// Digest of a token of the old service to what it stands for.
    taken_over: Id => Bytes,
    /// Until when the old service is asked, in milliseconds since the epoch.
    upstream_until: () => u64,
    /// Chain and number to when it happened, whom it concerns (zeros: nobody), and the entry of an event.
    events: (&'static [u8; Chain::BYTES], u64) => Bytes,
    /// The places of events.
    events_by_time: &'static [u8; EventPlace::BYTES] => (),
    /// User id and the places of the user's events.
    events_by_user: (Id, &'static [u8; EventPlace::BYTES]) => (),
    /// The users who borrow, and what.
    license_borrowers: (Id, Id) => (),
    /// One entry while a backup is being restored.
    restoring: () => (),
    /// The URL of the store to which this one has moved.
    moved: () => &'static str,
}

/// Makes the tables that are not there.
pub(super) fn create(database: &Database) -> Result<(), redb::Error> {
    match Snapshot::take(database) {
        Err(redb::Error::TableDoesNotExist(_)) => {}
        other => return other.map(drop),
    }
    let transaction = database.begin_write()?;
    Tables::open(&transaction)?;
    transaction.commit()?;
    Ok(())
}

impl<E: Into<redb::Error>> From<E> for TxnError {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

impl From<TxnError> for StoreError {
    fn from(error: TxnError) -> Self {
        match error {
            TxnError::Database(error) => Self::Unavailable(error.to_string()),
            TxnError::Record(error) => error,
        }
    }
}

impl<'t> Tables<'t> {
    /// The table of a kind of token.
    pub(super) const fn tokens(&mut self, kind: TokenKind) -> &mut Table<'t, Id, Bytes> {
        match kind {
            TokenKind::Access => &mut self.access,
            TokenKind::RememberMe => &mut self.remember_me,
            TokenKind::Cross => &mut self.cross,
            TokenKind::SignOn => &mut self.sign_ons,
        }
    }
}
