//! The record of an account.

use super::bytes::{Reader, Writer};
use super::profile::{read_profile, write_profile};
use crate::domain::account::KnownNetwork;
use crate::domain::{Account, Email, Network, PasswordHash, UserId};
use crate::store::StoreError;

/// An account as bytes.
#[must_use]
pub fn encode_account(account: &Account) -> Vec<u8> {
    let mut out = Writer::with_capacity(256);
    out.uuid(account.id.0);
    out.flags(&[account.enabled]);
    out.u32(account.generation);
    out.instant(account.created);
    out.text(account.email.as_str());
    out.text(&account.name);
    out.text(account.password.as_ref().map_or("", PasswordHash::as_str));
    out.u16(account.networks.len());
    for known in &account.networks {
        out.raw(&known.network.to_bytes());
        out.instant(known.seen);
    }
    write_profile(&mut out, &account.profile);
    out.finish()
}

/// The account in a record.
///
/// # Errors
/// [`StoreError::Unreadable`] if this is no such record.
pub fn decode_account(record: &[u8]) -> Result<Account, StoreError> {
    let mut from = Reader::new("account", record)?;
    let id = UserId(from.uuid()?);
    let [enabled] = from.flags()?;
    let generation = from.u32()?;
    let created = from.instant()?;
    let email = Email::new(from.text()?).ok_or_else(|| from.wrong("no address"))?;
    let name = from.text()?.into();
    let password = PasswordHash::new(from.text()?);
    let count = from.u16()?;
    let mut networks = Vec::with_capacity(count.min(Account::MAX_NETWORKS));
    for _ in 0..count {
        networks.push(KnownNetwork { network: Network::from_bytes(from.array()?), seen: from.instant()? });
    }
    let profile = read_profile(&mut from)?;
    Ok(Account { id, email, name, password, enabled, generation, created, networks, profile })
}
