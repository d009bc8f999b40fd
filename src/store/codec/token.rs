//! The records that are found by a token's digest.

use super::bytes::{Reader, Writer};
use crate::domain::{AccessToken, ClientKey, SessionId, SessionKey, TokenOwner, UserId};
use crate::store::StoreError;

/// An access token as bytes: 47 of them in the usual case.
#[must_use]
pub fn encode_access_token(token: &AccessToken) -> Vec<u8> {
    let mut out = Writer::with_capacity(64);
    out.flags(&[token.server_made, token.team.is_some(), token.project.is_some(), token.not_after.is_some()]);
    out.uuid(token.user.0);
    out.instant(token.expires);
    out.instant(token.proven);
    out.client(&token.client);
    for text in [&token.team, &token.project].into_iter().flatten() {
        out.text(text);
    }
    if let Some(not_after) = token.not_after {
        out.instant(not_after);
    }
    out.finish()
}

/// The access token in a record.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_access_token(record: &[u8]) -> Result<AccessToken, StoreError> {
    let mut from = Reader::new("access token", record)?;
    let [server_made, has_team, has_project, has_not_after] = from.flags()?;
    let user = UserId(from.uuid()?);
    let (expires, proven) = (from.instant()?, from.instant()?);
    let client = from.client()?;
    let team = if has_team { Some(from.text()?.into()) } else { None };
    let project = if has_project { Some(from.text()?.into()) } else { None };
    let not_after = if has_not_after { Some(from.instant()?) } else { None };
    Ok(AccessToken { user, client, server_made, expires, proven, not_after, team, project })
}

/// Where a token or a signed-on browser hangs, as bytes.
#[must_use]
pub fn encode_located(located: &TokenOwner) -> Vec<u8> {
    let mut out = Writer::with_capacity(48);
    out.uuid(located.user.0);
    out.instant(located.expires);
    match &located.session {
        Some(SessionKey::Client(client)) => out.client(client),
        Some(SessionKey::Directory(id)) => {
            out.u8(3);
            out.uuid(id.0);
        }
        None => out.u8(4),
    }
    out.finish()
}

/// Where a token or a signed-on browser hangs.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_located(record: &[u8]) -> Result<TokenOwner, StoreError> {
    let mut from = Reader::new("token location", record)?;
    let (user, expires) = (UserId(from.uuid()?), from.instant()?);
    let session = match from.peek() {
        Some(3) => {
            from.u8()?;
            Some(SessionKey::Directory(SessionId(from.uuid()?)))
        }
        Some(4) => None,
        _ => Some(SessionKey::Client(from.client()?)),
    };
    Ok(TokenOwner { user, session, expires })
}

/// A session's key as part of a store's key; unversioned. Begins with 1, 2 or 3.
#[must_use]
pub fn encode_session_key(key: &SessionKey) -> Vec<u8> {
    match key {
        SessionKey::Client(ClientKey::Uuid(uuid)) => [&[1], uuid.as_bytes().as_slice()].concat(),
        SessionKey::Client(ClientKey::Text(text)) => [&[2], text.as_bytes()].concat(),
        SessionKey::Directory(id) => [&[3], id.0.as_bytes().as_slice()].concat(),
    }
}

/// The session whose key these bytes are.
///
/// # Errors
/// [`StoreError::Unreadable`] if they are none.
pub fn decode_session_key(bytes: &[u8]) -> Result<SessionKey, StoreError> {
    let mut from = Reader::part("session key", bytes);
    match from.u8()? {
        1 => from.uuid().map(|uuid| SessionKey::Client(ClientKey::Uuid(uuid))),
        2 => std::str::from_utf8(&bytes[1..])
            .map(|text| SessionKey::Client(ClientKey::Text(text.into())))
            .map_err(|_| from.wrong("not UTF-8")),
        3 => from.uuid().map(|id| SessionKey::Directory(SessionId(id))),
        kind => Err(from.wrong(&format!("kind {kind}"))),
    }
}
