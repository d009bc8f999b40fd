//! A person sets an app up as a second factor, makes new recovery codes, or removes the app.

use zeroize::Zeroizing;

use super::end::log;
use super::{AccountService, Holder, Renewed};
use crate::auth::{Device, NewFactor, Origin};
use crate::domain::{Denied, FactorCode, Network, OwnChange, Password, RecoveryCode, SecondFactor, Timestamp};
use crate::error::ServiceError;
use crate::store::Remember;

/// How a person stands with a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorPlace {
    /// It is none of this server's business: an identity provider proves the person, or they have no password here.
    Elsewhere,
    /// There is none, and the person may set one up.
    Off,
    /// There is one.
    On {
        /// Whether an app is one.
        app: bool,
        /// Since when.
        since: Timestamp,
        /// How many recovery codes are left.
        left: usize,
    },
}

/// What a person's app is given.
#[derive(Debug)]
pub struct Offer {
    /// The secret, to be typed in.
    pub secret: Zeroizing<String>,
    /// The same as the content of a QR code.
    pub uri: Zeroizing<String>,
}

/// Recovery codes, to be shown this once.
#[derive(Debug)]
pub struct Codes {
    /// The codes; none if the person has some already.
    pub codes: Vec<RecoveryCode>,
    /// How the browser is signed on from now on.
    pub renewed: Option<Renewed>,
}

/// Why a second factor is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactorUnchanged {
    /// The person may not have it here, has it already, or has none.
    #[error("the person's second factor is not such that this could be done")]
    NotHere,
    /// The person was asked who they are too long ago.
    #[error("the person was asked who they are too long ago")]
    NotFresh,
    /// The password is not right.
    #[error("the present password is not right: {0}")]
    WrongPresent(Denied),
    /// The code, or the passkey, is not right.
    #[error("the code is not right: {0}")]
    WrongCode(Denied),
    /// The name of the passkey is empty, too long, or has control characters.
    #[error("the name of the passkey is empty, too long, or has control characters")]
    Name,
    /// The browser has sent no passkey.
    #[error("the browser has sent no passkey")]
    NoPasskey,
}

/// What came of a change.
pub(super) type Outcome<T> = Result<Result<T, FactorUnchanged>, ServiceError>;

impl AccountService {
    /// How the person stands with a second factor.
    #[must_use]
    pub fn factor_place(&self, holder: &Holder) -> FactorPlace {
        match &holder.account.second_factor {
            Some(factor) => FactorPlace::On { app: factor.has_app(), since: factor.since, left: factor.recovery.len() },
            None if self.is_proven_here(holder) => FactorPlace::Off,
            None => FactorPlace::Elsewhere,
        }
    }

    pub(super) fn is_proven_here(&self, holder: &Holder) -> bool {
        self.logins.has_own_page() && holder.account.password.is_some()
    }

    /// What the person's app is given if they set a second factor up: the same each time, until they have or their sign-on
    /// ends. `issuer` is what the app shows beside their address.
    ///
    /// # Errors
    /// [`ServiceError::Bug`].
    pub fn offer(&self, holder: &Holder, issuer: &str) -> Outcome<Offer> {
        if let Err(unchanged) = self.may_add_app(holder) {
            return Ok(Err(unchanged));
        }
        let secret = self.identity.offered_secret(holder.account.id, holder.sign_on.digest)?;
        let uri = secret.to_uri(issuer, holder.account.email.as_str());
        Ok(Ok(Offer { secret: secret.to_text(), uri }))
    }

    fn may_add_app(&self, holder: &Holder) -> Result<(), FactorUnchanged> {
        let has_app = holder.account.second_factor.as_ref().is_some_and(SecondFactor::has_app);
        self.may_add(holder, has_app)
    }

    /// Whether the person may add what they have enough of, or not.
    pub(super) fn may_add(&self, holder: &Holder, has_enough: bool) -> Result<(), FactorUnchanged> {
        if has_enough || !self.is_proven_here(holder) {
            return Err(FactorUnchanged::NotHere);
        }
        if self.is_fresh(holder) { Ok(()) } else { Err(FactorUnchanged::NotFresh) }
    }

    /// Sets an app up, once a code shows that it has the secret, and the present password that it is the person. Every
    /// other login of the person ends.
    ///
    /// # Errors
    /// [`ServiceError`]: there is none.
    pub async fn add_app(
        &self,
        holder: &Holder,
        present: Option<Password>,
        code: Option<&FactorCode>,
        from: Network,
    ) -> Outcome<Codes> {
        if let Err(unchanged) = self.may_add_app(holder) {
            return Ok(Err(unchanged));
        }
        match self.identity.new_app(&holder.account, holder.sign_on.digest, code) {
            Err(ServiceError::InvalidCredentials(denied)) => Ok(Err(FactorUnchanged::WrongCode(denied))),
            made => self.add_factor(holder, present, made?, from).await,
        }
    }

    /// Adds what the person has shown to have, once the present password shows that it is them.
    pub(super) async fn add_factor(
        &self,
        holder: &Holder,
        present: Option<Password>,
        NewFactor { factor, codes }: NewFactor,
        from: Network,
    ) -> Outcome<Codes> {
        let Some(present) = present else { return Ok(Err(FactorUnchanged::WrongPresent(Denied::WrongPassword))) };
        match self.identity.confirm(&holder.account, present, &origin(holder, from)).await {
            Err(ServiceError::InvalidCredentials(denied)) => return Ok(Err(FactorUnchanged::WrongPresent(denied))),
            confirmed => confirmed?,
        }
        let is_passkey = !factor.has_app();
        let renewed = self.end_everything_else(holder, from, Some(OwnChange::AddFactor(factor))).await?;
        log(holder.account.id, if is_passkey { "add passkey" } else { "set up second factor" });
        Ok(Ok(Codes { codes, renewed }))
    }

    /// Makes new recovery codes, which takes a code or a passkey. The former count no more; every other login of the
    /// person ends.
    ///
    /// # Errors
    /// [`ServiceError`]: the former still count, but for one that was used for this.
    pub async fn renew_codes(&self, holder: &Holder, code: Option<&FactorCode>, from: Network) -> Outcome<Codes> {
        if let Err(unchanged) = self.prove_code(holder, code, from).await? {
            return Ok(Err(unchanged));
        }
        let (codes, digests) = self.identity.draw_recovery_codes(holder.account.id)?;
        let renewed = self.end_everything_else(holder, from, Some(OwnChange::RecoveryCodes(digests))).await?;
        log(holder.account.id, "make new recovery codes");
        Ok(Ok(Codes { codes, renewed }))
    }

    /// Removes the app, or the passkey of this id, which takes a code or a passkey. With the last factor the recovery
    /// codes go. Every other login of the person ends.
    ///
    /// # Errors
    /// [`ServiceError`]: it is still there, but for a recovery code that was used for this.
    pub async fn remove_factor(
        &self,
        holder: &Holder,
        passkey: Option<Box<[u8]>>,
        code: Option<&FactorCode>,
        from: Network,
    ) -> Outcome<Option<Renewed>> {
        let held = holder.account.second_factor.as_ref();
        let has_it = held.is_some_and(|held| passkey.as_ref().map_or(held.has_app(), |id| held.passkey(id).is_some()));
        if !has_it {
            return Ok(Err(FactorUnchanged::NotHere));
        }
        if let Err(unchanged) = self.prove_code(holder, code, from).await? {
            return Ok(Err(unchanged));
        }
        let (change, act) = match passkey {
            Some(id) => (OwnChange::RemovePasskey(id), "remove passkey"),
            None => (OwnChange::RemoveApp, "remove second factor"),
        };
        let renewed = self.end_everything_else(holder, from, Some(change)).await?;
        log(holder.account.id, act);
        Ok(Ok(renewed))
    }

    /// Whether the person who has been asked lately has shown a code besides: a browser that is found signed on does not
    /// suffice.
    async fn prove_code(&self, holder: &Holder, code: Option<&FactorCode>, from: Network) -> Outcome<()> {
        let account = &holder.account;
        if account.second_factor.is_none() {
            return Ok(Err(FactorUnchanged::NotHere));
        }
        if !self.is_fresh(holder) {
            return Ok(Err(FactorUnchanged::NotFresh));
        }
        let (place, from) = (holder.sign_on.digest, origin(holder, from));
        match self.identity.prove_code(account.id, account.generation, code, place, &from).await {
            Err(ServiceError::InvalidCredentials(denied)) if denied.is_of_a_code() => {
                Ok(Err(FactorUnchanged::WrongCode(denied)))
            }
            // The account has changed since, and with it the sign-on.
            Err(ServiceError::InvalidCredentials(denied)) => Err(ServiceError::SignedOff(denied)),
            proven => proven.map(Ok),
        }
    }
}

fn origin(holder: &Holder, from: Network) -> Origin {
    Origin { network: from, device: Some(Device::SignOn(holder.sign_on.digest)), remember: Remember::IfKnown }
}
