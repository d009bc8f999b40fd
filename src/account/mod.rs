//! What people do with their own accounts, each in a browser that is signed on: they see where they are logged in, end
//! that, change their passwords, make and revoke app passwords, and set up a second factor.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::{Activity, Identity};
use crate::clock::Clock;
use crate::domain::{Account, Denied, SignOn, Timestamp, TokenValue};
use crate::error::ServiceError;
use crate::login::{Form, LoginService};
use crate::settings::PasswordSettings;
use crate::store::Store;

mod app_passwords;
mod end;
mod forgot;
mod link;
mod passkey;
mod password;
mod places;
mod second_factor;

pub use app_passwords::{MadeAppPassword, NotMade};
pub use forgot::{FORGOT_PAGE, FirstPasswords, Forgotten, LinkSender, check_forgot_form, forgot_form};
pub use link::{LINK_PAGE, check_link_form, link_form};
pub use passkey::PasskeyPlace;
pub use password::{NewPassword, PasswordPlace, Unchanged};
pub use places::{Place, PlaceId, PlaceKind};
pub use second_factor::{Codes, FactorPlace, FactorUnchanged, Offer};

/// The account page.
#[derive(Clone)]
pub struct AccountService {
    store: Arc<dyn Store>,
    identity: Arc<Identity>,
    logins: Arc<LoginService>,
    settings: Arc<PasswordSettings>,
    clock: Arc<dyn Clock>,
    forgotten: Option<Forgotten>,
}

/// The person in front of a browser that is signed on.
#[derive(Debug)]
pub struct Holder {
    /// Their account.
    pub account: Account,
    /// How the browser is signed on.
    pub sign_on: SignOn,
    /// What the hidden field of every form holds: it counts in this browser, for this person, while they are signed on.
    pub csrf: String,
}

/// The cookie by which a browser is signed on from now on, and for how long.
#[derive(Debug)]
pub struct Renewed {
    /// Its value.
    pub cookie: TokenValue,
    /// How long it counts.
    pub lifetime: Duration,
}

impl AccountService {
    /// Puts it together; `identity` and `logins` have the same handle of the store.
    #[must_use]
    pub const fn new(
        store: Arc<dyn Store>,
        identity: Arc<Identity>,
        logins: Arc<LoginService>,
        settings: Arc<PasswordSettings>,
        clock: Arc<dyn Clock>,
        forgotten: Option<Forgotten>,
    ) -> Self {
        Self { store, identity, logins, settings, clock, forgotten }
    }

    /// The same with services that have another handle of the store.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Store>, identity: Arc<Identity>, logins: Arc<LoginService>) -> Self {
        Self { store, identity, logins, ..self.clone() }
    }

    /// Who is signed on in the browser with this cookie. Each call counts as one that a person makes.
    ///
    /// # Errors
    /// [`ServiceError::Throttled`], [`ServiceError::Store`].
    pub async fn holder(&self, cookie: Option<&TokenValue>) -> Result<Option<Holder>, ServiceError> {
        let found = self.logins.who(cookie).await?;
        let (Some((account, sign_on)), Some(cookie)) = (found, cookie) else { return Ok(None) };
        self.identity.count(Activity::AccountPage, account.id).await?;
        Ok(Some(Holder { account, sign_on, csrf: Form::Account.proof(cookie, "") }))
    }

    /// The same, for a form with this hidden field.
    ///
    /// # Errors
    /// As [`Self::holder`]; [`ServiceError::SignedOff`]; [`ServiceError::Forged`].
    pub async fn holder_of(&self, cookie: Option<&TokenValue>, csrf: &str) -> Result<Holder, ServiceError> {
        let holder = self.holder(cookie).await?.ok_or(ServiceError::SignedOff(Denied::SignedOff))?;
        if !cookie.is_some_and(|cookie| Form::Account.is_proven(cookie, "", csrf)) {
            return Err(ServiceError::Forged);
        }
        Ok(holder)
    }

    /// Whether the person was asked who they are lately enough to change credentials.
    #[must_use]
    pub fn is_fresh(&self, holder: &Holder) -> bool {
        holder.sign_on.is_fresh(self.clock.now())
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
