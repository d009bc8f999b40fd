//! How what a user has is laid out as one string: a version, the random id of the commit that wrote it, the account,
//! then each session behind its key; each with its length before it.
//!
//! A string and not a hash, since a hash that holds a value over 64 bytes costs some 400 bytes more.

use crate::domain::{Account, SessionIndex, SessionKey, UserState};
use crate::store::{Result, StoreError, codec};

const VERSION: u8 = 1;

/// Which commit wrote a value; random, so that a value that was removed and made anew is another one.
pub(super) type CommitId = [u8; 8];

pub(super) fn encode(id: CommitId, holdings: &UserState) -> Vec<u8> {
    let mut value = vec![VERSION];
    value.extend_from_slice(&id);
    put(&mut value, &codec::encode(&holdings.account));
    for (client, session) in &holdings.clients {
        put(&mut value, &SessionKey::Client(client.clone()).to_bytes());
        put(&mut value, &codec::encode(session));
    }
    for (id, session) in &holdings.directory {
        put(&mut value, &SessionKey::Directory(*id).to_bytes());
        put(&mut value, &codec::encode(session));
    }
    value
}

fn put(value: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    value.extend_from_slice(&length.to_be_bytes());
    value.extend_from_slice(part);
}

pub(super) fn decode(value: &[u8]) -> Result<(UserState, CommitId)> {
    let (id, mut rest) = open(value)?;
    let account = codec::decode(take(&mut rest)?)?;
    let mut holdings = UserState::new(account, SessionIndex::default());
    while !rest.is_empty() {
        let key = SessionKey::from_bytes(take(&mut rest)?).ok_or_else(damaged)?;
        let record = take(&mut rest)?;
        match key {
            SessionKey::Client(client) => holdings.load_client(client, codec::decode(record)?),
            SessionKey::Directory(_) => holdings.load_directory(codec::decode(record)?),
        }
    }
    Ok((holdings.complete(), id))
}

/// The account alone.
pub(super) fn decode_account_of(value: &[u8]) -> Result<Account> {
    let (_, mut rest) = open(value)?;
    codec::decode(take(&mut rest)?)
}

fn open(value: &[u8]) -> Result<(CommitId, &[u8])> {
    match value {
        [VERSION, rest @ ..] => rest.split_first_chunk().map(|(id, rest)| (*id, rest)).ok_or_else(damaged),
        _ => Err(damaged()),
    }
}

fn take<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let (length, after) = rest.split_first_chunk().ok_or_else(damaged)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| damaged())?;
    let (part, after) = after.split_at_checked(length).ok_or_else(damaged)?;
    *rest = after;
    Ok(part)
}

fn damaged() -> StoreError {
    StoreError::Unreadable("user: too short, or of another version".into())
}
