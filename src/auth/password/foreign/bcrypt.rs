//! bcrypt (`$2b$12$…`).

use aws_lc_rs::digest::{SHA256, digest};
use bcrypt::HashParts;

use super::HashProblem;

/// The greatest cost allowed: a second. Each one more doubles the time.
const MAX_COST: u32 = 14;
const MIN_COST: u32 = 4;
/// The least that is not called weak: OWASP's.
const GOOD_COST: u32 = 10;

/// A hash with the prefix `$2a$`, `$2b$`, `$2x$` or `$2y$`. They differ in bugs of old programs with passwords that are not
/// ASCII (`$2x$`) or very long; all are verified as `$2b$`, which is how today's programs read them.
pub(in crate::auth::password) struct Bcrypt {
    text: Box<str>,
    cost: u32,
    /// Whether the password's SHA-256 in hexadecimal digits was hashed, as Django's `bcrypt_sha256` does.
    of_sha256: bool,
}

impl Bcrypt {
    pub fn parse(text: &str) -> Result<Self, HashProblem> {
        let parts: HashParts = text.parse().map_err(|_| HashProblem::Malformed("bcrypt"))?;
        let cost = parts.get_cost();
        if cost > MAX_COST {
            return Err(HashProblem::TooExpensive("bcrypt's cost 14"));
        }
        if cost < MIN_COST {
            return Err(HashProblem::Parameters);
        }
        Ok(Self { text: text.into(), cost, of_sha256: false })
    }

    pub fn parse_of_sha256(text: &str) -> Result<Self, HashProblem> {
        Ok(Self { of_sha256: true, ..Self::parse(text)? })
    }

    pub fn verify(&self, password: &[u8]) -> bool {
        let same = if self.of_sha256 {
            let halves = |byte: &u8| [byte >> 4, byte & 15];
            let digest = digest(&SHA256, password);
            let digits = digest.as_ref().iter().flat_map(halves);
            let hex: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
            bcrypt::verify(hex, &self.text)
        } else {
            // What is beyond 72 bytes never counted.
            bcrypt::verify(password, &self.text)
        };
        same.unwrap_or(false)
    }

    pub const fn is_weak(&self) -> bool {
        self.cost < GOOD_COST
    }
}
