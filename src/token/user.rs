//! Tell about the user of an access token.

use super::{TokenError, TokenService};
use crate::domain::{Account, Denied, TokenValue};

impl TokenService {
    /// The user of an access token that counts now.
    ///
    /// # Errors
    /// [`TokenError::InvalidToken`], [`TokenError::Store`].
    pub async fn user(&self, presented: Option<TokenValue>) -> Result<Account, TokenError> {
        let checked = self.check(presented).await?;
        // A user who was disabled or removed since then has no tokens.
        let account = self.store.account(checked.token.user).await?.filter(|account| account.enabled);
        account.ok_or(TokenError::InvalidToken(Denied::Disabled))
    }
}
