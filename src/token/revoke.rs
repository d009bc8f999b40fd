//! Revoke: from the moment it is acknowledged, refused everywhere.

use super::{Checked, TokenService};
use crate::domain::{AccountChange, CloseReason, CloseSession, Network, Revoke, SessionKey, TokenValue};
use crate::error::ServiceError;

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
    /// Ends what hangs on an access token, and tells what it was. One of the old service ends there too.
    ///
    /// # Errors
    /// As [`Self::check_anywhere`].
    pub async fn revoke(
        &self,
        presented: Option<&TokenValue>,
        scope: Scope,
        network: Network,
    ) -> Result<Checked, ServiceError> {
        let mut checked = self.check_anywhere(presented, network).await?;
        let (user, client) = (checked.token.user, &checked.token.client);
        match scope {
            Scope::Token => {
                let revoke = Revoke { client: client.clone(), token: checked.digest };
                self.store.revoke(user, &revoke).await?;
            }
            // What was ended meanwhile has ended: that is what was asked for.
            Scope::Client => {
                let session = SessionKey::Client(client.clone());
                let close = CloseSession { session, ask_again: false, why: CloseReason::ByApplication };
                let _closed = self.store.close_session(user, &close).await?;
            }
            Scope::User => {
                let close = AccountChange::LogOutEverywhere(CloseReason::ByApplication);
                let _closed = self.store.change_account(user, &close).await?;
            }
        }
        if let (true, Some(token), Some(upstream)) = (checked.from_upstream, presented, self.identity.upstream())
            && self.identity.upstream_until().await?.is_some()
        {
            upstream.end(token).await;
        }
        checked.expires_in = 0;
        Ok(checked)
    }
}
