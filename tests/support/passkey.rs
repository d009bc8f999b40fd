//! An authenticator and the browser before it: makes passkeys and has them answer, here and not by the code under test
//! (W3C, Web Authentication Level 3).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use minicbor::Encoder;
use serde_json::json;
use uuid::Uuid;

/// How a passkey signs.
#[derive(Clone, Copy, Debug)]
pub enum Algorithm {
    Es256,
    EdDsa,
    Rs256,
}

enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// One passkey, and what its browser says of the page. A case may change any of it.
pub struct Device {
    key: Key,
    pub id: Vec<u8>,
    /// How often it has signed; `None`: it does not count.
    pub count: Option<u32>,
    pub origin: String,
    pub rp_id: String,
    pub cross_origin: bool,
    /// Whom it says that it is of.
    pub user: Vec<u8>,
    /// Whether somebody touches it.
    pub present: bool,
}

/// What a page asks.
#[derive(Clone, Debug)]
pub struct Asked {
    pub challenge: String,
    pub host: String,
    /// The passkeys that the person has.
    pub ids: Vec<Vec<u8>>,
    pub user: Vec<u8>,
}

impl Asked {
    /// What this page asks, if anything.
    pub fn of(page: &str) -> Option<Self> {
        let value = |name: &str| {
            let (_, rest) = page.split_once(&format!(" data-{name}=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        let ids = value("keys")?.split_ascii_whitespace().map(decoded).collect();
        let user = value("user").map(|user| decoded(&user)).unwrap_or_default();
        Some(Self { challenge: value("challenge")?, host: value("host")?, ids, user })
    }
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

fn joined(parts: &[&[u8]]) -> String {
    parts.iter().map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".")
}

impl Device {
    /// A new one, in front of a page of this origin.
    pub fn new(algorithm: Algorithm, origin: &str) -> Self {
        let key = match algorithm {
            Algorithm::Es256 => Key::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key")),
            Algorithm::EdDsa => Key::EdDsa(Ed25519KeyPair::generate().expect("a key")),
            Algorithm::Rs256 => Key::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
        };
        Self {
            key,
            id: Uuid::new_v4().as_bytes().to_vec(),
            count: Some(0),
            origin: origin.to_owned(),
            rp_id: String::new(),
            cross_origin: false,
            user: Vec::new(),
            present: true,
        }
    }

    /// Makes the passkey that a page asks for: what its form sends.
    pub fn makes(&mut self, asked: &Asked) -> String {
        self.rp_id.clone_from(&asked.host);
        self.user.clone_from(&asked.user);
        let length = u16::try_from(self.id.len()).expect("short").to_be_bytes();
        let data = [&self.data(0x40)[..], &[0; 16], &length, &self.id, &self.public_key()].concat();
        let mut object = Encoder::new(Vec::new());
        let written = object.map(3).and_then(|object| object.str("fmt")?.str("none")?.str("attStmt")?.map(0));
        written.and_then(|object| object.str("authData")?.bytes(&data)).expect("memory");
        joined(&[&self.client_data("webauthn.create", &asked.challenge), object.writer()])
    }

    /// Answers what a page asks: what its form sends.
    pub fn answers(&mut self, asked: &Asked) -> String {
        self.count = self.count.map(|count| count + 1);
        let (client_data, data) = (self.client_data("webauthn.get", &asked.challenge), self.data(0));
        let signature = self.signature(&[&data[..], digest(&SHA256, &client_data).as_ref()].concat());
        joined(&[&self.id, &client_data, &data, &signature, &self.user])
    }

    fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let data =
            json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin});
        data.to_string().into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let (hash, count) = (digest(&SHA256, self.rp_id.as_bytes()), self.count.unwrap_or(0));
        [hash.as_ref(), &[flags | u8::from(self.present)], &count.to_be_bytes()].concat()
    }

    /// In COSE.
    fn public_key(&self) -> Vec<u8> {
        let mut key = Encoder::new(Vec::new());
        let written = match &self.key {
            Key::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let head = key.map(5).and_then(|key| key.i64(1)?.i64(2)?.i64(3)?.i64(-7)?.i64(-1)?.i64(1));
                head.and_then(|key| key.i64(-2)?.bytes(&point[1..33])?.i64(-3)?.bytes(&point[33..]))
            }
            Key::EdDsa(pair) => {
                let head = key.map(4).and_then(|key| key.i64(1)?.i64(1)?.i64(3)?.i64(-8)?.i64(-1)?.i64(6));
                head.and_then(|key| key.i64(-2)?.bytes(pair.public_key().as_ref()))
            }
            Key::Rs256(pair) => {
                // In DER (RFC 8017, A.1.1), where 2048 bits stand behind nine bytes.
                let modulus = &pair.public_key().as_ref()[9..265];
                let head = key.map(4).and_then(|key| key.i64(1)?.i64(3)?.i64(3)?.i64(-257)?.i64(-1)?.bytes(modulus));
                head.and_then(|key| key.i64(-2)?.bytes(&[1, 0, 1]))
            }
        };
        written.expect("memory");
        key.into_writer()
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Es256(pair) => pair.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Key::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Key::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
        }
    }
}
