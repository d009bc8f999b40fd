//! The records of logins under way, and of what native clients wait for.

use super::bytes::{Reader, Writer};
use super::client_info::{read_contact, write_contact};
use super::directory::{right, right_to_u8};
use super::session::{how, how_to_u8};
use crate::domain::{
    ConsumedLogin, LoginProof, NativeLogin, Network, PendingLogin, SessionId, Stage, UsedState, UserId,
};
use crate::store::StoreError;

/// A login under way as bytes.
#[must_use]
pub fn encode_pending(login: &PendingLogin) -> Vec<u8> {
    let mut out = Writer::with_capacity(256);
    out.uuid(login.session.0);
    let PendingLogin { extended, registers, asks_again, .. } = login;
    let demand = asks_again.filter(|since| *since != PendingLogin::FOR_NO_DEMAND);
    let [has_native, has_app_data] = [login.native.is_some(), login.app_data.is_some()];
    out.flags(&[has_native, has_app_data, *extended, *registers, asks_again.is_some(), demand.is_some()]);
    if let Some(demand) = demand {
        out.instant(demand);
    }
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
    let [has_native, has_app_data, extended, registers, asks_again, has_demand] = from.flags()?;
    let demand = if has_demand { from.instant()? } else { PendingLogin::FOR_NO_DEMAND };
    let browser = from.digest()?;
    let native = if has_native { Some(from.digest()?) } else { None };
    let right = right(&mut from)?;
    let app_claims = from.list(|from| from.text().map(Box::from))?;
    let app_data = if has_app_data { Some(from.text()?.into()) } else { None };
    let redirect_url = from.text()?.into();
    let contact = read_contact(&mut from)?;
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
        asks_again: asks_again.then_some(demand),
        stage,
    })
}

/// What is left of a login that is over, as bytes.
#[must_use]
pub fn encode_used(used: UsedState) -> Vec<u8> {
    let mut out = Writer::with_capacity(34);
    match used {
        UsedState::Ended => out.u8(1),
        UsedState::Spent(spent) => {
            out.u8(2);
            out.uuid(spent.user.0);
            out.uuid(spent.session.0);
        }
    }
    out.finish()
}

/// What is left of a login that is over.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_used(record: &[u8]) -> Result<UsedState, StoreError> {
    let mut from = Reader::new("used state", record)?;
    match from.u8()? {
        1 => Ok(UsedState::Ended),
        2 => Ok(UsedState::Spent(ConsumedLogin { user: UserId(from.uuid()?), session: SessionId(from.uuid()?) })),
        other => Err(from.wrong(&format!("use {other}"))),
    }
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

fn write_proof(out: &mut Writer, proof: &LoginProof) {
    out.uuid(proof.user.0);
    out.u32(proof.generation);
    out.instant(proof.proven);
    out.u8(how_to_u8(proof.how));
    out.flags(&[proof.sign_on.is_some(), proof.meets.is_some()]);
    if let Some(sign_on) = proof.sign_on {
        out.digest(sign_on);
    }
    if let Some(demand) = proof.meets {
        out.instant(demand);
    }
}

fn proof(from: &mut Reader<'_>) -> Result<LoginProof, StoreError> {
    let user = UserId(from.uuid()?);
    let (generation, proven) = (from.u32()?, from.instant()?);
    let how = how(from)?;
    let [has_sign_on, has_demand] = from.flags()?;
    let sign_on = if has_sign_on { Some(from.digest()?) } else { None };
    let meets = if has_demand { Some(from.instant()?) } else { None };
    Ok(LoginProof { user, generation, proven, how, sign_on, meets })
}
