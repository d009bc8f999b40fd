//! Swap a cross token for an access token: of any number of simultaneous swaps, exactly one wins.

use super::{Login, LoginContext, LoginRequest, TokenError, TokenService, origin};
use crate::auth::{Activity, GuessedToken};
use crate::domain::{CrossGrant, Denied, ForeignId, Grant, TokenValue};

/// A swap.
#[derive(Debug)]
pub struct Swap {
    /// The cross token; `None` if what was sent cannot be one.
    pub cross_token: Option<TokenValue>,
    /// The team the new token is for.
    pub team_id: Option<ForeignId>,
    /// The project the new token is for.
    pub project_id: Option<ForeignId>,
    /// What every login says.
    pub context: LoginContext,
}

impl TokenService {
    /// Swaps a cross token for an access token, and spends it.
    ///
    /// # Errors
    /// [`TokenError`]; never [`TokenError::InvalidToken`]. Only a swap that succeeds, or fails in the store midway,
    /// spends the token.
    pub async fn swap(&self, swap: Swap) -> Result<Login, TokenError> {
        let Swap { cross_token, team_id, project_id, context } = swap;
        self.admit_application(context.application_id.as_ref())?;
        let digest = cross_token.map(|token| token.digest());
        let found = match digest {
            Some(digest) => self.store.cross_token(digest).await?.map(|found| (digest, found)),
            None => None,
        };
        let found = found.and_then(|(digest, found)| Some((digest, found.user, found.session?)));
        let Some((digest, user, minted_by)) = found else {
            self.identity.count_unknown(GuessedToken::Cross, context.network).await?;
            return Err(TokenError::InvalidCredentials(Denied::UnknownToken));
        };
        self.identity.count(Activity::Issue, user).await?;
        let opening = self.directory.opening(context.client_id.as_ref());
        let origin = origin(context.network, &opening, false);
        let order = LoginRequest {
            grant: Grant::Cross(CrossGrant { digest, minted_by }),
            now: self.clock.now(),
            opening,
            contact: context.contact,
            network: None,
            remember_me: false,
            team: team_id.as_ref(),
            project: project_id.as_ref(),
        };
        self.issue_from(user, order, &origin).await
    }
}
