//! Proving a person by an app password.

use super::{Accepts, Identity, Proof, Requester, busy};
use crate::domain::{Account, AppPassword, AppPasswordValue, Denied, Password};
use crate::error::ServiceError;

impl Identity {
    /// Looks the app password up among those of the account: no hashing, since nobody guesses 120 random bits. Any that
    /// does not count takes the work of a wrong password.
    pub(super) async fn verify_app_password(
        &self,
        account: Option<&Account>,
        password: Password,
        accepts: Accepts,
        requester: Requester,
    ) -> Result<Proof, ServiceError> {
        let now = self.clock.now();
        let denied = match self.counting(account, &password, accepts) {
            Ok((_, held)) if held.has_ended(now) => Denied::AppPasswordExpired,
            Ok((account, held)) if !account.is_vouched_for(held, self.app_passwords_without_login, now) => {
                Denied::NotVouchedFor
            }
            Ok((account, held)) => return Ok(Proof::of(account, now, Some(held.id))),
            Err(denied) => denied,
        };
        self.passwords.verify(password, None, requester).await.map_err(|error| busy(&error))?;
        Err(ServiceError::InvalidCredentials(denied))
    }

    fn counting<'a>(
        &self,
        account: Option<&'a Account>,
        password: &Password,
        accepts: Accepts,
    ) -> Result<(&'a Account, &'a AppPassword), Denied> {
        if self.app_passwords == 0 || accepts == Accepts::PasswordAlone {
            return Err(Denied::AppPasswordNotTaken);
        }
        let account = account.ok_or(Denied::NoSuchUser)?;
        if !account.enabled {
            return Err(Denied::Disabled);
        }
        let digest = AppPasswordValue::parse(password).map(|value| value.digest());
        let held = account.app_passwords.iter().find(|held| Some(held.digest) == digest);
        held.map(|held| (account, held)).ok_or(Denied::WrongAppPassword)
    }
}
