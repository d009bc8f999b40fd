//! Tell about an access token of the identity provider: for programs that send its JWT to the services that ask us.

use super::TokenService;
use crate::auth::oidc::{OpenIdError, ProviderToken};
use crate::domain::{Denied, UserId};
use crate::error::ServiceError;

/// An access token of the provider that counts. It mints nothing and is swapped for nothing: it only is checked.
#[derive(Debug)]
pub struct CheckedByProvider {
    /// Whose it is here.
    pub user: UserId,
    /// What it says.
    pub token: ProviderToken,
    /// Seconds until it ends, less one.
    pub expires_in: u64,
}

impl TokenService {
    /// Tells about an access token of the provider, if `openid.check_audiences` has it count now: its person is linked here
    /// and enabled, and nothing has ended all their logins since it was issued.
    ///
    /// # Errors
    /// [`ServiceError::InvalidToken`], [`ServiceError::ProviderUnavailable`], [`ServiceError::Store`].
    pub async fn check_of_provider(&self, presented: &str) -> Result<CheckedByProvider, ServiceError> {
        let invalid = ServiceError::InvalidToken;
        let provider = self.provider.as_ref().filter(|provider| provider.is_checked());
        let provider = provider.ok_or(invalid(Denied::UnknownToken))?;
        let token = match provider.access_token(presented).await {
            Ok(token) => token,
            Err(OpenIdError::Refused(why)) => {
                tracing::debug!(why, "an access token of the identity provider is refused");
                return Err(invalid(Denied::NotProven));
            }
            Err(error) => return Err(error.into()),
        };
        let now = self.clock.now();
        if token.expires <= now {
            return Err(invalid(Denied::Expired));
        }
        let account = self.store.account_by_subject(&token.issuer, &token.subject).await?;
        let account = account.ok_or(invalid(Denied::NoSuchUser))?;
        if !account.enabled {
            return Err(invalid(Denied::Disabled));
        }
        // It tells whole seconds, cut off: one of the same second may be of before.
        if token.issued <= account.not_before {
            return Err(invalid(Denied::StaleProof));
        }
        Ok(CheckedByProvider { user: account.id, expires_in: token.expires.expires_in(now), token })
    }
}
