//! Revoke: from the moment it is acknowledged, refused everywhere.

use super::{Checked, TokenError, TokenService};
use crate::domain::TokenValue;

/// How much a revocation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The presented token, and the cross tokens it minted.
    Token,
    /// The whole session of its client.
    Client,
    /// Every session of its user.
    User,
}

impl TokenService {
    /// Ends what hangs on an access token, and tells what it was.
    ///
    /// # Errors
    /// [`TokenError::InvalidToken`], [`TokenError::Store`].
    pub async fn revoke(&self, presented: Option<TokenValue>, scope: Scope) -> Result<Checked, TokenError> {
        let mut checked = self.check(presented).await?;
        let (user, client) = (checked.token.user, &checked.token.client);
        match scope {
            Scope::Token => self.store.revoke(user, client, checked.digest).await?,
            Scope::Client => self.directory.close_client(user, client).await?,
            Scope::User => self.directory.close_all(user).await?,
        }
        checked.expires_in = 0;
        Ok(checked)
    }
}
