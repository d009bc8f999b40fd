//! The identity provider says that somebody's session has ended there (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use super::LoginService;
use crate::auth::GuessedToken;
use crate::auth::oidc::OpenIdError;
use crate::domain::{AccountChange, Denied, Network, UserId};
use crate::error::ServiceError;

/// How far the provider's clock may be behind ours. What the person opens anew within this time may end once more.
const LEEWAY: Duration = Duration::from_secs(60);

impl LoginService {
    /// Ends what a logout token is about, and tells whose it was; `None`: nobody's here. A person who has logged in since
    /// stays logged in, so a token that comes twice does no harm. What is no logout token is counted against `network`.
    ///
    /// # Errors
    /// [`ServiceError::Unproven`], [`ServiceError::Throttled`], [`ServiceError::ProviderUnavailable`],
    /// [`ServiceError::Store`].
    pub async fn logged_out_at_provider(&self, token: &str, network: Network) -> Result<Option<UserId>, ServiceError> {
        let Some(provider) = &self.provider else {
            return Err(ServiceError::Unproven("there is no identity provider".to_owned()));
        };
        self.identity.count_unknown(GuessedToken::Logout, network).await?;
        let ended = match provider.logged_out(token).await {
            Err(OpenIdError::Refused(why)) => return Err(ServiceError::Unproven(why)),
            ended => ended?,
        };
        self.identity.put_back_known(GuessedToken::Logout, network).await;
        let Some(account) = self.store().account_by_subject(&ended.issuer, &ended.subject).await? else {
            return Ok(None);
        };
        let everything = provider.settings().logout_ends_v2;
        let change =
            AccountChange::LoggedOutAtProvider { session: ended.session, until: ended.issued.plus(LEEWAY), everything };
        match self.store().change_account(account.id, &change).await? {
            Ok(_) => {
                tracing::info!(user = %account.id, everything, "logged out at the provider");
                Ok(Some(account.id))
            }
            Err(Denied::NoSuchUser) => Ok(None),
            Err(_) => Err(ServiceError::Bug("a logout was denied")),
        }
    }
}
