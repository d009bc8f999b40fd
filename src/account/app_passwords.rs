//! A person makes app passwords, and revokes them.

use std::time::Duration;

use uuid::Uuid;

use super::end::log;
use super::{AccountService, Holder};
use crate::domain::{AccountChange, AppPassword, AppPasswordId, AppPasswordValue, CloseReason, Denied};
use crate::error::ServiceError;

const DAY: Duration = Duration::from_secs(86_400);

/// An app password that was just made: only now is its value to be had.
#[derive(Debug)]
pub struct MadeAppPassword {
    /// What the person calls it.
    pub name: Box<str>,
    /// Its value.
    pub value: AppPasswordValue,
}

/// Why no app password was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    /// The person was asked who they are too long ago.
    #[error("the person was asked who they are too long ago")]
    NotFresh,
    /// The name is empty, too long, or has control characters.
    #[error("the name of the app password is empty, too long, or has control characters")]
    Name,
    /// The person has so many already.
    #[error("the person has {0} app passwords already")]
    TooMany(usize),
}

impl AccountService {
    /// How many app passwords a person may have; 0: there are none.
    #[must_use]
    pub fn max_app_passwords(&self) -> usize {
        self.settings.app_passwords
    }

    /// After how long without a login that is proven elsewhere the person's app passwords count no more, until there is
    /// one; `None`: they go on.
    #[must_use]
    pub fn app_passwords_without_login(&self, holder: &Holder) -> Option<Duration> {
        let most = self.settings.app_passwords_without_login;
        (holder.account.is_proven_elsewhere() && !most.is_zero()).then_some(most)
    }

    /// Makes an app password, which ends after so many days if any are given, or says why not. The holder's account has it
    /// then.
    ///
    /// # Errors
    /// [`ServiceError::SignedOff`], [`ServiceError::Store`], [`ServiceError::Randomness`].
    pub async fn make_app_password(
        &self,
        holder: &mut Holder,
        name: &str,
        days: Option<u32>,
    ) -> Result<Result<MadeAppPassword, NotMade>, ServiceError> {
        let name = name.trim();
        if !self.is_fresh(holder) {
            return Ok(Err(NotMade::NotFresh));
        }
        if !AppPassword::is_name(name) {
            return Ok(Err(NotMade::Name));
        }
        let (now, most) = (self.clock.now(), self.max_app_passwords());
        let value = AppPasswordValue::generate()?;
        let app_password = AppPassword {
            id: AppPasswordId(Uuid::new_v4()),
            digest: value.digest(),
            name: name.into(),
            created: now,
            expires: days.map(|days| now.plus(DAY * days)),
            used: None,
        };
        let add = AccountChange::AddAppPassword { app_password, most, browser: Some(holder.sign_on.digest) };
        match self.store.change_account(holder.account.id, &add).await? {
            Ok(account) => {
                holder.account = account;
                log(holder.account.id, "add app password");
                Ok(Ok(MadeAppPassword { name: name.into(), value }))
            }
            Err(Denied::TooManyAppPasswords) => Ok(Err(NotMade::TooMany(most))),
            Err(denied) => Err(ServiceError::SignedOff(denied)),
        }
    }

    /// Revokes an app password, and ends every login by it. One that is revoked already is as good as that.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn revoke_app_password(&self, holder: &Holder, id: AppPasswordId) -> Result<(), ServiceError> {
        let revoke = AccountChange::RevokeAppPasswords { which: Some(id), why: CloseReason::ByApplication };
        if self.store.change_account(holder.account.id, &revoke).await?.is_ok() {
            log(holder.account.id, "revoke app password");
        }
        Ok(())
    }
}
