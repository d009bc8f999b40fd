//! The records that are found by a token's digest.

use uuid::Uuid;

use super::bytes::{Reader, Writer};
use crate::domain::holdings::Located;
use crate::domain::{AccessToken, ClientKey, UserId};
use crate::store::StoreError;

/// An access token as bytes: 47 of them in the usual case.
#[must_use]
pub fn encode_access_token(token: &AccessToken) -> Vec<u8> {
    let mut out = Writer::with_capacity(64);
    let audience_is_client = token.audience == token.client.audience();
    let audience_is_other = !audience_is_client && !token.audience.is_nil();
    out.flags(&[audience_is_client, audience_is_other, token.team.is_some(), token.project.is_some()]);
    out.uuid(token.user.0);
    out.instant(token.expires);
    out.instant(token.proven);
    out.client(&token.client);
    if audience_is_other {
        out.uuid(token.audience);
    }
    for text in [&token.team, &token.project].into_iter().flatten() {
        out.text(text);
    }
    out.finish()
}

/// The access token in a record.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_access_token(record: &[u8]) -> Result<AccessToken, StoreError> {
    let mut from = Reader::new("access token", record)?;
    let [audience_is_client, audience_is_other, has_team, has_project] = from.flags()?;
    let user = UserId(from.uuid()?);
    let (expires, proven) = (from.instant()?, from.instant()?);
    let client = from.client()?;
    let audience = match (audience_is_client, audience_is_other) {
        (true, _) => client.audience(),
        (false, true) => from.uuid()?,
        (false, false) => Uuid::nil(),
    };
    let team = if has_team { Some(from.text()?.into()) } else { None };
    let project = if has_project { Some(from.text()?.into()) } else { None };
    Ok(AccessToken { user, client, audience, expires, proven, team, project })
}

/// Where a remember-me or cross token hangs, as bytes.
#[must_use]
pub fn encode_located(located: &Located) -> Vec<u8> {
    let mut out = Writer::with_capacity(48);
    out.uuid(located.user.0);
    out.instant(located.expires);
    out.client(&located.client);
    out.finish()
}

/// Where a remember-me or cross token hangs.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_located(record: &[u8]) -> Result<Located, StoreError> {
    let mut from = Reader::new("token location", record)?;
    Ok(Located { user: UserId(from.uuid()?), expires: from.instant()?, client: from.client()? })
}

/// A client's key as part of a store's key; unversioned.
#[must_use]
pub fn encode_client(client: &ClientKey) -> Vec<u8> {
    match client {
        ClientKey::Uuid(uuid) => [&[1], uuid.as_bytes().as_slice()].concat(),
        ClientKey::Text(text) => [&[2], text.as_bytes()].concat(),
    }
}

/// The client whose key these bytes are.
///
/// # Errors
/// [`StoreError::Unreadable`] if they are none.
pub fn decode_client(bytes: &[u8]) -> Result<ClientKey, StoreError> {
    let mut from = Reader::part("client", bytes);
    match from.u8()? {
        1 => from.uuid().map(ClientKey::Uuid),
        2 => std::str::from_utf8(&bytes[1..])
            .map(|text| ClientKey::Text(text.into()))
            .map_err(|_| from.wrong("not UTF-8")),
        kind => Err(from.wrong(&format!("kind {kind}"))),
    }
}
