//! Log in silently with a remember-me token.

use super::{Login, LoginContext, LoginRequest, TokenError, TokenService, origin};
use crate::auth::{Activity, GuessedToken};
use crate::domain::{Denied, Grant, SessionKey, TokenValue};

/// A login with a remember-me token, which stays valid.
#[derive(Debug)]
pub struct SilentLogin {
    /// The token; `None` if what was sent cannot be one.
    pub remember_me_token: Option<TokenValue>,
    /// What every login says; the client must be the one the token was issued to.
    pub context: LoginContext,
}

impl TokenService {
    /// Logs in with a remember-me token.
    ///
    /// # Errors
    /// [`TokenError`]; never [`TokenError::InvalidToken`].
    pub async fn silent_login(&self, login: SilentLogin) -> Result<Login, TokenError> {
        let SilentLogin { remember_me_token, context } = login;
        self.admit_application(context.application_id.as_ref())?;
        let digest = remember_me_token.map(|token| token.digest());
        let found = match digest {
            Some(digest) => self.store.remember_me_token(digest).await?.map(|found| (digest, found)),
            None => None,
        };
        let Some((digest, found)) = found else {
            self.identity.count_unknown(GuessedToken::RememberMe, context.network).await?;
            return Err(TokenError::InvalidCredentials(Denied::UnknownToken));
        };
        let opening = self.directory.opening(context.client_id.as_ref());
        if found.session != Some(SessionKey::Client(opening.client.clone())) {
            return Err(TokenError::InvalidCredentials(Denied::WrongClient));
        }
        self.identity.count(Activity::Issue, found.user).await?;
        let origin = origin(context.network, &opening, true);
        let order = LoginRequest {
            grant: Grant::RememberMe(digest),
            now: self.clock.now(),
            opening,
            contact: context.contact,
            network: None,
            remember_me: false,
            team: None,
            project: None,
        };
        self.issue_from(found.user, order, &origin).await
    }
}
