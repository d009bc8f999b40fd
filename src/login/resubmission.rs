//! The same correct form comes twice, by a second click or Enter. The browser follows the second answer alone, so it
//! must lead where the first led.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{LoginService, Next};
use crate::domain::{AuthMethod, ConsumedLogin, PendingLogin, SessionWithAccount, TokenValue, UsedState, UserId};
use crate::error::{NoLogin, ServiceError};

/// How long after the first answer the form may come again.
pub(super) const AGAIN_WITHIN: Duration = Duration::from_secs(60);
/// How long the first form may take to open the session, and how often to look.
pub(super) const OPENS_WITHIN: Duration = Duration::from_secs(2);
pub(super) const LOOKS_EVERY: Duration = Duration::from_millis(20);

impl LoginService {
    /// Leads this login's browser, whose form has been checked, to the end of the login, if it was completed less than
    /// [`AGAIN_WITHIN`] ago. `user` is the person who has just been proven, if known.
    ///
    /// # Errors
    /// [`ServiceError::NoLogin`] otherwise.
    pub(super) async fn resubmitted(
        &self,
        state: &TokenValue,
        browser: &TokenValue,
        login: &PendingLogin,
        user: Option<UserId>,
    ) -> Result<Next, ServiceError> {
        let Some(UsedState::Spent(spent)) = self.store().used_state(state.digest()).await? else {
            return Err(NoLogin::Unknown.into());
        };
        if user.is_some_and(|user| user != spent.user) {
            return Err(NoLogin::Unknown.into());
        }
        if let Some(account) = login.account {
            let sign_on = self.sign_on(state, browser, spent.user, AuthMethod::Password)?;
            let location = self.place_of(account, spent.user, sign_on.as_ref())?;
            return Ok(Next::Finished { location, sign_on });
        }
        let held = self.opened_by(login, spent).await?.ok_or(NoLogin::Unknown)?;
        let sign_on = self.sign_on(state, browser, spent.user, held.session.how)?;
        self.answer(login, &held, sign_on).await
    }

    /// The session that a login opened lately. The first form may be about to open it.
    async fn opened_by(
        &self,
        login: &PendingLogin,
        spent: ConsumedLogin,
    ) -> Result<Option<SessionWithAccount>, ServiceError> {
        let until = Instant::now() + OPENS_WITHIN;
        loop {
            let now = self.clock().now();
            if let Some(held) = self.store().directory_session(spent.user, spent.session, now).await? {
                let recent = now < held.session.opened.plus(AGAIN_WITHIN);
                return Ok((recent && spent.session == login.session).then_some(held));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            sleep(LOOKS_EVERY).await;
        }
    }
}
