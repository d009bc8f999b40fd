//! Close: the client says that its session is over.

use super::{Credential, SessionService};
use crate::domain::{CloseReason, CloseSession, SessionKey, UserId};
use crate::error::ServiceError;

impl SessionService {
    /// Ends a session; with `ask_again` the next login asks the person again, signed on or not. When this returns,
    /// everything that names the session is refused.
    ///
    /// # Errors
    /// [`ServiceError::NoSession`] if it is not open, [`ServiceError::NoKeys`], [`ServiceError::Store`].
    pub async fn close(&self, credential: Credential, ask_again: bool) -> Result<UserId, ServiceError> {
        let active = self.live(credential).await?;
        let (user, session) = (active.held.account.id, active.held.session.id);
        let session = active.client.map_or(SessionKey::Directory(session), SessionKey::Client);
        let close = CloseSession { session, ask_again, why: CloseReason::ByApplication };
        self.store.close_session(user, &close).await?.map_err(ServiceError::NoSession)?;
        Ok(user)
    }
}
