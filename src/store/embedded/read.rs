//! Reading the tables, as they were after the last commit or as an act of the writer sees them.

use redb::{ReadOnlyTable, ReadableTable};

use super::schema::{Bytes, Id, Snapshot, TxnError};
use crate::domain::{
    AccessToken, Account, ApiTokenDirectory, ClientKey, DirectorySession, Email, ExternalId, GroupDirectory, KeyRing,
    PendingLogin, ProviderSession, Session, SessionId, SessionIndex, SessionKey, Subject, TakenOver, Timestamp,
    TokenDigest, TokenOwner, UsedState, UserId, UserState,
};
use crate::store::codec::{Record, decode};
use crate::store::{Result, StoreError};

impl Snapshot {
    pub(super) fn access_token(&self, digest: TokenDigest) -> Result<Option<AccessToken>> {
        read(&self.access, digest.0)
    }

    pub(super) fn remember_me(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        read(&self.remember_me, digest.0)
    }

    pub(super) fn cross(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        read(&self.cross, digest.0)
    }

    pub(super) fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        read(&self.sign_ons, digest.0)
    }

    pub(super) fn provider_session(&self, session: ProviderSession) -> Result<Option<TokenOwner>> {
        read(&self.provider_sessions, session.0)
    }

    pub(super) fn taken_over(&self, digest: TokenDigest) -> Result<Option<TakenOver>> {
        read(&self.taken_over, digest.0)
    }

    pub(super) fn login(&self, state: TokenDigest) -> Result<Option<PendingLogin>> {
        read(&self.logins, state.0)
    }

    pub(super) fn used_state(&self, state: TokenDigest) -> Result<Option<UsedState>> {
        read(&self.used_states, state.0)
    }

    pub(super) fn account(&self, id: UserId) -> Result<Option<Account>> {
        Ok(account(&self.accounts, id)?)
    }

    pub(super) fn account_by_email(&self, email: &Email) -> Result<Option<Account>> {
        let id = self.emails.get(email.as_str()).map_err(TxnError::from)?;
        // An unknown address takes the same second step.
        self.account(id.map_or_else(|| UserId(uuid::Uuid::nil()), |id| user_id(id.value())))
    }

    pub(super) fn external_id_owner(&self, id: &ExternalId) -> Result<Option<UserId>> {
        let owner = self.external_ids.get(&id.digest()).map_err(TxnError::from)?;
        Ok(owner.map(|id| user_id(id.value())))
    }

    pub(super) fn subject_owner(&self, issuer: &str, subject: &str) -> Result<Option<UserId>> {
        let owner = self.subjects.get(&Subject::digest_of(issuer, subject)).map_err(TxnError::from)?;
        Ok(owner.map(|id| user_id(id.value())))
    }

    pub(super) fn client_session(&self, user: UserId, client: &ClientKey) -> Result<Option<Session>> {
        let key = session_key(user, &SessionKey::Client(client.clone()));
        let record = self.sessions.get(key.as_slice()).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn directory_session(&self, user: UserId, id: SessionId) -> Result<Option<DirectorySession>> {
        let key = session_key(user, &SessionKey::Directory(id));
        let record = self.sessions.get(key.as_slice()).map_err(TxnError::from)?;
        record.map(|record| decode(record.value())).transpose()
    }

    pub(super) fn user_state(&self, user: UserId) -> Result<Option<UserState>> {
        Ok(user_state(&self.accounts, &self.sessions, user)?)
    }

    /// Whether any timer has run out.
    pub(super) fn anything_due(&self, now: Timestamp) -> Result<bool> {
        let first = self.timers.first().map_err(TxnError::from)?;
        Ok(first.is_some_and(|(key, _)| key.value().0 <= now.millis()))
    }

    pub(super) fn key_ring(&self) -> Result<KeyRing> {
        let record = self.key_ring.get(()).map_err(TxnError::from)?;
        record.map_or_else(|| Ok(KeyRing::default()), |record| decode(record.value()))
    }

    pub(super) fn group_directory(&self) -> Result<GroupDirectory> {
        let record = self.groups.get(()).map_err(TxnError::from)?;
        record.map_or_else(|| Ok(GroupDirectory::default()), |record| decode(record.value()))
    }

    pub(super) fn api_token_directory(&self) -> Result<ApiTokenDirectory> {
        let record = self.api_tokens.get(()).map_err(TxnError::from)?;
        record.map_or_else(|| Ok(ApiTokenDirectory::default()), |record| decode(record.value()))
    }
}

fn read<T: Record>(table: &ReadOnlyTable<Id, Bytes>, id: [u8; 16]) -> Result<Option<T>> {
    let record = table.get(&id).map_err(TxnError::from)?;
    record.map(|record| decode(record.value())).transpose()
}

pub(super) fn account(
    accounts: &impl ReadableTable<Id, Bytes>,
    id: UserId,
) -> std::result::Result<Option<Account>, TxnError> {
    let record = accounts.get(id.0.as_bytes())?;
    record.map(|record| decode(record.value())).transpose().map_err(TxnError::Record)
}

/// An account with all of its sessions, ended ones included.
pub(super) fn user_state(
    accounts: &impl ReadableTable<Id, Bytes>,
    sessions: &impl ReadableTable<Bytes, Bytes>,
    user: UserId,
) -> std::result::Result<Option<UserState>, TxnError> {
    let Some(account) = account(accounts, user)? else { return Ok(None) };
    let mut state = UserState::new(account, SessionIndex::default());
    // A session's key begins with 1, 2 or 3, so this range holds all sessions of this user and no others.
    let (first, last) =
        ([user.0.as_bytes().as_slice(), &[0]].concat(), [user.0.as_bytes().as_slice(), &[255]].concat());
    for entry in sessions.range(first.as_slice()..last.as_slice())? {
        let (key, record) = entry?;
        let (_, key) = session_of(key.value()).map_err(TxnError::Record)?;
        add_session(&mut state, key, record.value())?;
    }
    Ok(Some(state.complete()))
}

/// Adds a session's record to what is loaded.
pub(super) fn add_session(state: &mut UserState, key: SessionKey, record: &[u8]) -> std::result::Result<(), TxnError> {
    match key {
        SessionKey::Client(client) => state.load_client(client, decode(record).map_err(TxnError::Record)?),
        SessionKey::Directory(_) => state.load_directory(decode(record).map_err(TxnError::Record)?),
    }
    Ok(())
}

pub(super) fn user_id(bytes: &[u8; 16]) -> UserId {
    UserId(uuid::Uuid::from_bytes(*bytes))
}

/// The key of a session.
pub(super) fn session_key(user: UserId, key: &SessionKey) -> Vec<u8> {
    [user.0.as_bytes().as_slice(), &key.to_bytes()].concat()
}

/// The user and the session that a key is of.
pub(super) fn session_of(key: &[u8]) -> Result<(UserId, SessionKey)> {
    let Some((user, session)) = key.split_first_chunk() else {
        return Err(StoreError::Unreadable("session key: too short".into()));
    };
    Ok((user_id(user), session_key_in(session)?))
}

/// The session that the tail of a key names.
pub(super) fn session_key_in(key: &[u8]) -> Result<SessionKey> {
    SessionKey::from_bytes(key).ok_or_else(|| StoreError::Unreadable("session key: malformed".into()))
}
