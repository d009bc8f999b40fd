//! Swap a cross token for an access token: of any number of simultaneous swaps, exactly one wins.

use super::{Login, LoginClient, LoginContext, TokenService};
use crate::auth::{Activity, GuessedToken};
use crate::domain::{CrossGrant, Denied, Grant, TokenValue};
use crate::error::ServiceError;

impl TokenService {
    /// Swaps a cross token for an access token, and spends it. `None` is a text that cannot be one.
    ///
    /// # Errors
    /// [`ServiceError`]; never [`ServiceError::InvalidToken`]. Only a swap that succeeds, or fails in the store midway,
    /// spends the token.
    pub async fn swap(&self, cross_token: Option<TokenValue>, context: LoginContext) -> Result<Login, ServiceError> {
        self.admit_application(&context)?;
        let digest = cross_token.map(|token| token.digest());
        let found = match digest {
            Some(digest) => self.store.cross_token(digest).await?.map(|found| (digest, found)),
            None => None,
        };
        let found = found.and_then(|(digest, found)| Some((digest, found.user, found.session?)));
        let Some((digest, user, minted_by)) = found else {
            self.identity.count_unknown(GuessedToken::Cross, context.network).await?;
            return Err(ServiceError::InvalidCredentials(Denied::UnknownToken));
        };
        self.identity.count(Activity::Issue, user).await?;
        let client = LoginClient::of(context.client_id.as_ref());
        let grant = Grant::Cross(CrossGrant { digest, minted_by });
        self.issue(user, (grant, self.clock.now()), client, false, context).await
    }
}
