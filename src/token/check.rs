//! Tell about an access token: the hot path. One read, no write, no lock.

use super::TokenService;
use crate::domain::{AccessToken, Denied, TokenDigest, TokenValue};
use crate::error::ServiceError;

/// An access token that counts.
#[derive(Debug)]
pub struct Checked {
    /// Which token.
    pub digest: TokenDigest,
    /// What is known of it.
    pub token: AccessToken,
    /// Seconds until it ends, less one.
    pub expires_in: u64,
    /// Whether what was presented is a token of the old service, for which this one stands.
    pub from_upstream: bool,
}

impl TokenService {
    /// Tells about an access token of ours, if it counts now.
    ///
    /// # Errors
    /// [`ServiceError::InvalidToken`], [`ServiceError::Store`].
    pub async fn check(&self, presented: Option<&TokenValue>) -> Result<Checked, ServiceError> {
        self.check_digest(presented.ok_or(ServiceError::InvalidToken(Denied::NoToken))?.digest()).await
    }

    /// As [`Self::check`], by the digest.
    pub(super) async fn check_digest(&self, digest: TokenDigest) -> Result<Checked, ServiceError> {
        let token = self.store.access_token(digest).await?.ok_or(Denied::UnknownToken);
        let now = self.clock.now();
        let token = token.and_then(|token| token.unexpired(now)).map_err(ServiceError::InvalidToken)?;
        let expires_in = token.expires.expires_in(now);
        Ok(Checked { digest, token, expires_in, from_upstream: false })
    }
}
