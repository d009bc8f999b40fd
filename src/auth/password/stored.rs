//! Stored password hashes of every kind, and how much verifying one may cost.

use super::foreign::Foreign;
use super::phc::Argon2Hash;
use super::problem::HashProblem;
use crate::domain::PasswordHash;

/// A parsed hash.
pub(super) enum Stored {
    Argon2(Argon2Hash),
    Foreign(Foreign),
}

impl Stored {
    /// Parses a hash, unless verifying it is impossible or too expensive. Its beginning tells its kind.
    pub fn parse(sent: &str) -> Result<Self, HashProblem> {
        if sent.len() > PasswordHash::MAX_BYTES {
            return Err(HashProblem::Unknown);
        }
        match framed_argon2(sent) {
            Some(phc) => Argon2Hash::parse(phc).map(Self::Argon2),
            None => Foreign::parse(sent).map(Self::Foreign),
        }
    }
}

/// The PHC string of the argon2 family, by itself or as Django and `OpenLDAP` frame it.
fn framed_argon2(sent: &str) -> Option<&str> {
    let phc = sent.strip_prefix("argon2").or_else(|| sent.strip_prefix("{ARGON2}")).unwrap_or(sent);
    phc.starts_with("$argon2").then_some(phc)
}

/// Checks that a hash made elsewhere can be verified here at a bounded cost, which each kind states.
///
/// # Errors
/// [`HashProblem`]: a sentence for the operator who imports it.
pub fn check_hash(sent: &str) -> Result<PasswordHash, HashProblem> {
    Stored::parse(sent)?;
    PasswordHash::new(sent).ok_or(HashProblem::Unknown)
}

/// Whether whoever steals this hash finds its password much faster than from a good one: without a salt, hashed once,
/// or with few iterations. A hash that cannot be verified is not weak.
#[must_use]
pub fn is_weak(hash: &PasswordHash) -> bool {
    match Stored::parse(hash.as_str()) {
        Ok(Stored::Argon2(stored)) => stored.is_weak(),
        Ok(Stored::Foreign(foreign)) => foreign.is_weak(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ARGON2: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    const BCRYPT: &str = "$2b$12$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m";
    const OUTPUT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn with_argon2(params: &str) -> String {
        ARGON2.replace("m=256,t=2,p=1", params)
    }

    #[test]
    fn every_argon2_in_phc_form_can_be_imported() {
        for hash in [
            ARGON2,
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
            "$argon2d$v=16$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
            &format!("argon2{ARGON2}"),
            &format!("{{ARGON2}}{ARGON2}"),
        ] {
            assert_eq!(check_hash(hash).as_ref().map(PasswordHash::as_str), Ok(hash));
        }
    }

    #[test]
    fn what_cannot_be_verified_is_refused_with_its_reason() {
        let argon2 = HashProblem::Malformed("argon2");
        for (hash, problem) in [
            (String::new(), HashProblem::Unknown),
            ("hunter42".into(), HashProblem::Unknown),
            ("$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/".into(), HashProblem::Unknown),
            ("{SMD5}4QWGWZpj9GCmfuqEvm8HtZhZS6E=".into(), HashProblem::Unknown),
            (format!("{{SSHA}}{}", "A".repeat(600)), HashProblem::Unknown),
            ("$argon2id".into(), argon2),
            ("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ".into(), argon2),
            (format!("{ARGON2}$more"), argon2),
            (ARGON2.replace("c29tZXNhbHQ", "short"), argon2),
            (ARGON2.replace("c29tZXNhbHQ", &"c29tZXNhbHQ".repeat(30)), argon2),
            (ARGON2.replace("v=19", "v=20"), HashProblem::Parameters),
            (with_argon2("m=256,t=2"), HashProblem::Parameters),
            (with_argon2("m=256,t=2,p=1,x=1"), HashProblem::Parameters),
            (with_argon2("m=256,t=0,p=1"), HashProblem::Parameters),
            (with_argon2("m=8,t=1,p=16777215"), HashProblem::Parameters),
            (BCRYPT[..59].into(), HashProblem::Malformed("bcrypt")),
            (BCRYPT.replace("$12$", "$1x$"), HashProblem::Malformed("bcrypt")),
            (BCRYPT.replace("$12$", "$03$"), HashProblem::Parameters),
            ("$5$salt$tooshort".into(), HashProblem::Malformed("sha-crypt")),
            (format!("$5$rounds=999$salt${OUTPUT}"), HashProblem::Parameters),
            (format!("$scrypt$ln=14,r=8$c2FsdA${OUTPUT}"), HashProblem::Parameters),
            ("$scrypt$ln=14,r=8,p=1$c2FsdA".into(), HashProblem::Malformed("scrypt")),
            (format!("$pbkdf2-sha256$i=0$c2FsdA${OUTPUT}"), HashProblem::Parameters),
            (format!("$pbkdf2-sha256$i=1000,l=20$c2FsdA${OUTPUT}"), HashProblem::Parameters),
            (format!("$pbkdf2-md5$i=1000$c2FsdA${OUTPUT}"), HashProblem::Unknown),
            ("pbkdf2_sha256$1000$salt$notbase64!".into(), HashProblem::Malformed("PBKDF2")),
            ("{SSHA}c2hvcnQ=".into(), HashProblem::Malformed("SHA")),
        ] {
            assert_eq!(check_hash(&hash), Err(problem), "{hash}");
        }
    }

    #[test]
    fn what_would_burn_a_core_is_refused_and_what_is_just_allowed_is_not() {
        for (dear, allowed) in [
            (with_argon2("m=262145,t=1,p=1"), with_argon2("m=262144,t=4,p=1")),
            (with_argon2("m=256,t=4294967295,p=1"), with_argon2("m=256,t=4096,p=1")),
            (
                with_argon2("m=4294967295,t=4294967295,p=1"),
                with_argon2("m=1048576,t=1,p=1").replace("1048576", "131072"),
            ),
            (BCRYPT.replace("$12$", "$15$"), BCRYPT.replace("$12$", "$14$")),
            (format!("$5$rounds=1000001$salt${OUTPUT}"), format!("$5$rounds=1000000$salt${OUTPUT}")),
            (format!("$scrypt$ln=19,r=8,p=1$c2FsdA${OUTPUT}"), format!("$scrypt$ln=18,r=8,p=1$c2FsdA${OUTPUT}")),
            (format!("$scrypt$ln=18,r=8,p=2$c2FsdA${OUTPUT}"), format!("$scrypt$ln=14,r=8,p=16$c2FsdA${OUTPUT}")),
            (
                format!("$scrypt$ln=63,r=4294967295,p=1$c2FsdA${OUTPUT}"),
                format!("$scrypt$ln=1,r=8,p=1$c2FsdA${OUTPUT}"),
            ),
            (format!("$pbkdf2-sha256$i=2000001$c2FsdA${OUTPUT}"), format!("$pbkdf2-sha256$i=2000000$c2FsdA${OUTPUT}")),
            // Every block of the output takes all iterations.
            (format!("$pbkdf2-sha1$i=1000001$c2FsdA${OUTPUT}"), format!("$pbkdf2-sha1$i=1000000$c2FsdA${OUTPUT}")),
        ] {
            assert!(matches!(check_hash(&dear), Err(HashProblem::TooExpensive(_))), "{dear}");
            assert!(check_hash(&allowed).is_ok(), "{allowed}");
        }
    }

    #[test]
    fn weak_is_what_was_hashed_a_few_times_or_without_a_salt() {
        for (weak, good) in [
            (with_argon2("m=8,t=1,p=1"), with_argon2("m=19456,t=2,p=1")),
            (BCRYPT.replace("$12$", "$09$"), BCRYPT.replace("$12$", "$10$")),
            (format!("$5$salt${OUTPUT}"), format!("$5$rounds=535000$salt${OUTPUT}")),
            (format!("$scrypt$ln=13,r=8,p=1$c2FsdA${OUTPUT}"), format!("$scrypt$ln=14,r=8,p=1$c2FsdA${OUTPUT}")),
            (format!("$pbkdf2-sha256$29000$c2FsdA${OUTPUT}"), format!("pbkdf2_sha256$600000$salt${OUTPUT}=")),
        ] {
            let weakness = [weak, good].map(|hash| check_hash(&hash).map(|hash| is_weak(&hash)));
            assert_eq!(weakness, [Ok(true), Ok(false)]);
        }
        let ldap = check_hash("{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0");
        assert_eq!(ldap.map(|hash| is_weak(&hash)), Ok(true));
    }

    proptest! {
        #[test]
        fn nothing_makes_the_parser_panic(
            text in r"(argon2|bcrypt|\{ARGON2\}|\{CRYPT\})?\$?(argon2id?|2[abxy]|[56]|scrypt|pbkdf2(-sha(1|256|512))?)?\$?(v=[0-9]{1,3}\$|[0-9]{2}\$)?([mtpirln]{1,2}=[0-9]{0,11},?|rounds=[0-9]{0,11}){0,4}\$?[A-Za-z0-9+/.=-]{0,60}\$?\PC{0,60}",
            scheme in r"(\{[A-Z0-9-]{0,14}\}|pbkdf2_sha(1|256)\$|scrypt\$|bcrypt(_sha256)?\$)?[0-9]{0,11}\$?[A-Za-z0-9+/.=]{0,90}\$?[0-9]{0,4}\$?[0-9]{0,4}\$?[A-Za-z0-9+/.=]{0,90}",
            any in r"\PC{0,90}",
        ) {
            for text in [text, scheme, any] {
                let _ = check_hash(&text);
            }
        }

        #[test]
        fn bytes_as_asp_net_identity_has_them_make_nothing_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), version in 0..3_u8) {
            use base64::Engine as _;
            let _ = check_hash(&base64::engine::general_purpose::STANDARD.encode([&[version], &bytes[..]].concat()));
        }
    }
}
