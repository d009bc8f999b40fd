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
