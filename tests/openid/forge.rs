//! Tokens as nobody's provider makes them.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

/// The key that the lying provider publishes, and one that it does not.
pub static KEYS: LazyLock<[EncodingKey; 2]> = LazyLock::new(|| [new_key(), new_key()]);

fn new_key() -> EncodingKey {
    let pkcs8 = KeyPair::generate(KeySize::Rsa2048).and_then(|pair| pair.as_der()).expect("a key");
    // What PKCS #8 wraps an RSA key of this size in; PKCS #1 is asked for.
    EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..])
}

/// The public half of a key, published by this name.
pub fn public(key: &EncodingKey, kid: &str) -> Value {
    let jwk = json!(Jwk::from_encoding_key(key, Algorithm::RS256).expect("a key"));
    // Without the algorithm, as many publish it: then the key itself does not say what it is not for.
    json!({"kty": "RSA", "kid": kid, "use": "sig", "n": jwk["n"], "e": jwk["e"]})
}

/// A token with this header, signed with this key.
pub fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let input = unsigned(header, claims);
    let signature = crypto::sign(input.as_bytes(), key, algorithm).expect("a signature");
    format!("{input}.{signature}")
}

/// The first two parts of a token.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}
