//! Hashing and verifying, on one thread.

use argon2::password_hash::phc::{Output, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::memory::Memory;
use super::passwords::{PasswordsError, Verdict};
use super::phc::{self, Stored};
use crate::domain::{Password, PasswordHash};

const OUTPUT_BYTES: usize = Params::DEFAULT_OUTPUT_LEN;
const SALT_BYTES: usize = Salt::RECOMMENDED_LENGTH;

/// How passwords are hashed today.
#[derive(Clone)]
pub(super) struct Recipe {
    params: Params,
    /// A well-formed hash that no password has: salt and output are random.
    dummy: PasswordHash,
}

impl Recipe {
    /// A recipe of these parameters, if they are within argon2's range and what [`phc`] allows.
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, PasswordsError> {
        let params = Params::new(memory_kib, iterations, parallelism, Some(OUTPUT_BYTES))?;
        phc::check_cost(&params)?;
        let dummy = phc::format(&params, salt()?, output(&random::<OUTPUT_BYTES>()?)?)?;
        Ok(Self { params, dummy })
    }

    /// How many blocks of 1 KiB one hash works in.
    pub fn blocks(&self) -> usize {
        self.params.block_count()
    }
}

/// One thread's way to hash.
pub(super) struct Hasher {
    recipe: Recipe,
    memory: Memory,
    #[cfg(test)]
    worked: u64,
}

impl Hasher {
    pub fn new(recipe: Recipe, memory: Memory) -> Self {
        Self {
            recipe,
            memory,
            #[cfg(test)]
            worked: 0,
        }
    }

    /// See [`super::Passwords::hash`].
    pub fn hash(&mut self, password: &Password) -> Result<PasswordHash, PasswordsError> {
        let salt = salt()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.recipe.params.clone());
        let mut out = Zeroizing::new([0; OUTPUT_BYTES]);
        self.run(&argon2, password, &salt, out.as_mut_slice())?;
        Ok(phc::format(&self.recipe.params, salt, output(out.as_slice())?)?)
    }

    /// See [`super::Passwords::verify`].
    pub fn verify(&mut self, password: &Password, hash: Option<&PasswordHash>) -> Result<Verdict, PasswordsError> {
        let stored = match Stored::parse(hash.unwrap_or(&self.recipe.dummy).as_str()) {
            Ok(stored) => stored,
            Err(problem) => {
                self.make_up(password, 0)?;
                return Ok(Verdict::Unverifiable(problem));
            }
        };
        let mut out = Zeroizing::new([0; Output::MAX_LENGTH]);
        let out = &mut out[..stored.output.len()];
        self.run(&stored.argon2(), password, &stored.salt, out)?;
        let same = bool::from(out.ct_eq(stored.output.as_bytes()));
        if !same || hash.is_none() {
            self.make_up(password, phc::work(&stored.params))?;
            return Ok(Verdict::Wrong);
        }
        if stored.is_current(&self.recipe.params) {
            return Ok(Verdict::Right);
        }
        // The person is proven: a hash that cannot be made now is made at the next login.
        Ok(self.hash(password).map_or(Verdict::Right, Verdict::Outdated))
    }

    /// Does the rest of the work of one hash, when `done` KiB of it were done.
    fn make_up(&mut self, password: &Password, done: u64) -> Result<(), PasswordsError> {
        let params = &self.recipe.params;
        let missing = phc::work(params).saturating_sub(done) / u64::from(params.t_cost());
        let memory = u32::try_from(missing).unwrap_or(u32::MAX);
        let Ok(rest) = Params::new(memory, params.t_cost(), Params::MIN_P_COST, None) else {
            return Ok(()); // too little for a hash, and to be measured
        };
        let mut out = Zeroizing::new([0; OUTPUT_BYTES]);
        self.run(&Argon2::from(rest), password, &[0; SALT_BYTES], out.as_mut_slice())
    }

    fn run(
        &mut self,
        argon2: &Argon2<'_>,
        password: &Password,
        salt: &[u8],
        out: &mut [u8],
    ) -> Result<(), PasswordsError> {
        #[cfg(test)]
        {
            self.worked += phc::work(argon2.params());
        }
        let count = argon2.params().block_count();
        let done = self
            .memory
            .with(count, |blocks| argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, blocks))?;
        Ok(done?)
    }
}

fn salt() -> Result<Salt, PasswordsError> {
    Salt::new(&random::<SALT_BYTES>()?).map_err(|_| PasswordsError::Argon2(argon2::Error::SaltTooShort))
}

fn output(bytes: &[u8]) -> Result<Output, PasswordsError> {
    Output::new(bytes).map_err(|_| PasswordsError::Argon2(argon2::Error::OutputTooShort))
}

fn random<const N: usize>() -> Result<[u8; N], PasswordsError> {
    let mut bits = [0; N];
    getrandom::fill(&mut bits)?;
    Ok(bits)
}

#[cfg(test)]
#[path = "hasher_tests.rs"]
mod tests;
