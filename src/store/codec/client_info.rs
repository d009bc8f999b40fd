//! How a client describes itself, alone and as a part of other records.

use super::bytes::{Reader, Writer};
use crate::domain::ClientInfo;
use crate::store::StoreError;

/// How a client describes itself, as bytes.
#[must_use]
pub fn encode_contact(client: &ClientInfo) -> Vec<u8> {
    let mut out = Writer::with_capacity(160);
    write_contact(&mut out, client);
    out.finish()
}

/// How a client describes itself.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_contact(record: &[u8]) -> Result<ClientInfo, StoreError> {
    read_contact(&mut Reader::new("contact", record)?)
}

pub(super) fn write_contact(out: &mut Writer, contact: &ClientInfo) {
    out.flags(&[contact.user_agent.is_some(), contact.application.is_some()]);
    out.address(contact.address);
    for text in [&contact.user_agent, &contact.application].into_iter().flatten() {
        out.text(text);
    }
}

pub(super) fn read_contact(from: &mut Reader<'_>) -> Result<ClientInfo, StoreError> {
    let [has_user_agent, has_application] = from.flags()?;
    let address = from.address()?;
    let user_agent = if has_user_agent { Some(from.text()?.into()) } else { None };
    let application = if has_application { Some(from.text()?.into()) } else { None };
    Ok(ClientInfo { address, user_agent, application })
}
