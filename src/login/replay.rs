//! A state comes back that may not, or no longer: what it stands for ends.

use std::time::Duration;

use super::{Login, LoginService};
use crate::auth::GuessedToken;
use crate::domain::{CloseReason, CloseSession, ConsumedLogin, Network, SessionKey, TokenValue, UsedState};
use crate::error::{NoLogin, ServiceError};

/// More than the stages that a login goes through, each of which may end just as the next begins.
const STAGES: usize = 8;
/// How much longer than a login may take its state stays used, for the clocks of servers differ.
const MARGIN: Duration = Duration::from_secs(60);

impl LoginService {
    /// Ends what a state stands for: a login under way fails; the session that a complete one has opened is closed, as
    /// RFC 6749, 4.1.2 recommends for a code that is used twice.
    ///
    /// Accepted from any browser: who knows the state of another's login, 128 random bits, has read along. Somebody who
    /// only saw it, in a proxy's log say, can do no more than end that one session, once, within the time that the login
    /// had, and learns nothing by it.
    ///
    /// A login that only its own browser knows of cannot be found by its state alone; that state is used then, unless the
    /// network that it came from, or all of them together, have brought too many that nobody knows.
    pub(super) async fn replayed_state(
        &self,
        state: &TokenValue,
        why: NoLogin,
        network: Network,
    ) -> Result<(), ServiceError> {
        for _stage in 0..STAGES {
            let Some(pending) = self.store().login(state.digest()).await? else { break };
            if self.fail(state, Login { pending, recorded: true }).await? {
                return Ok(());
            }
        }
        let ConsumedLogin { user, session } = match self.store().used_state(state.digest()).await? {
            Some(UsedState::Spent(spent)) => spent,
            Some(UsedState::Ended) => return Ok(()),
            None if why == NoLogin::Expired => return Ok(()),
            None => {
                // A bucket of its own: nobody's honest code waits for states that others make up.
                match self.identity.count_unknown(GuessedToken::State, network).await {
                    Err(ServiceError::Throttled(_)) => return Ok(()),
                    counted => counted?,
                }
                let until = self.clock().now().plus(self.directory.settings().time_to_authenticate).plus(MARGIN);
                return Ok(self.store().use_state(state.digest(), until).await?);
            }
        };
        let close = CloseSession {
            session: SessionKey::Directory(session),
            ask_again: false,
            why: CloseReason::NotAuthenticated,
        };
        if self.store().close_session(user, &close).await?.is_ok() {
            tracing::warn!(%session, %user, "the state of a login that was complete was used again");
        }
        Ok(())
    }
}
