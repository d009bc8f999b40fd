//! A person sets their password by a one-time link, whoever they are signed on as.

use super::password::{Unchanged, new_password};
use super::{AccountService, end::log};
use crate::auth::{Activity, GuessedToken};
use crate::domain::{Account, AccountChange, Denied, LinkSecret, Network, Password, TokenValue};
use crate::error::ServiceError;
use crate::login::Form;

/// Where one-time links lead.
pub const LINK_PAGE: &str = "/account/link";

impl AccountService {
    /// Whose password a link sets, while it counts. Uses nothing up: whatever looks at a link in a mail may open it. One that
    /// does not count is counted against its network.
    ///
    /// # Errors
    /// [`ServiceError::NoLink`], the same for every reason; [`ServiceError::Throttled`], [`ServiceError::Store`].
    pub async fn linked(&self, link: Option<&LinkSecret>, from: Network) -> Result<Account, ServiceError> {
        let link = link.ok_or(ServiceError::NoLink(Denied::NoToken))?;
        self.identity.count_unknown(GuessedToken::Link, from).await?;
        let account = self.store.account(link.user()).await?.ok_or(ServiceError::NoLink(Denied::NoSuchUser))?;
        account.judge_link(link.digest(), self.clock.now()).map_err(ServiceError::NoLink)?;
        self.identity.put_back_known(GuessedToken::Link, from).await;
        self.identity.count(Activity::AccountPage, account.id).await?;
        Ok(account)
    }

    /// Sets the password of a link's account, and uses the link up; or says why it stays as it is, after which the link still
    /// counts. Every login of the account ends.
    ///
    /// # Errors
    /// As [`Self::linked`]; [`ServiceError::Forged`]; [`ServiceError::HashingBusy`].
    pub async fn set_by_link(
        &self,
        link: &LinkSecret,
        account: &Account,
        new: Option<Password>,
        repeated: bool,
    ) -> Result<Result<(), Unchanged>, ServiceError> {
        let new = match new_password(new, repeated, account, &self.settings) {
            Ok(new) => new,
            Err(unchanged) => return Ok(Err(unchanged)),
        };
        let password = self.identity.hash(new).await?;
        let change = AccountChange::PasswordByLink { link: link.digest(), password };
        self.store.change_account(account.id, &change).await?.map_err(ServiceError::NoLink)?;
        log(account.id, "set password by one-time link");
        Ok(Ok(()))
    }
}

/// What the hidden field of the link's form holds in this browser.
#[must_use]
pub fn link_form(browser: &TokenValue, link: &LinkSecret) -> String {
    Form::Link.proof(browser, &link.reveal())
}

/// Checks that hidden field.
///
/// # Errors
/// [`ServiceError::Forged`].
pub fn check_link_form(browser: &[TokenValue], link: &LinkSecret, sent: &str) -> Result<(), ServiceError> {
    let about = link.reveal();
    let ours = browser.iter().any(|cookie| Form::Link.is_proven(cookie, &about, sent));
    if ours { Ok(()) } else { Err(ServiceError::Forged) }
}
