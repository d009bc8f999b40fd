//! PBKDF2 (RFC 8018), as its many users write it.

use std::num::NonZeroU32;

use aws_lc_rs::digest::{SHA1_OUTPUT_LEN, SHA256_OUTPUT_LEN, SHA512_OUTPUT_LEN};
use aws_lc_rs::pbkdf2::{self, Algorithm, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};

use super::{HashProblem, base64, number};

/// How many iterations are allowed, of all blocks of the output together: a second.
const MAX_ITERATIONS: u64 = 2_000_000;
/// The least that is not called weak. OWASP asks for twice to six times as many.
const GOOD_ITERATIONS: u32 = 100_000;
/// The shortest output accepted, in bytes: what is shorter is found by chance.
const MIN_OUTPUT: usize = 16;
const MAX_OUTPUT: usize = 64;

const MALFORMED: HashProblem = HashProblem::Malformed("PBKDF2");

pub(in crate::auth::password) struct Pbkdf2 {
    algorithm: Algorithm,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Pbkdf2 {
    /// `$pbkdf2-sha256$i=600000,l=32$salt$hash` (PHC) or `$pbkdf2-sha256$29000$salt$hash` (passlib).
    pub fn parse_phc(text: &str) -> Result<Self, HashProblem> {
        let fields: Vec<_> = text.split('$').collect();
        let [_, name, params, salt, output] = fields[..] else { return Err(MALFORMED) };
        let function = function(name.strip_prefix("pbkdf2").unwrap_or_default())?;
        let (mut iterations, mut length) = (None, None);
        for param in params.split(',') {
            match param.split_once('=') {
                None => iterations = Some(param),
                Some(("i", count)) => iterations = Some(count),
                Some(("l", bytes)) => length = Some(number::<usize>(bytes)?),
                Some(_) => return Err(HashProblem::Parameters),
            }
        }
        let iterations = number(iterations.ok_or(HashProblem::Parameters)?)?;
        let hash = Self::new(function, iterations, base64(salt), base64(output))?;
        if length.is_some_and(|length| length != hash.output.len()) {
            return Err(HashProblem::Parameters);
        }
        Ok(hash)
    }

    /// What follows `pbkdf2_`, as Django writes it: `sha256$600000$salt$hash`. The salt is text.
    pub fn parse_django(fields: &str) -> Result<Self, HashProblem> {
        let fields: Vec<_> = fields.split('$').collect();
        let [name, iterations, salt, output] = fields[..] else { return Err(MALFORMED) };
        Self::new(function(name)?, number(iterations)?, Some(salt.as_bytes().to_vec()), base64(output))
    }

    /// What follows `{PBKDF2-SHA256}`, as `OpenLDAP` writes it: `10000$salt$hash`.
    pub fn parse_ldap(scheme: &str, fields: &str) -> Result<Self, HashProblem> {
        let fields: Vec<_> = fields.split('$').collect();
        let [iterations, salt, output] = fields[..] else { return Err(MALFORMED) };
        let function = function(scheme.strip_prefix("pbkdf2").unwrap_or_default())?;
        Self::new(function, number(iterations)?, base64(salt), base64(output))
    }

    /// Base64 of what `PasswordHasher` of ASP.NET Identity writes. Version 2: 0, 16 bytes of salt, 32 of output, 1000
    /// iterations of SHA-1. Version 3: 1, the function, the iterations and the salt's length, each as four bytes; salt;
    /// output.
    pub fn parse_asp_net(text: &str) -> Result<Self, HashProblem> {
        let bytes = base64(text).ok_or(HashProblem::Unknown)?;
        match bytes.split_first() {
            Some((0, rest)) if rest.len() == 48 => {
                let (salt, output) = rest.split_at(16);
                Self::new((PBKDF2_HMAC_SHA1, SHA1_OUTPUT_LEN), 1000, Some(salt.to_vec()), Some(output.to_vec()))
            }
            Some((1, rest)) => {
                let (head, rest) = rest.split_first_chunk::<12>().ok_or(HashProblem::Unknown)?;
                let [function, iterations, salt] =
                    [0, 4, 8].map(|at| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
                let function = match function {
                    0 => (PBKDF2_HMAC_SHA1, SHA1_OUTPUT_LEN),
                    1 => (PBKDF2_HMAC_SHA256, SHA256_OUTPUT_LEN),
                    2 => (PBKDF2_HMAC_SHA512, SHA512_OUTPUT_LEN),
                    _ => return Err(HashProblem::Unknown),
                };
                let salt = usize::try_from(salt).map_err(|_| HashProblem::Unknown)?;
                let (salt, output) = rest.split_at_checked(salt).ok_or(HashProblem::Unknown)?;
                Self::new(function, iterations, Some(salt.to_vec()), Some(output.to_vec()))
            }
            _ => Err(HashProblem::Unknown),
        }
    }

    fn new(
        (algorithm, block): (Algorithm, usize),
        iterations: u32,
        salt: Option<Vec<u8>>,
        output: Option<Vec<u8>>,
    ) -> Result<Self, HashProblem> {
        let (Some(salt), Some(output)) = (salt, output) else { return Err(MALFORMED) };
        if !(MIN_OUTPUT..=MAX_OUTPUT).contains(&output.len()) {
            return Err(MALFORMED);
        }
        let iterations = NonZeroU32::new(iterations).ok_or(HashProblem::Parameters)?;
        if u64::from(iterations.get()) * output.len().div_ceil(block) as u64 > MAX_ITERATIONS {
            return Err(HashProblem::TooExpensive(
                "2000000 iterations of PBKDF2, times the blocks that its function makes the hash of",
            ));
        }
        Ok(Self { algorithm, iterations, salt, output })
    }

    pub fn verify(&self, password: &[u8]) -> bool {
        pbkdf2::verify(self.algorithm, self.iterations, &self.salt, password, &self.output).is_ok()
    }

    pub const fn is_weak(&self) -> bool {
        self.iterations.get() < GOOD_ITERATIONS
    }
}

/// The function of this name, and how many bytes it makes at once. SHA-1 is what PBKDF2 uses if nothing else is said.
fn function(name: &str) -> Result<(Algorithm, usize), HashProblem> {
    match name.strip_prefix('-').unwrap_or(name) {
        "" | "sha1" => Ok((PBKDF2_HMAC_SHA1, SHA1_OUTPUT_LEN)),
        "sha256" => Ok((PBKDF2_HMAC_SHA256, SHA256_OUTPUT_LEN)),
        "sha512" => Ok((PBKDF2_HMAC_SHA512, SHA512_OUTPUT_LEN)),
        _ => Err(HashProblem::Unknown),
    }
}
