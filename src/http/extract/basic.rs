//! `Authorization: Basic` (RFC 7617): a name and a secret, compared with those in the settings.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

/// The longest encoded credentials that are read, in bytes.
const MAX_BYTES: usize = 4096;
/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name and the secret of a caller. Wiped when dropped.
pub struct Credentials {
    text: Zeroizing<String>,
    colon: usize,
}

impl Credentials {
    /// The credentials of the `Authorization` header: the scheme in any case, UTF-8. `None` if there are none, or if
    /// they are too long.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        parse(headers.get(AUTHORIZATION)?.as_bytes())
    }

    /// The name: everything before the first colon.
    pub fn name(&self) -> &str {
        &self.text[..self.colon]
    }

    /// Whether they equal these, in constant time.
    pub fn are(&self, name: &str, secret: &str) -> bool {
        (same(self.name(), name) & same(&self.text[self.colon + 1..], secret)).into()
    }

    /// Whether they equal any of these, in constant time.
    pub fn are_any<'a>(&self, known: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        known.fold(false, |found, (name, secret)| self.are(name, secret) | found)
    }
}

fn parse(value: &[u8]) -> Option<Credentials> {
    let value = value.trim_ascii();
    let (scheme, rest) = value.split_at(value.iter().position(|&byte| byte == b' ')?);
    if !scheme.eq_ignore_ascii_case(b"Basic") || rest.len() > MAX_BYTES {
        return None;
    }
    let decoded = Zeroizing::new(BASE64.decode(rest.trim_ascii_start()).ok()?);
    let text = Zeroizing::new(str::from_utf8(&decoded).ok()?.to_owned());
    let colon = text.find(':')?;
    Some(Credentials { text, colon })
}

/// Compares digests, so that not even the length shows.
fn same(one: &str, other: &str) -> Choice {
    Sha256::digest(one).ct_eq(&Sha256::digest(other))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_colon_ends_the_name() {
        for (header, name, secret) in [
            ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"),
            ("basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ", "Aladdin", "open sesame"),
            ("BASIC dGVzdDoxMjPCow==", "test", "123£"),
            ("Basic YTpiOmM=", "a", "b:c"),
            ("Basic Og==", "", ""),
        ] {
            assert!(parse(header.as_bytes()).is_some_and(|found| found.are(name, secret)), "{header}");
        }
        for header in ["", "Basic", "Basic ", "Basic YQ==", "Basic ?", "Basic /zo=", "Bearer YTpi", "BasicYTpi"] {
            assert!(parse(header.as_bytes()).is_none(), "{header}");
        }
        let long = format!("Basic {}", STANDARD.encode(format!("a:{}", "b".repeat(MAX_BYTES))));
        assert!(parse(long.as_bytes()).is_none());
    }

    #[test]
    fn both_must_match() -> Result<(), &'static str> {
        let found = parse(b"Basic YTpi").ok_or("credentials")?;
        for (name, secret) in [("a", "c"), ("c", "b"), ("", ""), ("a", ""), ("b", "a"), ("a:b", "")] {
            assert!(!found.are(name, secret), "{name}:{secret}");
        }
        assert!(found.are_any([("x", "y"), ("a", "b"), ("z", "z")].into_iter()));
        assert!(!found.are_any([("a", "y"), ("x", "b")].into_iter()) && !found.are_any([].into_iter()));
        Ok(())
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, text in "[a-zA-Z0-9+/=]{0,64}") {
            let _ = parse(&bytes);
            let _ = parse(format!("Basic {text}").as_bytes()).map(|found| found.name().len());
        }
    }
}
