//! Proving the second factor of a person whose password is right.

use zeroize::Zeroizing;

use super::{DigestKey, Identity, Origin};
use crate::domain::{
    Account, AccountChange, CodeDigest, Denied, FactorCode, RecoveryCode, SecondFactor, TokenDigest, UsedCode, UserId,
};
use crate::error::ServiceError;

mod sealing;
mod totp;

pub use sealing::FactorKey;
pub use totp::TotpSecret;

/// A second factor that has been set up, and the only copy of its recovery codes.
pub struct NewFactor {
    /// For the account.
    pub factor: SecondFactor,
    /// For the person.
    pub codes: Vec<RecoveryCode>,
}

impl Identity {
    /// Proves by a code that it is the person whose password was proven at this generation of the account. Each code counts
    /// once. An attempt is throttled and counted as one at the password is. In a network or browser that the account does
    /// not know, an app's code also takes from a bucket of the account (`throttle.codes`): who knows the password may try
    /// from anywhere, and there are but a million codes.
    ///
    /// # Errors
    /// [`ServiceError::InvalidCredentials`]: [`Denied::WrongCode`], or [`Denied::CodeUsed`] where it was used before;
    /// otherwise the account has changed since the password was proven. [`ServiceError::Throttled`],
    /// [`ServiceError::Store`].
    pub async fn prove_code(
        &self,
        user: UserId,
        generation: u32,
        code: Option<&FactorCode>,
        from: &Origin,
    ) -> Result<(), ServiceError> {
        let account = self.store.account(user).await?.ok_or(ServiceError::InvalidCredentials(Denied::NoSuchUser))?;
        let admitted = self.admit(&account.email, from).await?;
        let guesses = matches!(code, Some(FactorCode::App(_))) && !admitted.requester.known;
        let verified = match self.take_guess(user, guesses).await {
            Ok(()) => self.use_code(&account, generation, code).await,
            Err(error) => Err(error),
        };
        if guesses && verified.is_ok() {
            self.put_back(&super::throttle::codes(&self.throttle, &self.key, user)).await;
        }
        self.settle(&admitted, &account.email, from, verified, true).await
    }

    async fn take_guess(&self, user: UserId, guesses: bool) -> Result<(), ServiceError> {
        if !guesses {
            return Ok(());
        }
        let buckets = super::throttle::codes(&self.throttle, &self.key, user);
        self.store.take(&buckets).await?.map_err(ServiceError::Throttled)
    }

    async fn use_code(
        &self,
        account: &Account,
        generation: u32,
        code: Option<&FactorCode>,
    ) -> Result<(), ServiceError> {
        let used = self.judge_code(account, code).map_err(ServiceError::InvalidCredentials)?;
        let used = AccountChange::UseCode { generation, code: used };
        self.store.change_account(account.id, &used).await?.map(drop).map_err(ServiceError::InvalidCredentials)
    }

    /// Which code of the account it is, used or not.
    fn judge_code(&self, account: &Account, code: Option<&FactorCode>) -> Result<UsedCode, Denied> {
        let factor = account.second_factor.as_ref().ok_or(Denied::NoSecondFactor)?;
        match code.ok_or(Denied::WrongCode)? {
            FactorCode::App(code) => {
                let Some(secret) = self.factors.open(account.id, &factor.sealed) else {
                    let remedy = "bimgate user reset-factor, or bring the secret of the signing keys back";
                    tracing::error!(user = %account.id, remedy, "a second factor was sealed with another secret");
                    return Err(Denied::WrongCode);
                };
                secret.step_of(*code, self.clock.now()).map(UsedCode::App).ok_or(Denied::WrongCode)
            }
            FactorCode::Recovery(code) => {
                let digest = digest(&self.key, account.id, code);
                let known = factor.recovery.contains(&digest);
                if known { Ok(UsedCode::Recovery(digest)) } else { Err(Denied::WrongCode) }
            }
        }
    }

    /// The secret that a person's app gets who sets one up in this browser: the same until their sign-on ends, so that a page
    /// that is loaded again shows what has been scanned.
    ///
    /// # Errors
    /// [`ServiceError::Bug`].
    pub fn offered_secret(&self, user: UserId, browser: TokenDigest) -> Result<TotpSecret, ServiceError> {
        self.factors.derive(user, browser).map_err(|_| ServiceError::Bug("a secret could not be derived"))
    }

    /// The second factor with the secret that was offered in this browser, if the code shows that the person's app has it.
    ///
    /// # Errors
    /// [`ServiceError::InvalidCredentials`], [`ServiceError::Bug`], [`ServiceError::Randomness`].
    pub fn new_factor(
        &self,
        user: UserId,
        browser: TokenDigest,
        code: Option<&FactorCode>,
    ) -> Result<NewFactor, ServiceError> {
        let secret = self.offered_secret(user, browser)?;
        let now = self.clock.now();
        let step = match code {
            Some(FactorCode::App(code)) => secret.step_of(*code, now),
            _ => None,
        };
        let last_step = step.ok_or(ServiceError::InvalidCredentials(Denied::WrongCode))?;
        let sealed = self.factors.seal(user, &secret).map_err(|_| ServiceError::Bug("a secret could not be sealed"))?;
        let (codes, recovery) = self.draw_recovery_codes(user)?;
        Ok(NewFactor { factor: SecondFactor { sealed, last_step, recovery, since: now }, codes })
    }

    /// New recovery codes, and what the account keeps of them.
    ///
    /// # Errors
    /// [`ServiceError::Randomness`].
    pub fn draw_recovery_codes(&self, user: UserId) -> Result<(Vec<RecoveryCode>, Vec<CodeDigest>), ServiceError> {
        let codes: Vec<_> =
            (0..SecondFactor::RECOVERY_CODES).map(|_| RecoveryCode::draw()).collect::<Result<_, _>>()?;
        let digests = codes.iter().map(|code| digest(&self.key, user, code)).collect();
        Ok((codes, digests))
    }
}

fn digest(key: &DigestKey, user: UserId, code: &RecoveryCode) -> CodeDigest {
    let bytes = Zeroizing::new(code.to_bytes());
    CodeDigest(key.digest("recovery code", &[user.0.as_bytes(), &*bytes]))
}
