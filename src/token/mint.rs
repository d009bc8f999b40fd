//! Mint a cross token: it carries this login to another app, once.

use super::TokenService;
use crate::auth::Activity;
use crate::domain::{AccessToken, CrossParent, Denied, MintCross, Network, TokenValue, UserId};
use crate::error::ServiceError;
use crate::session::Credential;

/// A cross token as its response tells it.
#[derive(Debug)]
pub struct CrossToken {
    /// Whose login it carries.
    pub user: UserId,
    /// The token.
    pub value: TokenValue,
    /// Seconds until it ends, less one.
    pub expires_in: u64,
}

impl TokenService {
    /// Mints a cross token from an access token, or from a bearer of a directory session.
    ///
    /// # Errors
    /// [`ServiceError::InvalidToken`], [`ServiceError::Throttled`], [`ServiceError::Elsewhere`], [`ServiceError::Store`].
    pub async fn mint_cross(
        &self,
        presented: Option<Credential>,
        network: Network,
    ) -> Result<CrossToken, ServiceError> {
        let (user, parent) = match presented.ok_or(ServiceError::InvalidToken(Denied::NoToken))? {
            Credential::AccessToken(token) => {
                let checked = self.check_anywhere(Some(&token), network).await?;
                let AccessToken { user, client, proven, not_after, .. } = checked.token;
                (user, CrossParent::Access { token: checked.digest, client, proven, not_after })
            }
            Credential::Bearer(bearer) => {
                let presented = self.directory.verify(&bearer).await.map_err(|error| match error {
                    ServiceError::NoSession(denied) => ServiceError::InvalidToken(denied),
                    error => error,
                })?;
                (presented.user, CrossParent::Directory(presented.session))
            }
        };
        self.identity.count(Activity::Issue, user).await?;
        let value = TokenValue::draw_for(user)?;
        let act = MintCross {
            parent,
            now: self.clock.now(),
            cross: (value.digest(), self.settings.cross_lifetime),
            limits: self.directory.limits(),
        };
        let minted = self.store.mint_cross(user, &act).await?.map_err(ServiceError::InvalidToken)?;
        Ok(CrossToken { user, value, expires_in: minted.expires.expires_in(act.now) })
    }
}
