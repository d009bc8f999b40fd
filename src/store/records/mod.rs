//! Records as bytes: compact, versioned, the same in every store.
//!
//! A record begins with its version. A release reads the version it writes and the one before; within a version,
//! fields are only ever appended, and a reader ignores a tail it does not know. So a rolling upgrade works in both
//! directions by one release.

mod account;
mod bytes;
mod session;
mod token;

pub use account::{decode_account, encode_account};
pub use session::{decode_session, encode_session};
pub use token::{
    decode_access_token, decode_client, decode_located, encode_access_token, encode_client, encode_located,
};

#[cfg(test)]
mod tests;
