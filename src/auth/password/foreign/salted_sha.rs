//! One SHA of password and salt, as LDAP servers keep it (`{SSHA}…`). Always weak.

use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use subtle::ConstantTimeEq as _;

use super::{HashProblem, base64};

pub(in crate::auth::password) struct SaltedSha {
    algorithm: &'static Algorithm,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl SaltedSha {
    /// `scheme` stood between the braces, in lower case; `text` is Base64 of the hash and the salt.
    pub fn parse(scheme: &str, text: &str) -> Result<Self, HashProblem> {
        let (algorithm, salted) = match scheme {
            "sha" => (&SHA1_FOR_LEGACY_USE_ONLY, false),
            "ssha" => (&SHA1_FOR_LEGACY_USE_ONLY, true),
            "sha256" => (&SHA256, false),
            "ssha256" => (&SHA256, true),
            "sha384" => (&SHA384, false),
            "ssha384" => (&SHA384, true),
            "sha512" => (&SHA512, false),
            "ssha512" => (&SHA512, true),
            _ => return Err(HashProblem::Unknown),
        };
        let malformed = HashProblem::Malformed("SHA");
        let mut output = base64(text).ok_or(malformed)?;
        if output.len() < algorithm.output_len() {
            return Err(malformed);
        }
        let salt = output.split_off(algorithm.output_len());
        if salt.is_empty() == salted {
            return Err(malformed);
        }
        Ok(Self { algorithm, salt, output })
    }

    pub fn verify(&self, password: &[u8]) -> bool {
        let mut context = Context::new(self.algorithm);
        context.update(password);
        context.update(&self.salt);
        context.finish().as_ref().ct_eq(&self.output).into()
    }
}
