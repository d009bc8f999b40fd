//! Stored password hashes: PHC strings of the argon2 family, and how much verifying one may cost.

use argon2::password_hash::phc::{self, Ident, Output, Salt};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::domain::PasswordHash;

/// Why a hash cannot be verified. Never shows the hash: a mixed-up column may hold passwords in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashProblem {
    /// No PHC string, or longer than [`PasswordHash::MAX_BYTES`].
    #[error("the password hash is not in PHC form ($argon2id$v=19$m=19456,t=2,p=1$salt$hash)")]
    NotPhc,
    /// bcrypt, scrypt, PBKDF2 or anything else.
    #[error("the password hash is not of the argon2 family (argon2id, argon2i, argon2d)")]
    NotArgon2,
    /// A parameter is missing, unknown or out of argon2's range.
    #[error("the password hash has wrong parameters")]
    Parameters,
    /// Above [`PasswordHash::MAX_MEMORY_KIB`] or [`PasswordHash::MAX_WORK_KIB`].
    #[error("the password hash needs more than 256 MiB of memory, or more than 1 GiB of memory times passes")]
    TooExpensive,
}

/// Checks that a hash made elsewhere can be verified here: argon2id, argon2i or argon2d in PHC form, version 1.0 or
/// 1.3, any parameters up to [`PasswordHash::MAX_MEMORY_KIB`] and [`PasswordHash::MAX_WORK_KIB`], salt of 8 to 48
/// bytes, output of 10 to 64.
///
/// # Errors
/// [`HashProblem`]: a sentence for the operator who imports it.
pub fn check_hash(sent: &str) -> Result<PasswordHash, HashProblem> {
    Stored::parse(sent)?;
    PasswordHash::new(sent).ok_or(HashProblem::NotPhc)
}

/// Whether hashes by these settings can be stored and verified.
pub(super) fn check_cost(params: &Params) -> Result<(), HashProblem> {
    let affordable = params.m_cost() <= PasswordHash::MAX_MEMORY_KIB && work(params) <= PasswordHash::MAX_WORK_KIB;
    affordable.then_some(()).ok_or(HashProblem::TooExpensive)
}

/// How much a hash writes, in KiB.
pub(super) fn work(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

/// A hash of ours: argon2id version 1.3.
pub(super) fn format(params: &Params, salt: Salt, output: Output) -> Result<PasswordHash, HashProblem> {
    let written = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params.try_into().map_err(|_| HashProblem::Parameters)?,
        salt: Some(salt),
        hash: Some(output),
    };
    PasswordHash::new(&written.to_string()).ok_or(HashProblem::NotPhc)
}

/// A parsed hash.
pub(super) struct Stored {
    algorithm: Algorithm,
    version: Version,
    pub params: Params,
    pub salt: Salt,
    pub output: Output,
}

impl Stored {
    /// Parses a hash, unless verifying it is impossible or too expensive.
    pub fn parse(sent: &str) -> Result<Self, HashProblem> {
        let name = sent.strip_prefix('$').and_then(|rest| rest.split('$').next()).ok_or(HashProblem::NotPhc)?;
        let algorithm = Algorithm::new(name).map_err(|_| HashProblem::NotArgon2)?;
        let hash = phc::PasswordHash::new(sent).map_err(|_| HashProblem::NotPhc)?;
        let (Some(salt), Some(output)) = (hash.salt, hash.hash) else { return Err(HashProblem::NotPhc) };
        // Without a version it is the first version, as in the reference implementation.
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from);
        let version = version.map_err(|_| HashProblem::Parameters)?;
        // argon2's defaults must not replace missing parameters.
        let named = |name| Ident::new(name).is_ok_and(|name| hash.params.get(name).is_some());
        if !["m", "t", "p"].into_iter().all(named) {
            return Err(HashProblem::Parameters);
        }
        let params = Params::try_from(&hash).map_err(|_| HashProblem::Parameters)?;
        check_cost(&params)?;
        Ok(Self { algorithm, version, params, salt, output })
    }

    /// The function that made it.
    pub fn argon2(&self) -> Argon2<'static> {
        Argon2::new(self.algorithm, self.version, self.params.clone())
    }

    /// Whether [`super::hasher`] would make a hash of this kind today with `params`.
    pub fn is_current(&self, params: &Params) -> bool {
        let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && costs(&self.params) == costs(params)
            && self.salt.len() >= Salt::RECOMMENDED_LENGTH
            && self.output.len() >= Params::DEFAULT_OUTPUT_LEN
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

    #[test]
    fn every_argon2_in_phc_form_can_be_imported() {
        for hash in [
            GOOD,
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
            "$argon2d$v=16$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
        ] {
            assert_eq!(check_hash(hash).as_ref().map(PasswordHash::as_str), Ok(hash));
        }
    }

    #[test]
    fn what_cannot_be_verified_is_refused_with_its_reason() {
        let with = |params: &str| GOOD.replace("m=256,t=2,p=1", params);
        for (hash, problem) in [
            (String::new(), HashProblem::NotPhc),
            ("hunter42".into(), HashProblem::NotPhc),
            ("$argon2id".into(), HashProblem::NotPhc),
            ("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ".into(), HashProblem::NotPhc),
            (format!("{GOOD}$more"), HashProblem::NotPhc),
            (GOOD.replace("c29tZXNhbHQ", "short"), HashProblem::NotPhc),
            (GOOD.replace("c29tZXNhbHQ", &"c29tZXNhbHQ".repeat(60)), HashProblem::NotPhc),
            ("$2b$12$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m".into(), HashProblem::NotArgon2),
            ("$scrypt$ln=16,r=8,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA".into(), HashProblem::NotArgon2),
            (GOOD.replace("v=19", "v=20"), HashProblem::Parameters),
            (with("m=256,t=2"), HashProblem::Parameters),
            (with("m=256,t=2,p=1,x=1"), HashProblem::Parameters),
            (with("m=256,t=0,p=1"), HashProblem::Parameters),
            (with("m=8,t=1,p=16777215"), HashProblem::Parameters),
            (with("m=262145,t=1,p=1"), HashProblem::TooExpensive),
            (with("m=256,t=4294967295,p=1"), HashProblem::TooExpensive),
            (with("m=4294967295,t=4294967295,p=1"), HashProblem::TooExpensive),
        ] {
            assert_eq!(check_hash(&hash), Err(problem), "{hash}");
        }
        assert!(check_hash(&with("m=262144,t=4,p=1")).is_ok());
    }

    proptest! {
        #[test]
        fn nothing_makes_the_parser_panic(
            text in r"\$?(argon2id?|2b)?\$?(v=[0-9]{1,3}\$)?([mtp]=[0-9]{0,11},?){0,4}\$?[A-Za-z0-9+/.=-]{0,60}\$?\PC{0,60}",
        ) {
            let _ = check_hash(&text);
        }
    }
}
