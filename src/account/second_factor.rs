//! A person sets a second factor up, makes new recovery codes, or removes it.

use zeroize::Zeroizing;

use super::end::log;
use super::{AccountService, Holder, Renewed};
use crate::auth::{Device, NewFactor, Origin};
use crate::domain::{Denied, FactorCode, Network, OwnChange, Password, RecoveryCode, Timestamp};
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
    /// The codes.
    pub codes: Vec<RecoveryCode>,
    /// How the browser is signed on from now on.
    pub renewed: Option<Renewed>,
}

/// Why a second factor is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactorUnchanged {
    /// The person may not have one here, has one already, or has none.
    #[error("the person's second factor is not such that this could be done")]
    NotHere,
    /// The person was asked who they are too long ago.
    #[error("the person was asked who they are too long ago")]
    NotFresh,
    /// The password is not right.
    #[error("the present password is not right: {0}")]
    WrongPresent(Denied),
    /// The code is not right.
    #[error("the code is not right: {0}")]
    WrongCode(Denied),
}

/// What came of a change.
type Outcome<T> = Result<Result<T, FactorUnchanged>, ServiceError>;

impl AccountService {
    /// How the person stands with a second factor.
    #[must_use]
    pub fn factor_place(&self, holder: &Holder) -> FactorPlace {
        match &holder.account.second_factor {
            Some(factor) => FactorPlace::On { since: factor.since, left: factor.recovery.len() },
            None if self.logins.has_own_page() && holder.account.password.is_some() => FactorPlace::Off,
            None => FactorPlace::Elsewhere,
        }
    }

    /// What the person's app is given if they set a second factor up: the same each time, until they have or their sign-on
    /// ends. `issuer` is what the app shows beside their address.
    ///
    /// # Errors
    /// [`ServiceError::Bug`].
    pub fn offer(&self, holder: &Holder, issuer: &str) -> Outcome<Offer> {
        if let Err(unchanged) = self.may_set_up(holder) {
            return Ok(Err(unchanged));
        }
        let secret = self.identity.offered_secret(holder.account.id, holder.sign_on.digest)?;
        let uri = secret.to_uri(issuer, holder.account.email.as_str());
        Ok(Ok(Offer { secret: secret.to_text(), uri }))
    }

    fn may_set_up(&self, holder: &Holder) -> Result<(), FactorUnchanged> {
        if self.factor_place(holder) != FactorPlace::Off {
            return Err(FactorUnchanged::NotHere);
        }
        if self.is_fresh(holder) { Ok(()) } else { Err(FactorUnchanged::NotFresh) }
    }

    /// Sets a second factor up, once a code shows that the person's app has the secret, and the present password that it is
    /// them. Every other login of the person ends.
    ///
    /// # Errors
    /// [`ServiceError`]: there is none.
    pub async fn add_factor(
        &self,
        holder: &Holder,
        present: Option<Password>,
        code: Option<&FactorCode>,
        from: Network,
    ) -> Outcome<Codes> {
        if let Err(unchanged) = self.may_set_up(holder) {
            return Ok(Err(unchanged));
        }
        let NewFactor { factor, codes } = match self.identity.new_factor(holder.account.id, holder.sign_on.digest, code)
        {
            Err(ServiceError::InvalidCredentials(denied)) => return Ok(Err(FactorUnchanged::WrongCode(denied))),
            made => made?,
        };
        let Some(present) = present else { return Ok(Err(FactorUnchanged::WrongPresent(Denied::WrongPassword))) };
        match self.identity.confirm(&holder.account, present, &origin(holder, from)).await {
            Err(ServiceError::InvalidCredentials(denied)) => return Ok(Err(FactorUnchanged::WrongPresent(denied))),
            confirmed => confirmed?,
        }
        let renewed = self.end_everything_else(holder, from, Some(OwnChange::AddFactor(factor))).await?;
        log(holder.account.id, "set up second factor");
        Ok(Ok(Codes { codes, renewed }))
    }

    /// Makes new recovery codes, which takes a code. The former count no more; every other login of the person ends.
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

    /// Removes the second factor, which takes a code. Every other login of the person ends.
    ///
    /// # Errors
    /// [`ServiceError`]: it is still there, but for a recovery code that was used for this.
    pub async fn remove_factor(
        &self,
        holder: &Holder,
        code: Option<&FactorCode>,
        from: Network,
    ) -> Outcome<Option<Renewed>> {
        if let Err(unchanged) = self.prove_code(holder, code, from).await? {
            return Ok(Err(unchanged));
        }
        let renewed = self.end_everything_else(holder, from, Some(OwnChange::RemoveFactor)).await?;
        log(holder.account.id, "remove second factor");
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
        match self.identity.prove_code(account.id, account.generation, code, &origin(holder, from)).await {
            Err(ServiceError::InvalidCredentials(denied @ (Denied::WrongCode | Denied::CodeUsed))) => {
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
