//! The records of directory sessions, and of logins under way.

use super::bytes::{Reader, Writer};
use crate::domain::session::CrossHandle;
use crate::domain::{
    Contact, DirectorySession, How, LoginProof, NativeLogin, Network, PendingLogin, Right, SessionId, Stage, UserId,
};
use crate::store::StoreError;

/// A directory session as bytes.
#[must_use]
pub fn encode_directory_session(session: &DirectorySession) -> Vec<u8> {
    let mut out = Writer::with_capacity(192);
    out.uuid(session.id.0);
    out.flags(&[session.extended, session.native.is_some(), session.collected.is_some(), session.beaten]);
    out.u8(right_to_u8(session.right));
    out.u8(super::session::how_to_u8(session.how));
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
    let how = super::session::how(&mut from)?;
    let (opened, authenticated, last_contact) = (from.instant()?, from.instant()?, from.instant()?);
    let (heartbeat_before, end_of_life) = (from.instant()?, from.instant()?);
    let native = if has_native { Some(from.digest()?) } else { None };
    let collected = if has_collected { Some(from.instant()?) } else { None };
    let contact = contact(&mut from)?;
    let redirect_url = from.text()?.into();
    let app_claims = from.list(|from| from.text().map(Box::from))?;
    let cross = from.list(|from| {
        let (digest, expires, proven) = (from.digest()?, from.instant()?, from.instant()?);
        Ok(CrossHandle { digest, expires, proven, parent: None })
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

/// A login under way as bytes.
#[must_use]
pub fn encode_pending(login: &PendingLogin) -> Vec<u8> {
    let mut out = Writer::with_capacity(256);
    out.uuid(login.session.0);
    let PendingLogin { extended, registers, asks_again, .. } = login;
    out.flags(&[login.native.is_some(), login.app_data.is_some(), *extended, *registers, *asks_again]);
    out.digest(login.browser);
    if let Some(native) = login.native {
        out.digest(native);
    }
    out.u8(right_to_u8(login.right));
    out.texts(&login.app_claims);
    if let Some(app_data) = &login.app_data {
        out.text(app_data);
    }
    out.text(&login.redirect_url);
    write_contact(&mut out, &login.contact);
    out.raw(&login.network.to_bytes());
    out.instant(login.begun);
    out.instant(login.expires);
    match &login.stage {
        Stage::Started => out.u8(1),
        Stage::Coded { code, proof } => {
            out.u8(2);
            out.digest(*code);
            write_proof(&mut out, proof);
        }
        Stage::Confirming(proof) => {
            out.u8(3);
            write_proof(&mut out, proof);
        }
        Stage::Redeeming => out.u8(4),
    }
    out.finish()
}

/// The login under way in a record.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_pending(record: &[u8]) -> Result<PendingLogin, StoreError> {
    let mut from = Reader::new("pending login", record)?;
    let session = SessionId(from.uuid()?);
    let [has_native, has_app_data, extended, registers, asks_again] = from.flags()?;
    let browser = from.digest()?;
    let native = if has_native { Some(from.digest()?) } else { None };
    let right = right(&mut from)?;
    let app_claims = from.list(|from| from.text().map(Box::from))?;
    let app_data = if has_app_data { Some(from.text()?.into()) } else { None };
    let redirect_url = from.text()?.into();
    let contact = contact(&mut from)?;
    let network = Network::from_bytes(from.array()?);
    let (begun, expires) = (from.instant()?, from.instant()?);
    let stage = match from.u8()? {
        1 => Stage::Started,
        2 => Stage::Coded { code: from.digest()?, proof: proof(&mut from)? },
        3 => Stage::Confirming(proof(&mut from)?),
        4 => Stage::Redeeming,
        other => return Err(from.wrong(&format!("stage {other}"))),
    };
    Ok(PendingLogin {
        session,
        browser,
        native,
        right,
        app_claims,
        extended,
        app_data,
        redirect_url,
        registers,
        contact,
        network,
        begun,
        expires,
        asks_again,
        stage,
    })
}

/// What a native client waits for, as bytes.
#[must_use]
pub fn encode_native(native: NativeLogin) -> Vec<u8> {
    let mut out = Writer::with_capacity(34);
    match native {
        NativeLogin::Pending => out.u8(1),
        NativeLogin::Open { user, session } => {
            out.u8(2);
            out.uuid(user.0);
            out.uuid(session.0);
        }
        NativeLogin::Failed => out.u8(3),
    }
    out.finish()
}

/// What a native client waits for.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_native(record: &[u8]) -> Result<NativeLogin, StoreError> {
    let mut from = Reader::new("native login", record)?;
    match from.u8()? {
        1 => Ok(NativeLogin::Pending),
        2 => Ok(NativeLogin::Open { user: UserId(from.uuid()?), session: SessionId(from.uuid()?) }),
        3 => Ok(NativeLogin::Failed),
        other => Err(from.wrong(&format!("outcome {other}"))),
    }
}

/// How a client describes itself, as bytes.
#[must_use]
pub fn encode_contact(client: &Contact) -> Vec<u8> {
    let mut out = Writer::with_capacity(160);
    write_contact(&mut out, client);
    out.finish()
}

/// How a client describes itself.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_contact(record: &[u8]) -> Result<Contact, StoreError> {
    contact(&mut Reader::new("contact", record)?)
}

fn write_proof(out: &mut Writer, proof: &LoginProof) {
    out.uuid(proof.user.0);
    out.u32(proof.generation);
    out.instant(proof.proven);
    out.u8(super::session::how_to_u8(proof.how));
    out.flags(&[proof.sign_on.is_some()]);
    if let Some(sign_on) = proof.sign_on {
        out.digest(sign_on);
    }
}

/// The last part of a record.
fn proof(from: &mut Reader<'_>) -> Result<LoginProof, StoreError> {
    let user = UserId(from.uuid()?);
    let (generation, proven) = (from.u32()?, from.instant()?);
    let how: How = super::session::how(from)?;
    let [has_sign_on] = if from.at_end() { [false] } else { from.flags()? };
    let sign_on = if has_sign_on { Some(from.digest()?) } else { None };
    Ok(LoginProof { user, generation, proven, how, sign_on })
}

fn write_contact(out: &mut Writer, contact: &Contact) {
    out.flags(&[contact.user_agent.is_some(), contact.application.is_some()]);
    out.address(contact.address);
    for text in [&contact.user_agent, &contact.application].into_iter().flatten() {
        out.text(text);
    }
}

fn contact(from: &mut Reader<'_>) -> Result<Contact, StoreError> {
    let [has_user_agent, has_application] = from.flags()?;
    let address = from.address()?;
    let user_agent = if has_user_agent { Some(from.text()?.into()) } else { None };
    let application = if has_application { Some(from.text()?.into()) } else { None };
    Ok(Contact { address, user_agent, application })
}

const fn right_to_u8(right: Right) -> u8 {
    match right {
        Right::Client => 1,
        Right::Frontend => 2,
        Right::ClientDev => 3,
    }
}

fn right(from: &mut Reader<'_>) -> Result<Right, StoreError> {
    match from.u8()? {
        1 => Ok(Right::Client),
        2 => Ok(Right::Frontend),
        3 => Ok(Right::ClientDev),
        other => Err(from.wrong(&format!("right {other}"))),
    }
}
