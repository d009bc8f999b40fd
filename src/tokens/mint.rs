//! Mint a cross token: it carries this login to another app, once.

use super::{TokenError, Tokens};
use crate::domain::{CrossParent, MintCross, TokenValue, UserId};

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

impl Tokens {
    /// Mints a cross token from an access token.
    ///
    /// # Errors
    /// [`TokenError::InvalidToken`], [`TokenError::Store`].
    pub async fn mint_cross(&self, presented: Option<TokenValue>) -> Result<CrossToken, TokenError> {
        let checked = self.check(presented).await?;
        let value = TokenValue::generate()?;
        let user = checked.token.user;
        let act = MintCross {
            parent: CrossParent::Access {
                token: checked.digest,
                client: checked.token.client,
                proven: checked.token.proven,
            },
            now: self.clock.now(),
            cross: (value.digest(), self.settings.cross_lifetime),
            limits: self.directory.limits(),
        };
        let minted = self.store.mint_cross(user, &act).await?.ok_or(TokenError::InvalidToken)?;
        Ok(CrossToken { user, value, expires_in: minted.expires.expires_in(act.now) })
    }
}
