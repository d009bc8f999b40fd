//! Log in silently with a remember-me token.

use super::{Login, LoginClient, LoginContext, TokenService};
use crate::auth::{Activity, GuessedToken};
use crate::domain::{Denied, Grant, SessionKey, TokenDigest, TokenOwner, TokenValue};
use crate::error::ServiceError;

impl TokenService {
    /// Logs in with a remember-me token, which stays valid. `None` is a text that cannot be one. The client must be the one that
    /// the token was issued to. One of the old service is taken over.
    ///
    /// # Errors
    /// [`ServiceError`]; never [`ServiceError::InvalidToken`].
    pub async fn silent_login(&self, token: Option<TokenValue>, context: LoginContext) -> Result<Login, ServiceError> {
        self.admit_application(&context)?;
        let digest = token.as_ref().map(TokenValue::digest);
        let found = match digest {
            Some(digest) => match self.store.remember_me_token(digest).await? {
                Some(found) => Some((digest, found)),
                None => self.remembered_stand_in(digest).await?,
            },
            None => None,
        };
        let Some((digest, found)) = found else {
            self.identity.count_unknown(GuessedToken::RememberMe, context.network).await?;
            return match token {
                Some(token) if self.has_upstream() => self.silent_take_over(&token, context).await,
                _ => Err(ServiceError::InvalidCredentials(Denied::UnknownToken)),
            };
        };
        self.remembered_login((digest, found), context).await
    }

    /// Logs in with a remember-me token of ours that hangs there.
    pub(super) async fn remembered_login(
        &self,
        (digest, found): (TokenDigest, TokenOwner),
        context: LoginContext,
    ) -> Result<Login, ServiceError> {
        let client = LoginClient::of(context.client_id.as_ref());
        if found.session != Some(SessionKey::Client(client.key.clone())) {
            return Err(ServiceError::InvalidCredentials(Denied::WrongClient));
        }
        self.identity.count(Activity::Issue, found.user).await?;
        self.issue(found.user, (Grant::RememberMe(digest), self.clock.now()), client, false, context).await
    }
}
