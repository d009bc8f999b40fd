//! Bearers: JWTs that say which directory session their holder acts in (`docs/api/directory-session.md`, "Who may
//! call").
//!
//! A process has one [`Bearers`], shared by all its threads. The keys are in the store, the same for all servers. Each
//! server reads them about once a minute, and at once when a bearer names an unknown key.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::domain::{Denied, KeyRing, SessionId, SessionWithAccount, Timestamp, TokenDigest, UserId, named};
use crate::error::ServiceError;
use crate::settings::{Secret, Settings};
use crate::store::{Store, StoreError};

mod claims;
mod key_store;
mod keys;
mod rotation;
mod sealing;
mod signers;

use claims::{Claims, Extended, Received, ath_of, digest_of};
pub use key_store::keep_keys;
pub use keys::Published;
use keys::Ring;
pub use rotation::{LEAD, retention, rotate, start_over};
pub use sealing::{Sealer, SecretError};
use signers::Signers;

/// How long a bearer outlives its session's next deadline, so that a heartbeat at the last moment finds it valid.
const BEARER_OUTLIVES: Duration = Duration::from_secs(60);
/// How far another server's clock may be ahead of ours.
const MAX_AHEAD: Duration = Duration::from_secs(60);
/// The issuer if the server does not know its URL: the same on every server of a store.
const NO_URL: &str = "bimgate";

/// Signs and verifies bearers.
pub struct Bearers {
    store: Arc<dyn Store>,
    sealer: Sealer,
    issuer: String,
    rotate_every: Duration,
    lifetime: Duration,
    /// How long a key is kept after it last signed.
    retention: Duration,
    /// How a signature is verified.
    validation: Validation,
    signers: Signers,
    ring: ArcSwapOption<Ring>,
    /// When the ring was last read because of an unknown key, and whether that worked. Locked while reading.
    last_read: Mutex<Option<(Timestamp, bool)>>,
}

named! {
    /// Whom a bearer is for.
    pub enum Audience {
        /// This server.
        Directory = "directory",
        /// Third-party back ends.
        Http = "http",
    }
}

/// The bearers of a session, for its client alone.
pub struct Signed {
    /// `directory_access_token`
    pub directory: String,
    /// `http_access_token`
    pub http: String,
}

/// What a verified bearer says. Only the store knows whether its session is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedBearer {
    /// Whose session.
    pub user: UserId,
    /// Which session.
    pub session: SessionId,
    /// The access token it stands for, if the session is one of v2.
    pub access: Option<TokenDigest>,
    /// Whom it is for.
    pub audience: Audience,
    /// When the bearer was signed.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// Whether every key of a ring opens with the secret of a sealer.
#[must_use]
pub fn opens(sealer: &Sealer, ring: &KeyRing) -> bool {
    Ring::open(ring, sealer).is_ok()
}

/// What is wrong with the keys: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key was sealed with another secret, or changed in the store since.
    #[error(
        "the signing key {0} in the store does not open with the secret of signing.key_file (or signing.key in the data \
         folder); bring back the secret it was sealed with, or, where that is lost, make new keys with `bimgate key \
         reset`, which ends every bearer"
    )]
    Foreign(Box<str>),
    /// Too many keys are still needed.
    #[error("there are as many signing keys as there may be; the oldest goes when its last bearer has ended")]
    Full,
    /// Other servers changed the keys first, every time.
    #[error("other servers change the signing keys at this moment; try again")]
    Contended,
    /// The library failed: a bug.
    #[error("the library of cryptography failed")]
    Cryptography,
}

impl Bearers {
    /// The longest bearer, in bytes: that of a person with as many claims, teams and tags as a profile may hold.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// The shortest time between two reads of the ring because of unknown keys.
    const REREAD: Duration = Duration::from_secs(5);

    /// Starts the threads that sign; the keys are read by [`Self::read`] or, later and again, by [`keep_keys`].
    ///
    /// # Errors
    /// A thread that cannot be started.
    pub fn new(store: Arc<dyn Store>, sealer: Sealer, settings: &Settings) -> std::io::Result<Self> {
        let issuer = settings.server.public_url.clone().unwrap_or_else(|| NO_URL.to_owned());
        // The library checks signature and algorithm alone; we check the claims, by our clock and more strictly.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Ok(Self {
            store,
            sealer,
            issuer,
            rotate_every: settings.signing.rotate_every,
            lifetime: settings.directory.bearer_lifetime,
            retention: retention(&settings.directory),
            validation,
            signers: Signers::start()?,
            ring: ArcSwapOption::empty(),
            last_read: Mutex::new(None),
        })
    }

    /// The secret that all servers of a store share, to derive further keys from.
    #[must_use]
    pub fn secret(&self) -> aws_lc_rs::hkdf::Prk {
        self.sealer.secret()
    }

    /// The key of the digests by which the store and the log name people and devices.
    #[must_use]
    pub const fn digests(&self) -> &crate::auth::DigestKey {
        self.sealer.digests()
    }

    /// The issuer (`iss`): `server.public_url`, else a fixed name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// An identity provider's ID token as a browser may keep it: a text that only servers with the same secret can
    /// read.
    #[must_use]
    pub fn seal_id_token(&self, token: &Secret) -> Option<String> {
        self.sealer.seal_id_token(token.reveal()).ok().map(|sealed| BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The ID token in what [`Self::seal_id_token`] made.
    #[must_use]
    pub fn open_id_token(&self, sealed: &str) -> Option<Secret> {
        let token = self.sealer.open_id_token(&BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?)?;
        std::str::from_utf8(&token).ok().map(|token| Secret::from(token.to_owned()))
    }

    /// Signs the bearers of a session. They end a minute after `heartbeat_before`, or after the longest life of a
    /// bearer if that is earlier.
    ///
    /// # Errors
    /// [`ServiceError::NoKeys`], [`ServiceError::SigningBusy`], [`ServiceError::Bug`].
    pub async fn sign(&self, held: &SessionWithAccount, now: Timestamp) -> Result<Signed, ServiceError> {
        self.sign_for(held, None, now).await
    }

    /// As [`Self::sign`], for a client that presented an access token of a v2 session: the bearers end with that token.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub async fn sign_for(
        &self,
        held: &SessionWithAccount,
        access: Option<TokenDigest>,
        now: Timestamp,
    ) -> Result<Signed, ServiceError> {
        let key = self.ring.load().as_ref().and_then(|ring| ring.signing(now)).ok_or(ServiceError::NoKeys)?;
        let message = |audience: Audience| {
            key.message(&Claims {
                iss: &self.issuer,
                aud: audience.as_str(),
                sub: held.account.id,
                sid: held.session.id,
                iat: now.seconds(),
                exp: held.session.heartbeat_before.plus(BEARER_OUTLIVES).min(now.plus(self.lifetime)).seconds(),
                jti: Uuid::new_v4(),
                ath: access.map(ath_of),
                right: held.session.right.as_str(),
                appclaims: &held.session.app_claims,
                extended: Extended::of(held),
            })
        };
        let messages = [message(Audience::Directory)?, message(Audience::Http)?];
        let [directory, http] = self.signers.sign(key, messages).await?;
        Ok(Signed { directory, http })
    }

    /// What a bearer for `audience` says, if we signed it and it has not expired. The caller then asks the store for
    /// the session.
    ///
    /// # Errors
    /// [`ServiceError::NoSession`]; [`ServiceError::NoKeys`] if we may have signed it, but the keys cannot be read.
    pub async fn verify(
        &self,
        token: &str,
        audience: Audience,
        now: Timestamp,
    ) -> Result<VerifiedBearer, ServiceError> {
        let presented = self.read_bearer(token, now).await?;
        if presented.audience == audience { Ok(presented) } else { Err(ServiceError::NoSession(Denied::WrongAudience)) }
    }

    /// As [`Self::verify`], for any audience: to describe the bearer, never to let its holder act.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub async fn read_bearer(&self, token: &str, now: Timestamp) -> Result<VerifiedBearer, ServiceError> {
        if token.len() > Self::MAX_BYTES {
            return Err(ServiceError::NoSession(Denied::Malformed));
        }
        let (head, _) = token.split_once('.').ok_or(ServiceError::NoSession(Denied::Malformed))?;
        let mut ring = self.ring.load_full();
        if ring.as_ref().and_then(|ring| ring.by_head(head)).is_none() {
            self.read_once(now).await?;
            ring = self.ring.load_full();
        }
        let ring = ring.ok_or(ServiceError::NoKeys)?;
        let key = ring.by_head(head).ok_or(ServiceError::NoSession(Denied::UnknownToken))?;
        let Received { iss, aud, sub, sid, iat, exp, ath } = jsonwebtoken::decode(token, &key.public, &self.validation)
            .map_err(|error| ServiceError::NoSession(reason(error.kind())))?
            .claims;
        if iss != self.issuer {
            return Err(ServiceError::NoSession(Denied::WrongIssuer));
        }
        let audience = [Audience::Directory, Audience::Http].into_iter().find(|audience| audience.as_str() == aud);
        let audience = audience.ok_or(ServiceError::NoSession(Denied::WrongAudience))?;
        let [issued, expires] = [iat, exp].map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)));
        if expires <= now {
            return Err(ServiceError::NoSession(Denied::Expired));
        }
        if issued > now.plus(MAX_AHEAD) {
            return Err(ServiceError::NoSession(Denied::NotYetIssued));
        }
        let access = match ath {
            Some(ath) => Some(digest_of(&ath).ok_or(ServiceError::NoSession(Denied::Malformed))?),
            None => None,
        };
        Ok(VerifiedBearer { user: sub, session: sid, access, audience, issued, expires })
    }

    /// Since when the key signs that signs now; `None`: the keys have not been read yet.
    #[must_use]
    pub fn signing_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.ring.load().as_ref()?.signing(now).map(|key| key.signs_from())
    }

    /// How often a key is made; zero: only when somebody asks for it.
    #[must_use]
    pub const fn rotate_every(&self) -> Duration {
        self.rotate_every
    }

    /// The public keys.
    ///
    /// # Errors
    /// [`ServiceError::NoKeys`].
    pub fn published(&self) -> Result<Published, ServiceError> {
        self.ring.load().as_ref().map(|ring| ring.published.clone()).ok_or(ServiceError::NoKeys)
    }
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

const fn reason(error: &ErrorKind) -> Denied {
    if matches!(error, ErrorKind::InvalidSignature) { Denied::WrongSignature } else { Denied::Malformed }
}

#[cfg(test)]
mod tests;
