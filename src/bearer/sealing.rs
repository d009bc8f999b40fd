//! The secret that seals private keys. It comes from a file, so that a reader of the store alone can sign nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::auth::DigestKey;
use crate::settings::{SigningSettings, open_to_others};
use crate::store;

/// The file of the secret in a data folder.
const FILE: &str = "signing.key";
/// The first byte of a sealed key, so that a later release may seal in another way.
const VERSION: u8 = 1;
const NONCE: usize = 12;

/// Seals (AES-256-GCM) under keys derived from the secret file (HKDF-SHA256, RFC 5869), one for each purpose.
pub struct Sealer {
    signing_keys: RandomizedNonceKey,
    id_tokens: RandomizedNonceKey,
    digests: DigestKey,
    secret: Prk,
}

/// Why there is no secret: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file in the data folder can neither be read nor made.
    #[error("the secret of the signing keys, {}, can be neither read nor made: {source}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The library failed: a bug.
    #[error("no key can be derived from the secret of the signing keys")]
    Derivation,
}

impl Sealer {
    /// The sealer of `signing.key_file`. If that is not set, of the file `signing.key` in `data_folder`, which is made
    /// if it is missing. Without a data folder, of a random secret that ends with this process.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn of(settings: &SigningSettings, data_folder: Option<&Path>) -> Result<Self, SecretError> {
        let secret = match (settings.secret(), data_folder) {
            (Some(secret), _) => Zeroizing::new(secret.reveal().as_bytes().to_vec()),
            (None, Some(folder)) => {
                let path = folder.join(FILE);
                if open_to_others(&path) {
                    let path = path.display();
                    tracing::warn!(
                        "{path} can be read by other users: chmod 600 it, and make new keys (bimgate key reset) if they may have"
                    );
                }
                read_or_make(&path).map_err(|source| SecretError::File { path, source })?
            }
            (None, None) => random().map_err(|_| SecretError::Derivation)?,
        };
        Self::new(&secret).map_err(|Unspecified| SecretError::Derivation)
    }

    /// Whether the secret is there that [`Self::of`] takes and does not make.
    #[must_use]
    pub fn is_there(settings: &SigningSettings, data_folder: Option<&Path>) -> bool {
        settings.secret().is_some() || data_folder.is_some_and(|folder| folder.join(FILE).exists())
    }

    /// The sealer of a secret; at least 32 bytes that nobody can guess.
    pub(super) fn new(secret: &[u8]) -> Result<Self, Unspecified> {
        let secret = Salt::new(HKDF_SHA256, b"bimgate").extract(secret);
        let key = |purpose: &[u8]| {
            let mut key = Zeroizing::new([0; 32]);
            secret.expand(&[purpose], HKDF_SHA256)?.fill(&mut *key)?;
            Ok::<_, Unspecified>(key)
        };
        let aead = |purpose: &[u8]| RandomizedNonceKey::new(&AES_256_GCM, &*key(purpose)?);
        Ok(Self {
            signing_keys: aead(b"signing keys, AES-256-GCM")?,
            id_tokens: aead(b"identity provider's ID tokens, AES-256-GCM")?,
            digests: DigestKey::new(&*key(b"digests, HMAC-SHA-256")?),
            secret,
        })
    }

    /// The secret that all servers of a store share, to derive further keys from.
    #[must_use]
    pub fn secret(&self) -> Prk {
        self.secret.clone()
    }

    /// The key of the digests by which the store and the log name people and devices: the same on all servers of a
    /// store.
    #[must_use]
    pub const fn digests(&self) -> &DigestKey {
        &self.digests
    }

    /// Seals the private half of key `id`; it opens for that id alone.
    pub(super) fn seal(&self, id: &str, private: &[u8]) -> Result<Box<[u8]>, Unspecified> {
        seal(&self.signing_keys, context(id), private).map(Into::into)
    }

    /// Opens what [`Self::seal`] made; `None` if it belongs to another key, was sealed with another secret, or was
    /// changed.
    pub(super) fn open(&self, id: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.signing_keys, context(id), sealed)
    }

    /// Seals an identity provider's ID token, so that a browser can keep it.
    pub(super) fn seal_id_token(&self, token: &str) -> Result<Vec<u8>, Unspecified> {
        seal(&self.id_tokens, Vec::new(), token.as_bytes())
    }

    /// Opens what [`Self::seal_id_token`] made.
    pub(super) fn open_id_token(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.id_tokens, Vec::new(), sealed)
    }
}

fn seal(key: &RandomizedNonceKey, context: Vec<u8>, text: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut text = text.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(context), &mut text)?;
    Ok([&[VERSION], nonce.as_ref().as_slice(), &text].concat())
}

fn open(key: &RandomizedNonceKey, context: Vec<u8>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, text) = sealed.strip_prefix(&[VERSION])?.split_at_checked(NONCE)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = Zeroizing::new(text.to_vec());
    let length = key.open_in_place(nonce, Aad::from(context), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}

fn context(id: &str) -> Vec<u8> {
    [b"bimgate signing key ", id.as_bytes()].concat()
}

fn random() -> Result<Zeroizing<Vec<u8>>, getrandom::Error> {
    let mut secret = Zeroizing::new(vec![0; 32]);
    getrandom::fill(&mut secret)?;
    Ok(secret)
}

/// The secret in a file. If the file is missing it is made, whole or not at all.
fn read_or_make(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    match read(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let text = Zeroizing::new(STANDARD.encode(random().map_err(io::Error::other)?) + "\n");
    let new = path.with_extension("key.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    store::hand_over(&new)?;
    // Never overwritten: of two processes that make it at once, both read the file of the first.
    match fs::hard_link(&new, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => fs::remove_file(&new)?,
    }
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    read(path)
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    const MAX_BYTES: u64 = 4096;
    let mut secret = Zeroizing::new(Vec::new());
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut secret)?;
    let length = secret.trim_ascii_end().len();
    secret.truncate(length);
    if length < SigningSettings::MIN_SECRET_BYTES {
        return Err(io::Error::other("it is too short; where it was damaged, bring it back from a backup"));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn sealer(letter: u8) -> Result<Sealer, Unspecified> {
        Sealer::new(&[letter; 32])
    }

    #[test]
    fn what_was_sealed_opens_for_the_same_key_under_the_same_secret_unchanged() -> Result<(), Unspecified> {
        let sealed = sealer(b'a')?.seal("one", b"private")?;
        assert_eq!(sealer(b'a')?.open("one", &sealed).as_deref().map(Vec::as_slice), Some(&b"private"[..]));
        assert_ne!(sealer(b'a')?.seal("one", b"private")?, sealed, "the nonce is new each time");
        assert!(sealer(b'b')?.open("one", &sealed).is_none());
        assert!(sealer(b'a')?.open("two", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer(b'a')?.open("one", &changed).is_none(), "byte {at}");
            assert!(sealer(b'a')?.open("one", &sealed[..at]).is_none(), "{at} bytes");
        }
        Ok(())
    }

    #[test]
    fn the_file_is_made_once_for_its_owner_alone() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(FILE);
        let made = read_or_make(&path)?;
        assert_eq!(read_or_make(&path)?, made);
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path())?.count(), 1);
        fs::write(&path, "short\n")?;
        assert!(read_or_make(&path).is_err(), "a damaged one is not replaced");
        Ok(())
    }
}
