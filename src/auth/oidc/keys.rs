//! The keys that the provider signs with (RFC 7517).

use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::Value;

use super::Claims;

/// The provider's public keys.
pub(super) struct Keys(Vec<Key>);

struct Key {
    /// Its name, if it has one.
    id: Option<String>,
    kind: KeyType,
    /// The only algorithm that it is for, if it names one.
    only: Option<String>,
    public: DecodingKey,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyType {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// The outcome of verifying a signature.
pub(super) enum Signature {
    Good,
    Wrong,
    /// The key is not among these.
    OfUnknownKey,
}

impl Keys {
    /// How many keys are kept: a token that names none is tried with each.
    const MAX_KEYS: usize = 64;

    /// The keys of a set that sign and that we can use; others are left out.
    pub(super) fn read(set: &Claims) -> Option<Self> {
        let keys = set.get("keys")?.as_array()?;
        Some(Self(keys.iter().filter_map(Key::read).take(Self::MAX_KEYS).collect()))
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.0.len().try_into().unwrap_or(u64::MAX)
    }

    /// Whether one of these keys signed. A key without a name matches every name, and a token without one every key.
    pub(super) fn verify(&self, id: Option<&str>, algorithm: Algorithm, input: &str, signature: &str) -> Signature {
        let named = |key: &Key| id.is_some() && key.id.as_deref() == id;
        let may_be = |key: &&Key| key.is_for(algorithm) && (named(key) || key.id.is_none() || id.is_none());
        let signed = |key: &Key| crypto::verify(signature, input.as_bytes(), &key.public, algorithm).unwrap_or(false);
        if self.0.iter().filter(may_be).any(signed) {
            Signature::Good
        } else if self.0.iter().any(named) {
            Signature::Wrong
        } else {
            Signature::OfUnknownKey
        }
    }
}

impl Key {
    fn read(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let (kind, public) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (KeyType::Rsa, DecodingKey::from_rsa_components(text("n")?, text("e")?)),
            ("EC", Some("P-256")) => (KeyType::P256, DecodingKey::from_ec_components(text("x")?, text("y")?)),
            ("EC", Some("P-384")) => (KeyType::P384, DecodingKey::from_ec_components(text("x")?, text("y")?)),
            ("OKP", Some("Ed25519")) => (KeyType::Ed25519, DecodingKey::from_ed_components(text("x")?)),
            _ => return None,
        };
        let (id, only) = (text("kid").map(str::to_owned), text("alg").map(str::to_owned));
        Some(Self { id, kind, only, public: public.ok()? })
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        let kind = match algorithm {
            Algorithm::ES256 => KeyType::P256,
            Algorithm::ES384 => KeyType::P384,
            Algorithm::EdDSA => KeyType::Ed25519,
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => KeyType::Rsa,
            // These need a shared secret, which no published key is.
            _ => return false,
        };
        let is_it = |only: &String| only.parse::<Algorithm>().is_ok_and(|only| only == algorithm);
        self.kind == kind && self.only.as_ref().is_none_or(is_it)
    }
}
