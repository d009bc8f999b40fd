//! scrypt (RFC 7914).

use scrypt::{Params, scrypt};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{HashProblem, base64, number};
use crate::domain::PasswordHash;

/// The most memory, and the most work (memory times lanes) allowed, in KiB: 256 MiB, less than a second.
const MAX_KIB: u64 = PasswordHash::MAX_MEMORY_KIB as u64;
/// The least work that is not called weak, in KiB.
const GOOD_KIB: u64 = 16 * 1024;
/// The shortest output accepted, in bytes.
const MIN_OUTPUT: usize = 16;
const MAX_OUTPUT: usize = 64;

const MALFORMED: HashProblem = HashProblem::Malformed("scrypt");

pub(in crate::auth::password) struct Scrypt {
    params: Params,
    memory_kib: u32,
    lanes: u32,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Scrypt {
    /// `$scrypt$ln=16,r=8,p=1$salt$hash`
    pub fn parse_phc(text: &str) -> Result<Self, HashProblem> {
        let fields: Vec<_> = text.split('$').collect();
        let [_, _, params, salt, output] = fields[..] else { return Err(MALFORMED) };
        let params: Vec<_> = params.split(',').map(|param| param.split_once('=')).collect();
        let [Some(("ln", log_n)), Some(("r", r)), Some(("p", p))] = params[..] else {
            return Err(HashProblem::Parameters);
        };
        Self::new(number(log_n)?, number(r)?, number(p)?, base64(salt), base64(output))
    }

    /// What follows `scrypt$`, as Django writes it: `16384$salt$8$5$hash`. The salt is text.
    pub fn parse_django(fields: &str) -> Result<Self, HashProblem> {
        let fields: Vec<_> = fields.split('$').collect();
        let [n, salt, r, p, output] = fields[..] else { return Err(MALFORMED) };
        let n: u64 = number(n)?;
        if !n.is_power_of_two() {
            return Err(HashProblem::Parameters);
        }
        Self::new(n.trailing_zeros(), number(r)?, number(p)?, Some(salt.as_bytes().to_vec()), base64(output))
    }

    fn new(log_n: u32, r: u32, p: u32, salt: Option<Vec<u8>>, output: Option<Vec<u8>>) -> Result<Self, HashProblem> {
        let (Some(salt), Some(output)) = (salt, output) else { return Err(MALFORMED) };
        if !(MIN_OUTPUT..=MAX_OUTPUT).contains(&output.len()) {
            return Err(MALFORMED);
        }
        if log_n == 0 || r == 0 || p == 0 {
            return Err(HashProblem::Parameters);
        }
        let too_expensive = HashProblem::TooExpensive("256 MiB of scrypt's memory times lanes (128 · N · r · p)");
        let block = u64::from(r).saturating_mul(128);
        let memory = 1_u64.checked_shl(log_n).unwrap_or(u64::MAX).saturating_mul(block);
        if memory.saturating_mul(p.into()).div_ceil(1024) > MAX_KIB {
            return Err(too_expensive);
        }
        // Beside the memory for N there are a block for each lane, and two more.
        let memory_kib = memory.saturating_add(block.saturating_mul(u64::from(p) + 2)).div_ceil(1024).min(MAX_KIB);
        let memory_kib = u32::try_from(memory_kib).map_err(|_| too_expensive)?;
        let log_n = u8::try_from(log_n).map_err(|_| too_expensive)?;
        let params = Params::new(log_n, r, p).map_err(|_| HashProblem::Parameters)?;
        Ok(Self { params, memory_kib, lanes: p, salt, output })
    }

    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    pub fn verify(&self, password: &[u8]) -> bool {
        let mut out = Zeroizing::new([0; MAX_OUTPUT]);
        let out = &mut out[..self.output.len()];
        scrypt(password, &self.salt, &self.params, out).is_ok() && bool::from(out.ct_eq(&self.output))
    }

    pub fn is_weak(&self) -> bool {
        u64::from(self.memory_kib) * u64::from(self.lanes) < GOOD_KIB
    }
}
