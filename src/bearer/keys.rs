//! The opened key ring: the keys that sign and verify, and the JWK set that is published.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, RSAKeyParameters, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::KeyError;
use super::sealing::Sealer;
use crate::domain::{KeyRing, SealedKey, Timestamp};
use crate::error::ServiceError;

/// Every key, oldest first, ready for use.
pub(super) struct Ring {
    /// The version of the ring in the store.
    pub(super) version: u64,
    keys: Vec<Arc<Key>>,
    pub(super) published: Published,
}

/// The public keys as a JWK set (RFC 7517, 5).
#[derive(Clone, Debug)]
pub struct Published {
    /// The document.
    pub json: String,
    /// Its entity tag (RFC 9110, 8.8.3), without the quotes.
    pub tag: String,
}

/// One key.
pub(super) struct Key {
    /// The encoded header of every bearer that it signs.
    head: String,
    signs_from: Timestamp,
    private: KeyPair,
    /// Verifies its signatures.
    pub(super) public: DecodingKey,
}

impl Ring {
    /// Opens every key. A key that does not open, or whose halves do not belong together, is not ours.
    pub(super) fn open(ring: &KeyRing, sealer: &Sealer) -> Result<Self, KeyError> {
        let (mut keys, mut published) = (Vec::new(), Vec::new());
        for sealed in &ring.keys {
            let foreign = || KeyError::Foreign(sealed.id.clone());
            let private = sealer.open(&sealed.id, &sealed.sealed).ok_or_else(foreign)?;
            let private = KeyPair::from_pkcs8(&private).map_err(|_| foreign())?;
            if private.public_key().as_ref() != &*sealed.public {
                return Err(foreign());
            }
            let public = DecodingKey::from_rsa_der(&sealed.public);
            let (_, rsa) = describe(&public)?;
            let mut head = Header::new(Algorithm::RS256);
            head.kid = Some(sealed.id.to_string());
            let head = encoded(&head)?;
            published.push(PublicKey { alg: "RS256", e: rsa.e, kid: &sealed.id, kty: "RSA", n: rsa.n, r#use: "sig" });
            keys.push(Arc::new(Key { head, signs_from: sealed.signs_from, private, public }));
        }
        let published = Published::of(&published)?;
        Ok(Self { version: ring.version, keys, published })
    }

    /// The key that signs now: the newest whose time has come, or the oldest if our clock is behind.
    pub(super) fn signing(&self, now: Timestamp) -> Option<Arc<Key>> {
        let begun = self.keys.iter().filter(|key| key.signs_from <= now).max_by_key(|key| key.signs_from);
        begun.or(self.keys.first()).cloned()
    }

    /// The key that signed a bearer with this header, still encoded.
    ///
    /// Compared as text, so that no header is ever decoded that we did not write: other algorithms, keys in the header
    /// (`jwk`, `jku`, `x5u`), paths in `kid`, `crit` and repeated members match no key of ours.
    pub(super) fn by_head(&self, head: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.head == head).map(Arc::as_ref)
    }
}

impl Key {
    /// Since when it signs.
    pub(super) const fn signs_from(&self) -> Timestamp {
        self.signs_from
    }

    /// The part of a JWT with these claims that is signed (RFC 7515, 5.1); [`Self::sign`] adds the signature.
    pub(super) fn message(&self, claims: &impl Serialize) -> Result<String, ServiceError> {
        Ok(format!("{}.{}", self.head, encoded(claims).map_err(unsigned)?))
    }

    /// A JWT (RFC 7519) as a compact JWS (RFC 7515, 3.1). Takes a millisecond of computing.
    ///
    /// `jsonwebtoken` would parse the private key anew for every signature, which costs more than signing.
    pub(super) fn sign(&self, mut token: String) -> Result<String, ServiceError> {
        let mut signature = vec![0; self.private.public_modulus_len()];
        let signed = self.private.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature);
        signed.map_err(unsigned)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

/// Makes a key: RSA of 2048 bits, named by the thumbprint of its public half (RFC 7638). Takes up to a second of
/// computing.
pub(super) fn make(sealer: &Sealer, made: Timestamp, signs_from: Timestamp) -> Result<SealedKey, KeyError> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Cryptography)?;
    let private = pair.as_der().map_err(|_| KeyError::Cryptography)?;
    let private = Zeroizing::new(private.as_ref().to_vec());
    let public = Box::from(pair.public_key().as_ref());
    let (id, _) = describe(&DecodingKey::from_rsa_der(&public))?;
    let private = sealer.seal(&id, &private).map_err(|_| KeyError::Cryptography)?;
    Ok(SealedKey { id: id.into(), public, sealed: private, made, signs_from })
}

/// A public key's thumbprint and numbers.
fn describe(public: &DecodingKey) -> Result<(String, RSAKeyParameters), KeyError> {
    let jwk = Jwk::from_decoding_key(public, Some(Algorithm::RS256)).map_err(|_| KeyError::Cryptography)?;
    let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::Cryptography)?;
    match jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => Ok((id, rsa)),
        _ => Err(KeyError::Cryptography),
    }
}

fn unsigned<E>(_: E) -> ServiceError {
    ServiceError::Bug("a bearer could not be signed")
}

fn encoded(value: &impl Serialize) -> Result<String, KeyError> {
    serde_json::to_vec(value).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| KeyError::Cryptography)
}

#[derive(Serialize)]
struct PublicKey<'a> {
    alg: &'a str,
    e: String,
    kid: &'a str,
    kty: &'a str,
    n: String,
    r#use: &'a str,
}

impl Published {
    fn of(keys: &[PublicKey<'_>]) -> Result<Self, KeyError> {
        #[derive(Serialize)]
        struct Set<'a> {
            keys: &'a [PublicKey<'a>],
        }
        let json = serde_json::to_string(&Set { keys }).map_err(|_| KeyError::Cryptography)?;
        let tag = URL_SAFE_NO_PAD.encode(&Sha256::digest(&json)[..16]);
        Ok(Self { json, tag })
    }
}
