//! Heartbeat: the session goes on, and its client is given new bearers.

use super::{ActiveSession, Credential, SessionService};
use crate::auth::Activity;
use crate::bearer::Signed;
use crate::domain::{SessionCommand, SessionWithAccount};
use crate::error::ServiceError;

/// A session, and bearers for it.
#[derive(Debug)]
pub struct Renewed {
    /// The session as it is now.
    pub held: SessionWithAccount,
    /// Bearers that end a minute after the next heartbeat is due.
    pub bearers: Signed,
}

impl SessionService {
    /// Keeps a session alive, never past its end of life. A v2 session needs no heartbeat, and is left as it is.
    ///
    /// # Errors
    /// [`ServiceError::NoSession`] if it is not open, [`ServiceError::NoKeys`], [`ServiceError::SigningBusy`],
    /// [`ServiceError::Throttled`],
    /// [`ServiceError::Store`].
    pub async fn heartbeat(&self, credential: Credential) -> Result<Renewed, ServiceError> {
        let token = match credential {
            Credential::Bearer(token) => token,
            Credential::AccessToken(token) => {
                let (digest, token) = self.access_token(&token).await?;
                self.identity.count(Activity::Heartbeat, token.user).await?;
                return self.renew_live(self.live_by_token(digest, token).await?).await;
            }
        };
        let (presented, now) = (self.verify(&token).await?, self.clock.now());
        self.identity.count(Activity::Heartbeat, presented.user).await?;
        let before = now.plus(self.settings.time_to_heartbeat);
        let act = SessionCommand::Heartbeat { session: presented.session, now, before };
        match self.store.update_session(presented.user, &act).await? {
            Ok(held) => self.renew(held).await,
            Err(denied) if presented.access.is_none() => Err(ServiceError::NoSession(denied)),
            Err(_) => self.renew_live(self.live_v2(&presented).await?).await,
        }
    }

    async fn renew_live(&self, live: ActiveSession) -> Result<Renewed, ServiceError> {
        let bearers = self.bearers.sign_for(&live.held, live.access, self.clock.now()).await?;
        Ok(Renewed { held: live.held, bearers })
    }

    pub(super) async fn renew(&self, held: SessionWithAccount) -> Result<Renewed, ServiceError> {
        let bearers = self.bearers.sign(&held, self.clock.now()).await?;
        Ok(Renewed { held, bearers })
    }
}
