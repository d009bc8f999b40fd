//! The secrets of second factors lie sealed in the store: a reader of the store alone can make no codes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk};
use zeroize::Zeroizing;

use super::TotpSecret;
use crate::domain::{SecondFactor, TokenDigest, UserId};

/// The first byte of a sealed secret, so that a later release may seal in another way.
const VERSION: u8 = 1;
const NONCE: usize = 12;

/// Seals (AES-256-GCM) under keys derived from the secret that all servers of a store share (HKDF-SHA256, RFC 5869), one for
/// each account. Cheap to clone.
#[derive(Clone)]
pub struct FactorKey(Prk);

impl FactorKey {
    /// Of that secret.
    #[must_use]
    pub const fn new(secret: Prk) -> Self {
        Self(secret)
    }

    /// Whether the second factor of this account was sealed with this secret: no code of it is right otherwise, and no
    /// recovery code.
    #[must_use]
    pub fn opens(&self, user: UserId, factor: &SecondFactor) -> bool {
        self.open(user, &factor.sealed).is_some()
    }

    /// Seals the secret of an account; it opens for that account alone.
    pub(super) fn seal(&self, user: UserId, secret: &TotpSecret) -> Result<Box<[u8]>, Unspecified> {
        let mut text = secret.0.to_vec();
        let nonce = self.key(user)?.seal_in_place_append_tag(Aad::empty(), &mut text)?;
        Ok([&[VERSION], nonce.as_ref().as_slice(), &text].concat().into())
    }

    /// Opens what [`Self::seal`] made; `None` if it is another account's, was sealed with another secret, or was changed.
    pub(super) fn open(&self, user: UserId, sealed: &[u8]) -> Option<TotpSecret> {
        let (nonce, text) = sealed.strip_prefix(&[VERSION])?.split_at_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(text.to_vec());
        let opened = self.key(user).ok()?.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
        Some(TotpSecret(Zeroizing::new((&*opened).try_into().ok()?)))
    }

    /// The secret that is offered to a person in a browser that is signed on: always the same.
    pub(super) fn derive(&self, user: UserId, browser: TokenDigest) -> Result<TotpSecret, Unspecified> {
        let mut secret = TotpSecret(Zeroizing::new([0; TotpSecret::BYTES]));
        let mut block = Zeroizing::new([0; 32]);
        let info = [b"second factor to set up".as_slice(), user.0.as_bytes(), &browser.0];
        self.0.expand(&info, HKDF_SHA256)?.fill(&mut *block)?;
        secret.0.copy_from_slice(&block[..TotpSecret::BYTES]);
        Ok(secret)
    }

    /// What a passkey of a person must sign for this purpose in a place that is known by this digest: a login, or a
    /// browser that is signed on. Nobody but this server can tell it beforehand.
    pub(super) fn challenge(&self, purpose: &str, user: UserId, place: TokenDigest) -> Result<[u8; 32], Unspecified> {
        let mut challenge = [0; 32];
        let info = [b"challenge of a passkey, ".as_slice(), purpose.as_bytes(), user.0.as_bytes(), &place.0];
        self.0.expand(&info, HKDF_SHA256)?.fill(&mut challenge)?;
        Ok(challenge)
    }

    fn key(&self, user: UserId) -> Result<RandomizedNonceKey, Unspecified> {
        let mut key = Zeroizing::new([0; 32]);
        let info = [b"second factors, AES-256-GCM".as_slice(), user.0.as_bytes()];
        self.0.expand(&info, HKDF_SHA256)?.fill(&mut *key)?;
        RandomizedNonceKey::new(&AES_256_GCM, &*key)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hkdf::Salt;

    use super::*;

    fn key(secret: &[u8]) -> FactorKey {
        FactorKey::new(Salt::new(HKDF_SHA256, b"salt").extract(secret))
    }

    fn user(number: u128) -> UserId {
        UserId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn it_opens_for_its_account_under_its_secret_unchanged() -> Result<(), Unspecified> {
        let (one, secret) = (key(b"one"), TotpSecret(Zeroizing::new([7; TotpSecret::BYTES])));
        let sealed = one.seal(user(1), &secret)?;
        assert_eq!(one.open(user(1), &sealed).map(|opened| *opened.0), Some([7; TotpSecret::BYTES]));
        assert_ne!(one.seal(user(1), &secret)?, sealed, "the nonce is new each time");
        assert!(one.open(user(2), &sealed).is_none(), "another account");
        assert!(key(b"two").open(user(1), &sealed).is_none(), "another secret");
        assert!(!sealed.windows(4).any(|bytes| bytes == [7; 4]), "it is not there in clear");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(one.open(user(1), &changed).is_none(), "byte {at}");
            assert!(one.open(user(1), &sealed[..at]).is_none(), "{at} bytes");
        }
        Ok(())
    }

    #[test]
    fn each_browser_of_each_person_is_offered_one_secret_of_its_own() -> Result<(), Unspecified> {
        let mut all = std::collections::HashSet::new();
        for (secret, number, browser) in [(b"one", 1, 1), (b"two", 1, 1), (b"one", 2, 1), (b"one", 1, 2)] {
            let offered = key(secret).derive(user(number), TokenDigest([browser; 16]))?;
            let again = key(secret).derive(user(number), TokenDigest([browser; 16]))?;
            assert_eq!(*offered.0, *again.0);
            all.insert(*offered.0);
        }
        assert_eq!(all.len(), 4);
        Ok(())
    }

    #[test]
    fn each_purpose_person_and_place_has_a_challenge_of_its_own() -> Result<(), Unspecified> {
        let mut all = std::collections::HashSet::new();
        for (secret, purpose, number, place) in
            [(b"one", "a", 1, 1), (b"two", "a", 1, 1), (b"one", "b", 1, 1), (b"one", "a", 2, 1), (b"one", "a", 1, 2)]
        {
            let of = || key(secret).challenge(purpose, user(number), TokenDigest([place; 16]));
            assert_eq!(of()?, of()?);
            all.insert(of()?);
        }
        assert_eq!(all.len(), 5);
        Ok(())
    }
}
