//! Records: what stores keep, as bytes, the same in every store.
//!
//! A record is a version, then its fields in CBOR, by their numbers and without names. `docs/design/storage.md` says
//! what a release may change: each release and the one before it read what the other writes.

use std::fmt::Display;

use minicbor::{Decode, Decoder, Encode};

use super::{Entry, StoreError};
use crate::domain::event::ChainEntry;
use crate::domain::{
    AccessToken, Account, ApiTokenDirectory, Borrow, ClientInfo, DirectorySession, Event, GroupDirectory, KeyRing,
    NativeLogin, PendingLogin, Session, TakenOver, TokenOwner, UsedState,
};

#[cfg(test)]
mod tests;

/// The version that this release writes, and the only one that it reads.
const VERSION: u8 = 2;

/// What a store keeps under a key of its own.
pub trait Record: Encode<()> + for<'b> Decode<'b, ()> {
    /// The record's name in errors.
    const NAME: &'static str;
}

macro_rules! records {
    ($($type:ty: $name:literal;)*) => {
        $(
            impl Record for $type {
                const NAME: &'static str = $name;
            }
        )*
    };
}

records! {
    AccessToken: "access token";
    Account: "account";
    ApiTokenDirectory: "API tokens";
    Borrow: "licence";
    ClientInfo: "client";
    DirectorySession: "directory session";
    ChainEntry: "entry of an event";
    Event: "event";
    Entry: "entry of a backup";
    GroupDirectory: "groups";
    KeyRing: "key ring";
    TokenOwner: "token owner";
    NativeLogin: "native login";
    PendingLogin: "pending login";
    Session: "session";
    TakenOver: "token taken over";
    UsedState: "used state";
}

/// The record as bytes. The same record gives the same bytes, so bytes may be compared.
#[must_use]
pub fn encode<R: Record>(record: &R) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    bytes.push(VERSION);
    let Ok(()) = minicbor::encode(record, &mut bytes) else { unreachable!("a vector takes all that is written") };
    bytes
}

/// The record in `bytes`. Allocates no more than a small multiple of their length, whatever lengths they claim.
///
/// # Errors
/// [`StoreError::Unreadable`], with the record's name, if this is no such record of a version that this release reads.
pub fn decode<R: Record>(bytes: &[u8]) -> Result<R, StoreError> {
    let unreadable = |reason: &dyn Display| StoreError::Unreadable(format!("{}: {reason}", R::NAME));
    match bytes {
        [VERSION, fields @ ..] => {
            let mut decoder = Decoder::new(fields);
            let record = decoder.decode().map_err(|error| unreadable(&error))?;
            if decoder.position() == fields.len() { Ok(record) } else { Err(unreadable(&"bytes after its end")) }
        }
        [version, ..] => Err(unreadable(&format_args!("version {version}"))),
        [] => Err(unreadable(&"empty")),
    }
}
