//! The record of a session, its handles included.

use super::bytes::{Reader, Writer};
use crate::domain::session::{AccessHandle, CrossHandle, RememberMeHandle};
use crate::domain::{AuthMethod, ClientInfo, Session, SessionId, Timestamp, TokenDigest};
use crate::store::StoreError;

/// A session as bytes.
#[must_use]
pub fn encode_session(session: &Session) -> Vec<u8> {
    let handles = 22 * session.access.len() + 28 * session.remember_me.len() + 44 * session.cross.len();
    let mut out = Writer::with_capacity(96 + handles);
    out.uuid(session.id.0);
    let bounded = session.cross.iter().any(|token| token.not_after.is_some());
    let ClientInfo { user_agent, application, .. } = &session.contact;
    out.flags(&[session.server_made, user_agent.is_some(), application.is_some(), bounded]);
    out.u8(how_to_u8(session.how));
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
        // Every cross token of a v2 session comes from one of its access tokens.
        out.digest(token.parent.unwrap_or(TokenDigest([0; 16])));
    }
    if bounded {
        for token in &session.cross {
            out.instant(token.not_after.unwrap_or(Timestamp::MAX));
        }
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
    let [server_made, has_user_agent, has_application, bounded] = from.flags()?;
    let how = how(&mut from)?;
    let (opened, authenticated) = (from.instant()?, from.instant()?);
    let (last_contact, ends) = (from.instant()?, from.instant()?);
    let address = from.address()?;
    let user_agent = if has_user_agent { Some(from.text()?.into()) } else { None };
    let application = if has_application { Some(from.text()?.into()) } else { None };
    let access = from.list(|from| Ok(AccessHandle { digest: from.digest()?, expires: from.instant()? }))?;
    let remember_me = from.list(|from| {
        Ok(RememberMeHandle { digest: from.digest()?, expires: from.instant()?, proven: from.instant()? })
    })?;
    let mut cross = from.list(|from| {
        Ok(CrossHandle {
            digest: from.digest()?,
            expires: from.instant()?,
            proven: from.instant()?,
            not_after: None,
            parent: Some(from.digest()?),
        })
    })?;
    if bounded {
        for token in &mut cross {
            token.not_after = Some(from.instant()?).filter(|instant| *instant != Timestamp::MAX);
        }
    }
    let contact = ClientInfo { address, user_agent, application };
    Ok(Session { id, server_made, how, opened, authenticated, last_contact, ends, contact, access, remember_me, cross })
}

pub(super) const fn how_to_u8(how: AuthMethod) -> u8 {
    match how {
        AuthMethod::Password => 1,
        AuthMethod::RememberMe => 2,
        AuthMethod::Cross => 3,
        AuthMethod::Oidc => 4,
        AuthMethod::SingleSignOn => 5,
    }
}

pub(super) fn how(from: &mut Reader<'_>) -> Result<AuthMethod, StoreError> {
    match from.u8()? {
        1 => Ok(AuthMethod::Password),
        2 => Ok(AuthMethod::RememberMe),
        3 => Ok(AuthMethod::Cross),
        4 => Ok(AuthMethod::Oidc),
        5 => Ok(AuthMethod::SingleSignOn),
        other => Err(from.wrong(&format!("proven in way {other}"))),
    }
}
