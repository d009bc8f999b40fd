//! What a program that manages accounts calls a user.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The id that a provisioning client gave a user (RFC 7643, 3.1: `externalId`), to the letter.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(Box<str>);

impl ExternalId {
    /// The longest id accepted, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// The id, or `None` if it is empty, too long, or has control characters.
    #[must_use]
    pub fn new(sent: &str) -> Option<Self> {
        let good = (1..=Self::MAX_BYTES).contains(&sent.len()) && !sent.contains(char::is_control);
        good.then(|| Self(sent.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is found by: the first half of its SHA-256.
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        let whole = Sha256::digest(self.0.as_bytes());
        let mut digest = [0; 16];
        digest.copy_from_slice(&whole[..16]);
        digest
    }
}

/// Often an e-mail address or a login name: a log line that formats one by mistake shows nothing.
impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId([redacted])")
    }
}
