//! The record of a directory session.

use super::bytes::{Reader, Writer};
use super::client_info::{read_contact, write_contact};
use super::session::{how, how_to_u8};
use crate::domain::session::CrossHandle;
use crate::domain::{DirectorySession, Right, SessionId};
use crate::store::StoreError;

/// A directory session as bytes.
#[must_use]
pub fn encode_directory_session(session: &DirectorySession) -> Vec<u8> {
    let mut out = Writer::with_capacity(192);
    out.uuid(session.id.0);
    out.flags(&[session.extended, session.native.is_some(), session.collected.is_some(), session.beaten]);
    out.u8(right_to_u8(session.right));
    out.u8(how_to_u8(session.how));
    let DirectorySession { opened, authenticated, last_contact, heartbeat_before, end_of_life, .. } = session;
    for instant in [opened, authenticated, last_contact, heartbeat_before, end_of_life] {
        out.instant(*instant);
    }
    if let Some(native) = session.native {
        out.digest(native);
    }
    if let Some(collected) = session.collected {
        out.instant(collected);
    }
    write_contact(&mut out, &session.contact);
    out.text(&session.redirect_url);
    out.texts(&session.app_claims);
    out.u16(session.cross.len());
    for token in &session.cross {
        out.digest(token.digest);
        out.instant(token.expires);
        out.instant(token.proven);
    }
    out.finish()
}

/// The directory session in a record.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_directory_session(record: &[u8]) -> Result<DirectorySession, StoreError> {
    let mut from = Reader::new("directory session", record)?;
    let id = SessionId(from.uuid()?);
    let [extended, has_native, has_collected, beaten] = from.flags()?;
    let right = right(&mut from)?;
    let how = how(&mut from)?;
    let (opened, authenticated, last_contact) = (from.instant()?, from.instant()?, from.instant()?);
    let (heartbeat_before, end_of_life) = (from.instant()?, from.instant()?);
    let native = if has_native { Some(from.digest()?) } else { None };
    let collected = if has_collected { Some(from.instant()?) } else { None };
    let contact = read_contact(&mut from)?;
    let redirect_url = from.text()?.into();
    let app_claims = from.list(|from| from.text().map(Box::from))?;
    let cross = from.list(|from| {
        let (digest, expires, proven) = (from.digest()?, from.instant()?, from.instant()?);
        Ok(CrossHandle { digest, expires, proven, not_after: None, parent: None })
    })?;
    Ok(DirectorySession {
        id,
        right,
        app_claims,
        extended,
        native,
        how,
        opened,
        authenticated,
        last_contact,
        heartbeat_before,
        end_of_life,
        collected,
        beaten,
        contact,
        redirect_url,
        cross,
    })
}

pub(super) const fn right_to_u8(right: Right) -> u8 {
    match right {
        Right::Client => 1,
        Right::Frontend => 2,
        Right::ClientDev => 3,
    }
}

pub(super) fn right(from: &mut Reader<'_>) -> Result<Right, StoreError> {
    match from.u8()? {
        1 => Ok(Right::Client),
        2 => Ok(Right::Frontend),
        3 => Ok(Right::ClientDev),
        other => Err(from.wrong(&format!("right {other}"))),
    }
}
