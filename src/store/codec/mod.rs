//! Records as bytes: compact, versioned, the same in every store.
//!
//! A record begins with its version. A release reads the version it writes and the one before; within a version,
//! fields are only ever appended, and a reader ignores a tail it does not know. So a rolling upgrade works in both
//! directions by one release.

mod account;
mod bytes;
mod client_info;
mod directory;
mod global;
mod login;
mod profile;
mod session;
mod token;

pub use account::{decode_account, encode_account};
pub use client_info::{decode_contact, encode_contact};
pub use directory::{decode_directory_session, encode_directory_session};
pub use global::{decode_borrow, decode_key_ring, encode_borrow, encode_key_ring};
pub use login::{decode_native, decode_pending, decode_used, encode_native, encode_pending, encode_used};
pub use session::{decode_session, encode_session};
pub use token::{
    decode_access_token, decode_located, decode_session_key, encode_access_token, encode_located, encode_session_key,
};

#[cfg(test)]
mod tests;
