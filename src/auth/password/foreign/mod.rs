//! Password hashes that other systems made. They are verified, never made: the first login replaces them by argon2id.

mod bcrypt;
mod pbkdf2;
mod salted_sha;
mod scrypt;
mod sha_crypt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use self::bcrypt::Bcrypt;
use self::pbkdf2::Pbkdf2;
use self::salted_sha::SaltedSha;
use self::scrypt::Scrypt;
use self::sha_crypt::ShaCrypt;
use super::problem::HashProblem;

/// A parsed hash. Verifying one takes about a second of one core at the most, whatever the password.
pub(super) enum Foreign {
    Bcrypt(Bcrypt),
    Pbkdf2(Pbkdf2),
    Scrypt(Scrypt),
    ShaCrypt(ShaCrypt),
    SaltedSha(SaltedSha),
}

impl Foreign {
    /// Parses a hash, unless verifying it is impossible or too expensive.
    pub fn parse(sent: &str) -> Result<Self, HashProblem> {
        // What Django and OpenLDAP put in front of a hash of crypt(3).
        let crypt = ["bcrypt$", "{CRYPT}", "{BCRYPT}"];
        let crypt = crypt.into_iter().find_map(|frame| after(sent, frame)).unwrap_or(sent);
        let first = crypt.strip_prefix('$').and_then(|rest| rest.split('$').next());
        match first {
            Some("2a" | "2b" | "2x" | "2y") => return Bcrypt::parse(crypt).map(Self::Bcrypt),
            Some("5" | "6") => return ShaCrypt::parse(crypt).map(Self::ShaCrypt),
            Some("scrypt") => return Scrypt::parse_phc(crypt).map(Self::Scrypt),
            Some(name) if name.starts_with("pbkdf2") => return Pbkdf2::parse_phc(crypt).map(Self::Pbkdf2),
            _ => {}
        }
        if let Some(bcrypt) = sent.strip_prefix("bcrypt_sha256$") {
            return Bcrypt::parse_of_sha256(bcrypt).map(Self::Bcrypt);
        }
        if let Some(fields) = sent.strip_prefix("scrypt$") {
            return Scrypt::parse_django(fields).map(Self::Scrypt);
        }
        if let Some(fields) = sent.strip_prefix("pbkdf2_") {
            return Pbkdf2::parse_django(fields).map(Self::Pbkdf2);
        }
        if let Some(rest) = sent.strip_prefix('{') {
            let (scheme, rest) = rest.split_once('}').ok_or(HashProblem::Unknown)?;
            let scheme = scheme.to_ascii_lowercase();
            if scheme.starts_with("pbkdf2") {
                return Pbkdf2::parse_ldap(&scheme, rest).map(Self::Pbkdf2);
            }
            return SaltedSha::parse(&scheme, rest).map(Self::SaltedSha);
        }
        Pbkdf2::parse_asp_net(sent).map(Self::Pbkdf2)
    }

    /// How much memory verifying takes, in KiB, if that is worth counting.
    pub fn memory_kib(&self) -> u32 {
        match self {
            Self::Scrypt(hash) => hash.memory_kib(),
            Self::Bcrypt(_) | Self::Pbkdf2(_) | Self::ShaCrypt(_) | Self::SaltedSha(_) => 0,
        }
    }

    /// Whether it is the hash of this password; compared in constant time.
    pub fn verify(&self, password: &[u8]) -> bool {
        match self {
            Self::Bcrypt(hash) => hash.verify(password),
            Self::Pbkdf2(hash) => hash.verify(password),
            Self::Scrypt(hash) => hash.verify(password),
            Self::ShaCrypt(hash) => hash.verify(password),
            Self::SaltedSha(hash) => hash.verify(password),
        }
    }

    /// See [`super::is_weak`].
    pub fn is_weak(&self) -> bool {
        match self {
            Self::Bcrypt(hash) => hash.is_weak(),
            Self::Pbkdf2(hash) => hash.is_weak(),
            Self::Scrypt(hash) => hash.is_weak(),
            Self::ShaCrypt(hash) => hash.is_weak(),
            Self::SaltedSha(_) => true,
        }
    }
}

/// What follows `frame`, which counts in any case.
fn after<'a>(sent: &'a str, frame: &str) -> Option<&'a str> {
    let (begin, rest) = sent.split_at_checked(frame.len())?;
    begin.eq_ignore_ascii_case(frame).then_some(rest)
}

/// Base64 with or without padding, and with `.` for `+`, as passlib and `OpenLDAP` write it.
fn base64(text: &str) -> Option<Vec<u8>> {
    const ANY: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    ANY.decode(text.replace('.', "+")).ok()
}

/// A number in decimal digits alone.
fn number<N: std::str::FromStr>(text: &str) -> Result<N, HashProblem> {
    let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().ok_or(HashProblem::Parameters)
}
