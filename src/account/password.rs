//! A person changes their password, or sets one.

use super::end::log;
use super::{AccountService, Holder, Renewed};
use crate::auth::{Device, Origin, WeakPassword, check_own_password};
use crate::domain::{Account, Denied, Network, OwnChange, Password};
use crate::error::ServiceError;
use crate::settings::PasswordSettings;
use crate::store::Remember;

/// What a person enters. A field that no password can be of is `None`.
#[derive(Debug)]
pub struct NewPassword {
    /// The password so far, if there is one.
    pub present: Option<Password>,
    /// The new one.
    pub new: Option<Password>,
    /// Whether it was typed twice alike.
    pub repeated: bool,
    /// Whether app passwords go with the present one.
    pub revokes_app_passwords: bool,
}

/// Why a password is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unchanged {
    /// The person has none here, and may not set one.
    #[error("the person may not have a password here")]
    NotHere,
    /// The person was asked who they are too long ago.
    #[error("the person was asked who they are too long ago")]
    NotFresh,
    /// The new one may not be used.
    #[error("{0}")]
    Weak(WeakPassword),
    /// The new one was typed otherwise the second time.
    #[error("the new password was not repeated")]
    NotRepeated,
    /// The present one is not right.
    #[error("the present password is not right: {0}")]
    WrongPresent(Denied),
}

/// Where a person's password is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordPlace {
    /// Here.
    Here,
    /// Nowhere here yet, but the person may set one.
    MaySet,
    /// At what proves the person: an identity provider, by its issuer.
    Elsewhere(Box<str>),
    /// Nowhere: an operator can set one.
    Nowhere,
}

impl AccountService {
    /// Where the person's password is.
    #[must_use]
    pub fn password_place(&self, holder: &Holder) -> PasswordPlace {
        let account = &holder.account;
        match &account.profile.subject {
            _ if account.password.is_some() => PasswordPlace::Here,
            _ if self.settings.beside_provider => PasswordPlace::MaySet,
            Some(subject) => PasswordPlace::Elsewhere(subject.issuer.clone()),
            None => PasswordPlace::Nowhere,
        }
    }

    /// The fewest characters of a new password.
    #[must_use]
    pub fn shortest_password(&self) -> usize {
        self.settings.min_length
    }

    /// Gives the person a new password, or says why not. The one before must come along, and is verified, throttled and
    /// counted as at a login. Every other login of the person ends; this browser stays signed on, by another cookie.
    ///
    /// # Errors
    /// [`ServiceError`]: the password is as it was.
    pub async fn change_password(
        &self,
        holder: &Holder,
        entered: NewPassword,
        from: Network,
    ) -> Result<Result<Option<Renewed>, Unchanged>, ServiceError> {
        let place = self.password_place(holder);
        let new = match self.judge(holder, &place, entered.new, entered.repeated) {
            Ok(new) => new,
            Err(unchanged) => return Ok(Err(unchanged)),
        };
        if place == PasswordPlace::Here {
            let Some(present) = entered.present else { return Ok(Err(Unchanged::WrongPresent(Denied::WrongPassword))) };
            let device = Some(Device::SignOn(holder.sign_on.digest));
            let origin = Origin { network: from, device, remember: Remember::IfKnown };
            match self.identity.confirm(&holder.account, present, &origin).await {
                Err(ServiceError::InvalidCredentials(denied)) => return Ok(Err(Unchanged::WrongPresent(denied))),
                confirmed => confirmed?,
            }
        }
        let hash = self.identity.hash(new).await?;
        let change = OwnChange::Password { hash, revokes_app_passwords: entered.revokes_app_passwords };
        let renewed = self.end_everything_else(holder, from, Some(change)).await?;
        log(holder.account.id, if place == PasswordPlace::Here { "change password" } else { "set password" });
        Ok(Ok(renewed))
    }

    /// What needs no look at the present password.
    fn judge(
        &self,
        holder: &Holder,
        place: &PasswordPlace,
        new: Option<Password>,
        repeated: bool,
    ) -> Result<Password, Unchanged> {
        if !matches!(place, PasswordPlace::Here | PasswordPlace::MaySet) {
            return Err(Unchanged::NotHere);
        }
        if !self.is_fresh(holder) {
            return Err(Unchanged::NotFresh);
        }
        new_password(new, repeated, &holder.account, &self.settings)
    }
}

/// The new password of this account, if it may be used.
pub(super) fn new_password(
    new: Option<Password>,
    repeated: bool,
    account: &Account,
    settings: &PasswordSettings,
) -> Result<Password, Unchanged> {
    let new = new.ok_or(Unchanged::Weak(WeakPassword::Short(settings.min_length)))?;
    check_own_password(&new, account, settings).map_err(Unchanged::Weak)?;
    if repeated { Ok(new) } else { Err(Unchanged::NotRepeated) }
}
