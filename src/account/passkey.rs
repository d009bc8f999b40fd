//! A person adds a passkey as a second factor.

use super::second_factor::Outcome;
use super::{AccountService, Codes, FactorUnchanged, Holder};
use crate::auth::PasskeyRequest;
use crate::domain::{Attestation, Network, Passkey, Password};
use crate::error::ServiceError;

/// Whether a person may add a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyPlace {
    /// They may.
    Free,
    /// They have as many as one may have.
    Full,
    /// Browsers offer none at this server's address: see `server.public_url`.
    NoAddress,
}

impl AccountService {
    /// Whether the person may add a passkey, if they may have a second factor here.
    #[must_use]
    pub fn passkey_place(&self, holder: &Holder) -> PasskeyPlace {
        let held = holder.account.second_factor.as_ref().map_or(0, |factor| factor.passkeys.len());
        match (self.identity.takes_passkeys(), held) {
            (false, _) => PasskeyPlace::NoAddress,
            (true, Passkey::MAX..) => PasskeyPlace::Full,
            (true, _) => PasskeyPlace::Free,
        }
    }

    /// What the account page asks the person's passkeys before it changes anything about the second factor.
    ///
    /// # Errors
    /// [`ServiceError::Bug`].
    pub fn passkey_request(&self, holder: &Holder) -> Result<Option<PasskeyRequest>, ServiceError> {
        self.identity.passkey_request(&holder.account, holder.sign_on.digest)
    }

    /// What the browser is asked for a passkey: the same until one is added or the sign-on ends.
    ///
    /// # Errors
    /// [`ServiceError::Bug`].
    pub fn offered_passkey(&self, holder: &Holder) -> Outcome<PasskeyRequest> {
        if let Err(unchanged) = self.may_add_passkey(holder) {
            return Ok(Err(unchanged));
        }
        let offered = self.identity.offered_passkey(&holder.account, holder.sign_on.digest)?;
        Ok(offered.ok_or(FactorUnchanged::NotHere))
    }

    fn may_add_passkey(&self, holder: &Holder) -> Result<(), FactorUnchanged> {
        self.may_add(holder, self.passkey_place(holder) != PasskeyPlace::Free)
    }

    /// Adds the passkey that the browser has made, under this name, once the present password shows that it is the
    /// person. Every other login of the person ends.
    ///
    /// # Errors
    /// [`ServiceError`]: it is not added.
    pub async fn add_passkey(
        &self,
        holder: &Holder,
        name: &str,
        present: Option<Password>,
        answer: Option<&Attestation>,
        from: Network,
    ) -> Outcome<Codes> {
        if let Err(unchanged) = self.may_add_passkey(holder) {
            return Ok(Err(unchanged));
        }
        let name = name.trim();
        if !Passkey::is_name(name) {
            return Ok(Err(FactorUnchanged::Name));
        }
        let Some(answer) = answer else { return Ok(Err(FactorUnchanged::NoPasskey)) };
        match self.identity.new_passkey(&holder.account, holder.sign_on.digest, name, answer) {
            Err(ServiceError::InvalidCredentials(denied)) => Ok(Err(FactorUnchanged::WrongCode(denied))),
            made => self.add_factor(holder, present, made?, from).await,
        }
    }
}
