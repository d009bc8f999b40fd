//! Verifies passkeys: a relying party's part of W3C Web Authentication Level 3, sections 7.1 and 7.2.
//!
//! Written here: no crate fits. `webauthn-rs` is built on OpenSSL. `webauthn_rp` brings `rsa`, whose private operations
//! leak by time (RUSTSEC-2023-0071), and three more crates for curves. What is left of the standard for a second factor
//! is small: a browser's JSON, an authenticator's fixed layout with CBOR behind it, and one signature of the library
//! that all cryptography here is from.
//!
//! What is left out: whether another person has a passkey of that id. A passkey is looked for among those of the person
//! whose password is right, so it would help nobody. And attestation. It tells of which make an authenticator is, which
//! nobody here asks. So `none` is asked for, and a statement that comes all the same is not looked at. User
//! verification is preferred and not required, for the password is the other factor. Extensions are not asked for.

use aws_lc_rs::digest::{SHA256, digest};
use minicbor::Decoder;
use subtle::ConstantTimeEq as _;
use url::{Host, Url};

use crate::domain::{Assertion, Attestation, Passkey};
use authenticator_data::AuthenticatorData;
use client_data::Ceremony;

mod authenticator_data;
mod client_data;
mod public_key;

/// Who a passkey is for: this server, as browsers know it.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    id: Box<str>,
    id_hash: [u8; 32],
    origin: Box<str>,
}

/// What a passkey must sign in one place and no other: 256 bits.
pub(super) struct Challenge(pub(super) [u8; 32]);

/// What a new passkey is known by.
pub(super) struct NewKey {
    pub(super) id: Box<[u8]>,
    pub(super) key: Box<[u8]>,
    pub(super) count: u32,
}

/// Why a passkey's answer does not hold: the first check that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("the browser's client data is malformed")]
    ClientData,
    #[error("the answer is one to another kind of question")]
    Type,
    #[error("the answer is not to this challenge")]
    Challenge,
    #[error("the page was another origin's than server.public_url")]
    Origin,
    #[error("the page was in a frame of another origin's page")]
    CrossOrigin,
    #[error("the authenticator data is malformed")]
    AuthenticatorData,
    #[error("the passkey is for another server")]
    RelyingParty,
    #[error("the authenticator has asked nobody")]
    NotPresent,
    #[error("a passkey that cannot be backed up says that it is")]
    BackedUp,
    #[error("the attestation object is malformed")]
    AttestationObject,
    #[error("the id is empty or too long")]
    Id,
    #[error("the public key is malformed, too long, or of another algorithm than were asked for")]
    PublicKey,
    #[error("the person has this passkey already")]
    Known,
    #[error("the passkey is none of this person's")]
    Unknown,
    #[error("the authenticator says that the passkey is another person's")]
    OtherPerson,
    #[error("the signature is wrong")]
    Signature,
}

impl RelyingParty {
    /// The server at this address. `None` if browsers offer no passkeys there: it takes a name, by https; or
    /// `localhost`.
    #[must_use]
    pub fn of(public_url: Option<&str>) -> Option<Self> {
        let url = Url::parse(public_url?).ok()?;
        let Host::Domain(id) = url.host()? else { return None };
        if url.scheme() != "https" && id != "localhost" {
            return None;
        }
        let mut id_hash = [0; 32];
        id_hash.copy_from_slice(digest(&SHA256, id.as_bytes()).as_ref());
        Some(Self { id: id.into(), id_hash, origin: url.origin().ascii_serialization().into() })
    }

    /// The id (Web Authentication, 4, "RP ID").
    pub(super) const fn id(&self) -> &str {
        &self.id
    }

    /// The passkey that was made for this challenge (7.1).
    pub(super) fn register(&self, answer: &Attestation, challenge: &Challenge) -> Result<NewKey, Refused> {
        client_data::check(&answer.client_data, Ceremony::Create, challenge, &self.origin)?;
        let bytes = attested(&answer.object).ok_or(Refused::AttestationObject)?;
        let data = AuthenticatorData::parse(bytes).ok_or(Refused::AuthenticatorData)?;
        self.check(&data)?;
        let attested = data.attested.ok_or(Refused::AuthenticatorData)?;
        if !(1..=Passkey::MAX_ID).contains(&attested.id.len()) {
            return Err(Refused::Id);
        }
        if attested.key.len() > Passkey::MAX_KEY {
            return Err(Refused::PublicKey);
        }
        public_key::parse(attested.key).ok_or(Refused::PublicKey)?;
        Ok(NewKey { id: attested.id.into(), key: attested.key.into(), count: data.count })
    }

    /// How often the passkey has signed that answered this challenge (7.2). Whether it may have is for the account's
    /// record to say. `passkey` is the person's of that id, if there is one; `user` is what authenticators know the
    /// person by.
    pub(super) fn verify(
        &self,
        answer: &Assertion,
        challenge: &Challenge,
        passkey: Option<&Passkey>,
        user: &[u8],
    ) -> Result<u32, Refused> {
        let passkey = passkey.filter(|passkey| passkey.id == answer.id).ok_or(Refused::Unknown)?;
        if !answer.user.is_empty() && *answer.user != *user {
            return Err(Refused::OtherPerson);
        }
        client_data::check(&answer.client_data, Ceremony::Get, challenge, &self.origin)?;
        let data = AuthenticatorData::parse(&answer.authenticator_data).ok_or(Refused::AuthenticatorData)?;
        self.check(&data)?;
        let key = public_key::parse(&passkey.key).ok_or(Refused::PublicKey)?;
        let signed = [&*answer.authenticator_data, digest(&SHA256, &answer.client_data).as_ref()].concat();
        key.verify_sig(&signed, &answer.signature).map_err(|_| Refused::Signature)?;
        Ok(data.count)
    }

    fn check(&self, data: &AuthenticatorData<'_>) -> Result<(), Refused> {
        if !bool::from(data.rp_id_hash.ct_eq(&self.id_hash)) {
            return Err(Refused::RelyingParty);
        }
        if !data.is_present {
            return Err(Refused::NotPresent);
        }
        if data.is_backed_up && !data.may_be_backed_up { Err(Refused::BackedUp) } else { Ok(()) }
    }
}

/// The authenticator data of an attestation object (6.5.4). Its statement is not looked at.
fn attested(object: &[u8]) -> Option<&[u8]> {
    let mut decoder = Decoder::new(object);
    let mut found = None;
    for _ in 0..decoder.map().ok()?? {
        match decoder.str().ok()? {
            "authData" if found.is_some() => return None,
            "authData" => found = Some(decoder.bytes().ok()?),
            _ => decoder.skip().ok()?,
        }
    }
    found.filter(|_| decoder.position() == object.len())
}

#[cfg(test)]
mod tests;
