//! A person ends what is logged in, one place or all but this browser.

use super::{AccountService, Holder, PlaceId, Renewed};
use crate::auth::{Device, Origin};
use crate::domain::{
    AccountChange, CloseReason, CloseSession, Network, OwnChange, SessionKey, SignOn, TokenValue, UserId,
};
use crate::error::ServiceError;
use crate::store::Remember;

impl AccountService {
    /// Ends one place. One that is over already is as good as ended.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn end(&self, holder: &Holder, place: PlaceId) -> Result<(), ServiceError> {
        let user = holder.account.id;
        let ended = match place {
            PlaceId::Browser(digest) => {
                self.store.change_account(user, &AccountChange::SignOff(digest)).await?.map(drop)
            }
            PlaceId::Session(id) => {
                let Some(state) = self.store.user_state(user).await? else { return Ok(()) };
                let client = state.clients.iter().find(|(_, session)| session.id == id);
                let session =
                    client.map_or(SessionKey::Directory(id), |(client, _)| SessionKey::Client(client.clone()));
                let close = CloseSession { session, ask_again: false, why: CloseReason::ByApplication };
                self.store.close_session(user, &close).await?
            }
        };
        if ended.is_ok() {
            log(user, "end one login");
        }
        Ok(())
    }

    /// Ends every session and every other browser's sign-on, and whatever login is under way. This browser stays signed on,
    /// by another cookie; if somebody comes in between, it does not.
    ///
    /// # Errors
    /// [`ServiceError::SignedOff`], [`ServiceError::Store`], [`ServiceError::Randomness`].
    pub async fn end_others(&self, holder: &Holder, from: Network) -> Result<Option<Renewed>, ServiceError> {
        let renewed = self.end_everything_else(holder, from, None).await?;
        log(holder.account.id, "end all other logins");
        Ok(renewed)
    }

    pub(super) async fn end_everything_else(
        &self,
        holder: &Holder,
        from: Network,
        change: Option<OwnChange>,
    ) -> Result<Option<Renewed>, ServiceError> {
        let (user, sign_on) = (holder.account.id, &holder.sign_on);
        let cookie = TokenValue::draw_for(user)?;
        let end = AccountChange::EndEverything { browser: sign_on.digest, change };
        let account = self.store.change_account(user, &end).await?.map_err(ServiceError::SignedOff)?;
        let sign_on = SignOn { digest: cookie.digest(), ..sign_on.clone() };
        let lifetime = sign_on.expires.since(self.clock.now());
        let again = AccountChange::SignOn { generation: account.generation, sign_on };
        if self.store.change_account(user, &again).await?.is_err() {
            return Ok(None);
        }
        let device = Some(Device::SignOn(cookie.digest()));
        let origin = Origin { network: from, device, remember: Remember::Always };
        self.identity.remember(&account.email, &origin).await;
        Ok(Some(Renewed { cookie, lifetime }))
    }
}

/// One line for each act, as for those of operators.
pub(super) fn log(user: UserId, act: &str) {
    tracing::info!(%user, act, "account page");
}
