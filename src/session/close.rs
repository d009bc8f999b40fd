//! Close: the client says that its session is over.

use super::{Credential, SessionError, SessionService};
use crate::domain::{AccountChange, CloseReason, SessionCommand, UserId};

impl SessionService {
    /// Ends a session; with `ask_again` the next login asks the person again, signed on or not. When this returns,
    /// everything that names the session is refused.
    ///
    /// # Errors
    /// [`SessionError::Refused`] if it is not open, [`SessionError::NoKeys`], [`SessionError::Store`].
    pub async fn close(&self, handle: Credential<'_>, ask_again: bool) -> Result<UserId, SessionError> {
        let live = self.live(handle).await?;
        let (user, session) = (live.held.account.id, live.held.session.id);
        if let Some(client) = &live.client {
            if ask_again {
                self.store.change_account(user, &AccountChange::AskAgain(self.clock.now())).await?;
            }
            self.close_client(user, client).await?;
            return Ok(user);
        }
        let act = SessionCommand::Close { session, ask_again };
        self.store.update_session(user, &act).await?.ok_or(SessionError::Refused("its session is closed"))?;
        self.endings.tell(session, Some(user), CloseReason::ByApplication);
        Ok(user)
    }
}
