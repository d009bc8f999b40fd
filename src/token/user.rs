//! Tell about the user of an access token.

use super::TokenService;
use crate::domain::{Account, Denied, Network, TokenValue};
use crate::error::ServiceError;

impl TokenService {
    /// The user of an access token that counts now.
    ///
    /// # Errors
    /// As [`Self::check_anywhere`].
    pub async fn user(&self, presented: Option<&TokenValue>, network: Network) -> Result<Account, ServiceError> {
        let checked = self.check_anywhere(presented, network).await?;
        // A user who was disabled or removed since then has no tokens.
        let account = self.store.account(checked.token.user).await?.ok_or(Denied::NoSuchUser);
        let account = account.and_then(|account| if account.enabled { Ok(account) } else { Err(Denied::Disabled) });
        account.map_err(ServiceError::InvalidToken)
    }
}
