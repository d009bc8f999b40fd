//! The identity provider says that somebody's session has ended there (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use super::LoginService;
use crate::auth::GuessedToken;
use crate::auth::oidc::{OpenId, OpenIdError};
use crate::domain::{AccountChange, Denied, Network, ProviderSession, TokenOwner, UserId};
use crate::error::ServiceError;

/// How far the provider's clock may be behind ours. What the person opens anew within this time may end once more.
const LEEWAY: Duration = Duration::from_secs(60);

impl LoginService {
    /// Notes whose session at the provider this is, for as long as something may last that is opened in it: its logout
    /// need not name the person.
    pub(super) async fn note_provider_session(
        &self,
        session: ProviderSession,
        user: UserId,
        provider: &OpenId,
    ) -> Result<(), ServiceError> {
        let settings = self.directory.settings();
        let lasts = if provider.settings().logout_ends_v2 {
            self.directory.limits().login_age
        } else {
            settings.time_to_authenticate + settings.single_sign_on + settings.session_lifetime
        };
        let owner = TokenOwner { user, session: None, expires: self.clock().now().plus(lasts) };
        Ok(self.store().note_provider_session(session, &owner).await?)
    }

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
        let user = match (&ended.subject, ended.session) {
            (Some(subject), _) => {
                self.store().account_by_subject(&ended.issuer, subject).await?.map(|account| account.id)
            }
            (None, Some(session)) => {
                let owner = self.store().provider_session(session).await?;
                owner.filter(|owner| owner.expires > self.clock().now()).map(|owner| owner.user)
            }
            (None, None) => None,
        };
        let Some(user) = user else { return Ok(None) };
        let everything = provider.settings().logout_ends_v2;
        let change =
            AccountChange::LoggedOutAtProvider { session: ended.session, until: ended.issued.plus(LEEWAY), everything };
        match self.store().change_account(user, &change).await? {
            Ok(_) => {
                tracing::info!(%user, everything, "logged out at the provider");
                Ok(Some(user))
            }
            Err(Denied::NoSuchUser) => Ok(None),
            Err(_) => Err(ServiceError::Bug("a logout was denied")),
        }
    }
}
