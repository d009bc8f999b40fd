//! The public keys of passkeys, in COSE (RFC 9052, 7; RFC 9053, 7; RFC 8230, 4), of the algorithms that passkeys have
//! in use: ES256, `EdDSA` (Ed25519), and RS256, which Windows' own take.

use std::ops::RangeInclusive;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use minicbor::Decoder;
use minicbor::data::Type;

/// How long the modulus of an RSA key may be, in bytes: 2048 to 4096 bits.
const MODULUS: RangeInclusive<usize> = 256..=512;
/// How long its exponent may be, in bytes.
const MAX_EXPONENT: usize = 4;

/// A parameter's value.
#[derive(Clone, Copy)]
enum Value<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

/// Reads a key, which must be all there is. `None` if it is none of these algorithms, or no point or number that can be
/// a key.
pub(super) fn parse(cose: &[u8]) -> Option<ParsedPublicKey> {
    use Value::{Bytes, Number};
    // By their labels: kty, alg, and what belongs to the kind of key.
    match [1, 3, -1, -2, -3].map(|label| parameter(cose, label)) {
        [Some(Number(2)), Some(Number(-7)), Some(Number(1)), Some(Bytes(x)), Some(Bytes(y))]
            if x.len() == 32 && y.len() == 32 =>
        {
            ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, [&[4], x, y].concat()).ok()
        }
        [Some(Number(1)), Some(Number(-8)), Some(Number(6)), Some(Bytes(x)), None] if x.len() == 32 => {
            ParsedPublicKey::new(&ED25519, x).ok()
        }
        [Some(Number(3)), Some(Number(-257)), Some(Bytes(n)), Some(Bytes(e)), None]
            if MODULUS.contains(&n.len()) && e.len() <= MAX_EXPONENT =>
        {
            RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()
        }
        _ => None,
    }
}

/// The parameter of this label, if the key is a map to its end that has it once.
fn parameter(cose: &[u8], label: i64) -> Option<Value<'_>> {
    let mut decoder = Decoder::new(cose);
    let mut found = None;
    for _ in 0..decoder.map().ok()?? {
        let is_meant = match decoder.datatype().ok()? {
            Type::String => decoder.skip().ok().map(|()| false)?,
            _ => decoder.i64().ok()? == label,
        };
        if !is_meant {
            decoder.skip().ok()?;
        } else if found.is_some() {
            return None;
        } else if decoder.datatype().ok()? == Type::Bytes {
            found = Some(Value::Bytes(decoder.bytes().ok()?));
        } else {
            found = Some(Value::Number(decoder.i64().ok()?));
        }
    }
    found.filter(|_| decoder.position() == cose.len())
}
