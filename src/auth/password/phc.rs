//! Hashes of the argon2 family, as PHC strings.

use argon2::password_hash::phc::{self, Ident, Output, Salt};
use argon2::{Algorithm, Argon2, Params, Version};

use super::problem::HashProblem;
use crate::domain::PasswordHash;

const MALFORMED: HashProblem = HashProblem::Malformed("argon2");
/// The least work that is not called weak, in KiB. OWASP asks for 35 MiB.
const GOOD_WORK_KIB: u64 = 32 * 1024;

/// Whether hashes by these settings can be stored and verified.
pub(super) fn check_cost(params: &Params) -> Result<(), HashProblem> {
    let affordable = params.m_cost() <= PasswordHash::MAX_MEMORY_KIB && work(params) <= PasswordHash::MAX_WORK_KIB;
    affordable.then_some(()).ok_or(HashProblem::TooExpensive("256 MiB of memory, and 1 GiB of memory times passes"))
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
    PasswordHash::new(&written.to_string()).ok_or(MALFORMED)
}

/// A parsed hash: argon2id, argon2i or argon2d, version 1.0 or 1.3, any parameters up to
/// [`PasswordHash::MAX_MEMORY_KIB`] and [`PasswordHash::MAX_WORK_KIB`], salt of 8 to 48 bytes, output of 10 to 64.
pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    pub params: Params,
    pub salt: Salt,
    pub output: Output,
}

impl Argon2Hash {
    /// Parses a hash, unless verifying it is impossible or too expensive.
    pub fn parse(sent: &str) -> Result<Self, HashProblem> {
        let name = sent.strip_prefix('$').and_then(|rest| rest.split('$').next()).ok_or(MALFORMED)?;
        let algorithm = Algorithm::new(name).map_err(|_| HashProblem::Unknown)?;
        let hash = phc::PasswordHash::new(sent).map_err(|_| MALFORMED)?;
        let (Some(salt), Some(output)) = (hash.salt, hash.hash) else { return Err(MALFORMED) };
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

    /// See [`super::is_weak`].
    pub fn is_weak(&self) -> bool {
        work(&self.params) < GOOD_WORK_KIB
    }
}
