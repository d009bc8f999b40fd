use std::error::Error;
use std::sync::Arc;

use super::*;
use crate::identity::memory::Surplus;
use crate::identity::phc::HashProblem;

type Outcome = Result<(), Box<dyn Error>>;

fn hasher(memory_kib: u32, iterations: u32) -> Result<Hasher, PasswordsError> {
    let recipe = Recipe::new(memory_kib, iterations, 1)?;
    let memory = Memory::new(recipe.blocks(), Arc::new(Surplus::new()));
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
        assert!(Recipe::new(memory_kib, iterations, parallelism).is_err());
    }
}
