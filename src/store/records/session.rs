//! The record of a session, its handles included.

use super::bytes::{Reader, Writer};
use crate::domain::session::{AccessHandle, CrossHandle, RememberMeHandle};
use crate::domain::{Contact, How, Session, SessionId};
use crate::store::StoreError;

/// A session as bytes.
#[must_use]
pub fn encode_session(session: &Session) -> Vec<u8> {
    let handles = 22 * session.access.len() + 28 * session.remember_me.len() + 44 * session.cross.len();
    let mut out = Writer::with_capacity(96 + handles);
    out.uuid(session.id.0);
    out.flags(&[session.server_made, session.contact.user_agent.is_some(), session.contact.application.is_some()]);
    out.u8(match session.how {
        How::Password => 1,
        How::RememberMe => 2,
        How::Cross => 3,
    });
    for instant in [session.opened, session.authenticated, session.last_contact, session.ends] {
        out.instant(instant);
    }
    out.address(session.contact.address);
    for text in [&session.contact.user_agent, &session.contact.application].into_iter().flatten() {
        out.text(text);
    }
    out.u16(session.access.len());
    for token in &session.access {
        out.digest(token.digest);
        out.instant(token.expires);
    }
    out.u16(session.remember_me.len());
    for token in &session.remember_me {
        out.digest(token.digest);
        out.instant(token.expires);
        out.instant(token.proven);
    }
    out.u16(session.cross.len());
    for token in &session.cross {
        out.digest(token.digest);
        out.instant(token.expires);
        out.instant(token.proven);
        out.digest(token.parent);
    }
    out.finish()
}

/// The session in a record.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_session(record: &[u8]) -> Result<Session, StoreError> {
    let mut from = Reader::new("session", record)?;
    let id = SessionId(from.uuid()?);
    let [server_made, has_user_agent, has_application] = from.flags()?;
    let how = match from.u8()? {
        1 => How::Password,
        2 => How::RememberMe,
        3 => How::Cross,
        other => return Err(from.wrong(&format!("proven in way {other}"))),
    };
    let (opened, authenticated) = (from.instant()?, from.instant()?);
    let (last_contact, ends) = (from.instant()?, from.instant()?);
    let address = from.address()?;
    let user_agent = if has_user_agent { Some(from.text()?.into()) } else { None };
    let application = if has_application { Some(from.text()?.into()) } else { None };
    let access = list(&mut from, |from| Ok(AccessHandle { digest: from.digest()?, expires: from.instant()? }))?;
    let remember_me = list(&mut from, |from| {
        Ok(RememberMeHandle { digest: from.digest()?, expires: from.instant()?, proven: from.instant()? })
    })?;
    let cross = list(&mut from, |from| {
        Ok(CrossHandle {
            digest: from.digest()?,
            expires: from.instant()?,
            proven: from.instant()?,
            parent: from.digest()?,
        })
    })?;
    let contact = Contact { address, user_agent, application };
    Ok(Session { id, server_made, how, opened, authenticated, last_contact, ends, contact, access, remember_me, cross })
}

fn list<T>(
    from: &mut Reader<'_>,
    item: impl Fn(&mut Reader<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    (0..from.u16()?).map(|_| item(from)).collect()
}
