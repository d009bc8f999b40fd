//! Hashing and verifying, on one thread.

use argon2::password_hash::phc::{Output, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::memory::Memory;
use super::phc::{self, HashProblem, Stored};
use crate::domain::{Password, PasswordHash};

const OUTPUT_BYTES: usize = Params::DEFAULT_OUTPUT_LEN;
const SALT_BYTES: usize = Salt::RECOMMENDED_LENGTH;

/// What verifying came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or there was no hash.
    Wrong,
    /// The stored hash cannot be verified: to the caller the same as [`Self::Wrong`], to the operator an error.
    Unverifiable(HashProblem),
    /// The password is right.
    Right,
    /// The password is right, but its hash is not as the settings ask. This new one is.
    Outdated(PasswordHash),
}

/// Why a hash was not made.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The parameters are out of argon2's range, or there is no memory.
    #[error("argon2: {0}")]
    Argon2(#[from] argon2::Error),
    /// The parameters ask for more than [`super::check_hash`] would accept.
    #[error(transparent)]
    Parameters(#[from] HashProblem),
    /// The operating system gave no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

/// How new hashes are made.
#[derive(Clone)]
pub(super) struct HashParams {
    params: Params,
    /// A well-formed hash that no password has: salt and output are random.
    dummy: PasswordHash,
}

impl HashParams {
    /// # Errors
    /// Parameters out of argon2's range or above the caps of [`phc`].
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, HashError> {
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

/// Hashes on one thread, in memory that it keeps.
pub(super) struct Hasher {
    recipe: HashParams,
    memory: Memory,
    #[cfg(test)]
    worked: u64,
}

impl Hasher {
    pub fn new(recipe: HashParams, memory: Memory) -> Self {
        Self {
            recipe,
            memory,
            #[cfg(test)]
            worked: 0,
        }
    }

    /// See [`crate::auth::Passwords::hash`].
    pub fn hash(&mut self, password: &Password) -> Result<PasswordHash, HashError> {
        let salt = salt()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.recipe.params.clone());
        let mut out = Zeroizing::new([0; OUTPUT_BYTES]);
        self.run(&argon2, password, &salt, out.as_mut_slice())?;
        Ok(phc::format(&self.recipe.params, salt, output(out.as_slice())?)?)
    }

    /// See [`crate::auth::Passwords::verify`].
    pub fn verify(&mut self, password: &Password, hash: Option<&PasswordHash>) -> Result<Verdict, HashError> {
        let stored = match Stored::parse(hash.unwrap_or(&self.recipe.dummy).as_str()) {
            Ok(stored) => stored,
            Err(problem) => {
                self.pad_work(password, 0)?;
                return Ok(Verdict::Unverifiable(problem));
            }
        };
        let mut out = Zeroizing::new([0; Output::MAX_LENGTH]);
        let out = &mut out[..stored.output.len()];
        self.run(&stored.argon2(), password, &stored.salt, out)?;
        let same = bool::from(out.ct_eq(stored.output.as_bytes()));
        if !same || hash.is_none() {
            self.pad_work(password, phc::work(&stored.params))?;
            return Ok(Verdict::Wrong);
        }
        if stored.is_current(&self.recipe.params) {
            return Ok(Verdict::Right);
        }
        // The password is right: if a better hash cannot be made now, the next login makes it.
        Ok(self.hash(password).map_or(Verdict::Right, Verdict::Outdated))
    }

    /// Does the rest of the work of one hash, when `done` KiB of it were done.
    fn pad_work(&mut self, password: &Password, done: u64) -> Result<(), HashError> {
        let params = &self.recipe.params;
        let missing = phc::work(params).saturating_sub(done) / u64::from(params.t_cost());
        let memory = u32::try_from(missing).unwrap_or(u32::MAX);
        let Ok(rest) = Params::new(memory, params.t_cost(), Params::MIN_P_COST, None) else {
            return Ok(()); // too little for a hash, and to be measured
        };
        let mut out = Zeroizing::new([0; OUTPUT_BYTES]);
        self.run(&Argon2::from(rest), password, &[0; SALT_BYTES], out.as_mut_slice())
    }

    fn run(&mut self, argon2: &Argon2<'_>, password: &Password, salt: &[u8], out: &mut [u8]) -> Result<(), HashError> {
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

fn salt() -> Result<Salt, HashError> {
    Salt::new(&random::<SALT_BYTES>()?).map_err(|_| HashError::Argon2(argon2::Error::SaltTooShort))
}

fn output(bytes: &[u8]) -> Result<Output, HashError> {
    Output::new(bytes).map_err(|_| HashError::Argon2(argon2::Error::OutputTooShort))
}

fn random<const N: usize>() -> Result<[u8; N], HashError> {
    let mut bits = [0; N];
    getrandom::fill(&mut bits)?;
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::auth::password::memory::surplus;

    type Outcome = Result<(), Box<dyn Error>>;

    fn hasher(memory_kib: u32, iterations: u32) -> Result<Hasher, HashError> {
        let recipe = HashParams::new(memory_kib, iterations, 1)?;
        let memory = Memory::new(recipe.blocks(), surplus());
        Ok(Hasher::new(recipe, memory))
    }

    fn password(text: &str) -> Result<Password, &'static str> {
        Password::new(text).ok_or("password")
    }

    fn stored(phc: &str) -> Result<PasswordHash, &'static str> {
        PasswordHash::new(phc).ok_or("hash")
    }

    /// Vectors of the reference implementation (github.com/P-H-C/phc-winner-argon2, src/test.c).
    #[test]
    fn hashes_made_elsewhere_are_verified_and_replaced() -> Outcome {
        let mut hasher = hasher(64, 2)?;
        for foreign in [
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
            "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        ] {
            let foreign = stored(foreign)?;
            assert_eq!(hasher.verify(&password("Password")?, Some(&foreign))?, Verdict::Wrong);
            let Verdict::Outdated(better) = hasher.verify(&password("password")?, Some(&foreign))? else {
                return Err(format!("not outdated: {}", foreign.as_str()).into());
            };
            assert!(better.as_str().starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
            assert_eq!(hasher.verify(&password("password")?, Some(&better))?, Verdict::Right);
        }
        Ok(())
    }

    #[test]
    fn a_hash_is_random_and_of_the_settings() -> Outcome {
        let mut hasher = hasher(64, 3)?;
        let first = hasher.hash(&password("geheim")?)?;
        assert_ne!(first, hasher.hash(&password("geheim")?)?);
        let parts = Stored::parse(first.as_str())?;
        assert_eq!((parts.salt.len(), parts.output.len()), (16, 32));
        assert_eq!((parts.params.m_cost(), parts.params.t_cost(), parts.params.p_cost()), (64, 3, 1));
        Ok(())
    }

    #[test]
    fn composed_and_decomposed_and_long_passwords_are_whole() -> Outcome {
        let mut hasher = hasher(64, 1)?;
        let hash = hasher.hash(&password("caf\u{e9}")?)?;
        assert_eq!(hasher.verify(&password("cafe\u{301}")?, Some(&hash))?, Verdict::Right);
        assert_eq!(hasher.verify(&password("cafe")?, Some(&hash))?, Verdict::Wrong);
        let long = "x".repeat(1023);
        let hash = hasher.hash(&password(&format!("{long}1"))?)?;
        assert_eq!(hasher.verify(&password(&format!("{long}2"))?, Some(&hash))?, Verdict::Wrong);
        Ok(())
    }

    #[test]
    fn every_refusal_is_the_same_work() -> Outcome {
        let current = hasher(64, 2)?.hash(&password("right")?)?;
        let cheaper = hasher(24, 1)?.hash(&password("right")?)?;
        let unverifiable = stored("$2b$12$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m")?;
        for (hash, verdict) in [
            (None, Verdict::Wrong),
            (Some(&current), Verdict::Wrong),
            (Some(&cheaper), Verdict::Wrong),
            (Some(&unverifiable), Verdict::Unverifiable(HashProblem::NotArgon2)),
        ] {
            let mut hasher = hasher(64, 2)?;
            assert_eq!(hasher.verify(&password("wrong")?, hash)?, verdict);
            assert_eq!(hasher.worked, 64 * 2);
        }
        Ok(())
    }

    #[test]
    fn parameters_beyond_argon2_or_the_caps_are_refused() {
        for (memory_kib, iterations, parallelism) in [(7, 1, 1), (64, 0, 1), (64, 1, 0), (64, 1, 9), (262_145, 1, 1)] {
            assert!(HashParams::new(memory_kib, iterations, parallelism).is_err());
        }
    }
}
