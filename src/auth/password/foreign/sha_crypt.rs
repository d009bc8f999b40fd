//! sha-crypt (`$5$…`, `$6$…`), as crypt(3) of Linux makes it.

use sha_crypt::{Params, PasswordHashRef, PasswordVerifier as _, ShaCrypt as Verifier};

use super::{HashProblem, number};

/// How many rounds are allowed: less than a second.
const MAX_ROUNDS: u32 = 1_000_000;
/// The least that is not called weak. The default of crypt(3) is 5000.
const GOOD_ROUNDS: u32 = 100_000;
const MAX_SALT: usize = 16;
/// Each round hashes the password twice: so many bytes times rounds are allowed.
const MAX_WORK: usize = 64 * MAX_ROUNDS as usize;

const MALFORMED: HashProblem = HashProblem::Malformed("sha-crypt");

pub(in crate::auth::password) struct ShaCrypt {
    text: Box<str>,
    rounds: u32,
}

impl ShaCrypt {
    /// `$5$rounds=5000$salt$hash`; the rounds may be missing.
    pub fn parse(text: &str) -> Result<Self, HashProblem> {
        let fields: Vec<_> = text.split('$').collect();
        let (rounds, [kind, salt, output]) = match fields[..] {
            [_, kind, salt, output] => (Params::RECOMMENDED_ROUNDS, [kind, salt, output]),
            [_, kind, rounds, salt, output] => {
                (number(rounds.strip_prefix("rounds=").ok_or(MALFORMED)?)?, [kind, salt, output])
            }
            _ => return Err(MALFORMED),
        };
        let whole = if kind == "5" { 43 } else { 86 };
        let is_sign = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'/');
        if output.len() != whole || !output.bytes().all(is_sign) || salt.len() > MAX_SALT {
            return Err(MALFORMED);
        }
        if rounds > MAX_ROUNDS {
            return Err(HashProblem::TooExpensive("1000000 rounds of sha-crypt"));
        }
        if rounds < Params::ROUNDS_MIN {
            return Err(HashProblem::Parameters);
        }
        PasswordHashRef::new(text).map_err(|_| MALFORMED)?;
        Ok(Self { text: text.into(), rounds })
    }

    pub fn verify(&self, password: &[u8]) -> bool {
        // Nobody has such a password; somebody may send one to keep a core busy.
        if password.len().saturating_mul(self.rounds as usize) > MAX_WORK {
            return false;
        }
        PasswordHashRef::new(&self.text).is_ok_and(|hash| Verifier::SHA512.verify_password(password, hash).is_ok())
    }

    pub const fn is_weak(&self) -> bool {
        self.rounds < GOOD_ROUNDS
    }
}
