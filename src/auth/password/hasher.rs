//! Hashing and verifying, on one thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::{Output, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use rustix::time::{ClockId, clock_gettime};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::foreign::Foreign;
use super::memory::Memory;
use super::phc;
use super::problem::HashProblem;
use super::stored::Stored;
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
    /// The work of a refusal, in KiB: that of `params`, or of the dearest hash that was verified on any thread.
    refusal: Arc<AtomicU64>,
}

impl HashParams {
    /// # Errors
    /// Parameters out of argon2's range or above the caps of [`phc`].
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, HashError> {
        let params = Params::new(memory_kib, iterations, parallelism, Some(OUTPUT_BYTES))?;
        phc::check_cost(&params)?;
        let dummy = phc::format(&params, salt()?, output(&random::<OUTPUT_BYTES>()?)?)?;
        let refusal = Arc::new(AtomicU64::new(phc::work(&params)));
        Ok(Self { params, dummy, refusal })
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
    /// The time of this thread that argon2 last took for a KiB, in nanoseconds; it measures what other hashes cost.
    pace: Option<u64>,
    #[cfg(test)]
    worked: u64,
}

impl Hasher {
    pub fn new(recipe: HashParams, memory: Memory) -> Self {
        Self {
            recipe,
            memory,
            pace: None,
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
        let (same, current, done) = match Stored::parse(hash.unwrap_or(&self.recipe.dummy).as_str()) {
            Ok(Stored::Argon2(stored)) => {
                let mut out = Zeroizing::new([0; Output::MAX_LENGTH]);
                let out = &mut out[..stored.output.len()];
                self.run(&stored.argon2(), password, &stored.salt, out)?;
                let same = bool::from(out.ct_eq(stored.output.as_bytes()));
                (same, stored.is_current(&self.recipe.params), phc::work(&stored.params))
            }
            Ok(Stored::Foreign(foreign)) => {
                let (same, done) = self.verify_foreign(password, &foreign)?;
                (same, false, done)
            }
            Err(problem) => {
                self.pad_work(password, 0)?;
                return Ok(Verdict::Unverifiable(problem));
            }
        };
        self.recipe.refusal.fetch_max(done, Ordering::Relaxed);
        if !same || hash.is_none() {
            self.pad_work(password, done)?;
            return Ok(Verdict::Wrong);
        }
        if current {
            return Ok(Verdict::Right);
        }
        // The password is right: if a better hash cannot be made now, the next login makes it.
        Ok(self.hash(password).map_or(Verdict::Right, Verdict::Outdated))
    }

    /// Whether it is right, and the work of argon2 that takes as long as this took, in KiB.
    fn verify_foreign(&mut self, password: &Password, hash: &Foreign) -> Result<(bool, u64), HashError> {
        if self.pace.is_none() {
            self.pad_work(password, 0)?;
        }
        let begun = spent();
        let same = self.memory.aside(hash.memory_kib(), || hash.verify(password.as_bytes()));
        let nanos = u64::try_from(spent().saturating_sub(begun).as_nanos()).unwrap_or(u64::MAX);
        let done = self.pace.map_or(0, |pace| nanos / pace.max(1));
        #[cfg(test)]
        {
            self.worked += done;
        }
        Ok((same, done))
    }

    /// Does the rest of the work of a refusal, when `done` KiB of it were done: whole passes over the memory of the
    /// settings, and one over a part of it.
    fn pad_work(&mut self, password: &Password, done: u64) -> Result<(), HashError> {
        let missing = self.recipe.refusal.load(Ordering::Relaxed).saturating_sub(done);
        let memory = self.recipe.params.m_cost();
        let (passes, rest) = (missing / u64::from(memory), missing % u64::from(memory));
        let [passes, rest] = [passes, rest].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        for (memory, passes) in [(memory, passes), (rest, 1)] {
            // Fails if it is too little for a hash, and to be measured.
            if let Ok(params) = Params::new(memory, passes, Params::MIN_P_COST, None) {
                let mut out = Zeroizing::new([0; OUTPUT_BYTES]);
                self.run(&Argon2::from(params), password, &[0; SALT_BYTES], out.as_mut_slice())?;
            }
        }
        Ok(())
    }

    fn run(&mut self, argon2: &Argon2<'_>, password: &Password, salt: &[u8], out: &mut [u8]) -> Result<(), HashError> {
        let work = phc::work(argon2.params());
        #[cfg(test)]
        {
            self.worked += work;
        }
        let count = argon2.params().block_count();
        let (done, took) = self.memory.with(count, |blocks| {
            let begun = spent();
            let done = argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, blocks);
            (done, spent().saturating_sub(begun))
        })?;
        if work >= phc::work(&self.recipe.params) {
            self.pace = u64::try_from(took.as_nanos() / u128::from(work.max(1))).ok();
        }
        Ok(done?)
    }
}

/// How long this thread has run, without the time in which others had its core.
fn spent() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.try_into().unwrap_or(0), spent.tv_nsec.try_into().unwrap_or(0))
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
        let Stored::Argon2(parts) = Stored::parse(first.as_str())? else { return Err("not argon2".into()) };
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
        let unverifiable = stored("$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/")?;
        for (hash, verdict) in [
            (None, Verdict::Wrong),
            (Some(&current), Verdict::Wrong),
            (Some(&cheaper), Verdict::Wrong),
            (Some(&unverifiable), Verdict::Unverifiable(HashProblem::Unknown)),
        ] {
            let mut hasher = hasher(64, 2)?;
            assert_eq!(hasher.verify(&password("wrong")?, hash)?, verdict);
            assert_eq!(hasher.worked, 64 * 2);
        }
        Ok(())
    }

    #[test]
    fn a_dearer_hash_raises_the_work_of_every_refusal() -> Outcome {
        let bcrypt = stored("$2b$08$LHcExpZgvYxsWyA.OeBwn.Yrn7pvnhTlQ71.WOLI6qMAiLmQRHhmC")?;
        let dear = hasher(512, 2)?.hash(&password("right")?)?;
        for (dearer, least) in [(&dear, 1024), (&bcrypt, 65)] {
            let mut first = hasher(64, 1)?;
            assert_eq!(first.verify(&password("wrong")?, Some(dearer))?, Verdict::Wrong);
            let raised = first.recipe.refusal.load(Ordering::Relaxed);
            assert!(raised >= least, "{raised}");
            let memory = Memory::new(first.recipe.blocks(), surplus());
            let mut other = Hasher::new(first.recipe.clone(), memory);
            for hash in [None, Some(&stored("$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/")?)] {
                other.worked = 0;
                other.verify(&password("wrong")?, hash)?;
                // What is too little for a hash is left out.
                assert!((raised - 7..=raised).contains(&other.worked), "{} of {raised}", other.worked);
            }
            let cheap = stored("{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0")?;
            other.worked = 0;
            assert_eq!(other.verify(&password("wrong")?, Some(&cheap))?, Verdict::Wrong);
            let raised = other.recipe.refusal.load(Ordering::Relaxed);
            assert!(other.worked + 7 >= raised, "{} of {raised}", other.worked);
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
