//! Proving the second factor of a person whose password is right.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::{DigestKey, Identity, Origin};
use crate::domain::{
    Account, AccountChange, Attestation, CodeDigest, Denied, FactorCode, Passkey, RecoveryCode, SecondFactor,
    TokenDigest, UsedCode, UserId,
};
use crate::error::ServiceError;
use passkey::{Challenge, NewKey, Refused};

mod passkey;
mod sealing;
mod totp;

pub use passkey::RelyingParty;
pub use sealing::FactorKey;
pub use totp::TotpSecret;

/// A second factor that has been set up, and the only copy of its recovery codes.
pub struct NewFactor {
    /// For the account.
    pub factor: SecondFactor,
    /// For the person; none if they have some already.
    pub codes: Vec<RecoveryCode>,
}

/// What a page asks of a browser about passkeys. All but the relying party is bytes in base64url.
#[derive(Clone, Debug)]
pub struct PasskeyRequest {
    /// What is to be signed. It counts in this place, for as long as the place does.
    pub challenge: String,
    /// Who asks: the host of `server.public_url`.
    pub relying_party: String,
    /// The passkeys that the person has.
    pub ids: Vec<String>,
    /// What authenticators know the person by. It means nothing elsewhere.
    pub user: String,
}

impl PasskeyRequest {
    /// The passkeys that the person has, in one attribute of a page.
    #[must_use]
    pub fn ids_in_line(&self) -> String {
        self.ids.join(" ")
    }
}

/// What a challenge is for: making a passkey, and nothing that has one.
const TO_ADD: &str = "to add one";
/// To answer by one.
const TO_ANSWER: &str = "to answer by it";

impl Identity {
    /// Proves by a code or a passkey that it is the person whose password was proven at this generation of the account.
    /// Each code counts once; a passkey's answer, to what was asked in this `place`. An attempt is throttled and
    /// counted as one at the password is. In a network or browser that the account does not know, all but a recovery
    /// code also takes from a bucket of the account (`throttle.codes`): who knows the password may try from anywhere,
    /// and there are but a million codes.
    ///
    /// # Errors
    /// [`ServiceError::InvalidCredentials`]: [`Denied::is_of_a_code`], or the account has changed since the password
    /// was proven. [`ServiceError::Throttled`], [`ServiceError::Store`].
    pub async fn prove_code(
        &self,
        user: UserId,
        generation: u32,
        code: Option<&FactorCode>,
        place: TokenDigest,
        from: &Origin,
    ) -> Result<(), ServiceError> {
        let account = self.store.account(user).await?.ok_or(ServiceError::InvalidCredentials(Denied::NoSuchUser))?;
        let admitted = self.admit(&account.email, from).await?;
        let can_be_guessed = matches!(code, Some(FactorCode::App(_) | FactorCode::Passkey(_)));
        let guesses = can_be_guessed && !admitted.requester.known;
        let verified = match self.take_guess(user, guesses).await {
            Ok(()) => self.use_code(&account, generation, code, place).await,
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
        place: TokenDigest,
    ) -> Result<(), ServiceError> {
        let used = self.judge_code(account, code, place)?.map_err(ServiceError::InvalidCredentials)?;
        let used = AccountChange::UseCode { generation, code: used };
        self.store.change_account(account.id, &used).await?.map(drop).map_err(ServiceError::InvalidCredentials)
    }

    /// Which code or passkey of the account it is, used or not.
    fn judge_code(
        &self,
        account: &Account,
        code: Option<&FactorCode>,
        place: TokenDigest,
    ) -> Result<Result<UsedCode, Denied>, ServiceError> {
        let Some(factor) = &account.second_factor else { return Ok(Err(Denied::NoSecondFactor)) };
        Ok(match code {
            None => Err(Denied::WrongCode),
            Some(FactorCode::App(_)) if !factor.has_app() => Err(Denied::WrongCode),
            Some(FactorCode::App(code)) => {
                let Some(secret) = self.factors.open(account.id, &factor.sealed) else {
                    let remedy = "bimgate user reset-factor, or bring the secret of the signing keys back";
                    tracing::error!(user = %account.id, remedy, "a second factor was sealed with another secret");
                    return Ok(Err(Denied::WrongCode));
                };
                secret.step_of(*code, self.clock.now()).map(UsedCode::App).ok_or(Denied::WrongCode)
            }
            Some(FactorCode::Recovery(code)) => {
                let digest = digest(&self.key, account.id, code);
                let known = factor.recovery.contains(&digest);
                if known { Ok(UsedCode::Recovery(digest)) } else { Err(Denied::WrongCode) }
            }
            Some(FactorCode::Passkey(answer)) => {
                let Some(server) = &self.relying_party else { return Ok(Err(Denied::WrongPasskey)) };
                let challenge = self.challenge(TO_ANSWER, account.id, place)?;
                let user = self.user_handle(account.id);
                match server.verify(answer, &challenge, factor.passkey(&answer.id), &user) {
                    Ok(count) => Ok(UsedCode::Passkey(answer.id.clone(), count)),
                    Err(why) => Err(refused(account.id, why)),
                }
            }
        })
    }

    /// Whether browsers offer passkeys at this server's address.
    #[must_use]
    pub const fn takes_passkeys(&self) -> bool {
        self.relying_party.is_some()
    }

    /// What a page asks a person's passkeys in this place: the login under way, or the browser that is signed on,
    /// digested. `None` if they have none that can be asked.
    ///
    /// # Errors
    /// [`ServiceError::Bug`].
    pub fn passkey_request(
        &self,
        account: &Account,
        place: TokenDigest,
    ) -> Result<Option<PasskeyRequest>, ServiceError> {
        let has_some = account.second_factor.as_ref().is_some_and(|factor| !factor.passkeys.is_empty());
        if has_some { self.ask(TO_ANSWER, account, place) } else { Ok(None) }
    }

    /// What a page asks for a new passkey in this browser, by the cookie by which it is signed on, digested. `None` if
    /// there can be none.
    ///
    /// # Errors
    /// [`ServiceError::Bug`].
    pub fn offered_passkey(
        &self,
        account: &Account,
        browser: TokenDigest,
    ) -> Result<Option<PasskeyRequest>, ServiceError> {
        self.ask(TO_ADD, account, browser)
    }

    fn ask(
        &self,
        purpose: &str,
        account: &Account,
        place: TokenDigest,
    ) -> Result<Option<PasskeyRequest>, ServiceError> {
        let Some(server) = &self.relying_party else { return Ok(None) };
        let held = account.second_factor.iter().flat_map(|factor| &factor.passkeys);
        Ok(Some(PasskeyRequest {
            challenge: BASE64_URL_SAFE_NO_PAD.encode(self.challenge(purpose, account.id, place)?.0),
            relying_party: server.id().to_owned(),
            ids: held.map(Passkey::id_to_text).collect(),
            user: BASE64_URL_SAFE_NO_PAD.encode(self.user_handle(account.id)),
        }))
    }

    fn challenge(&self, purpose: &str, user: UserId, place: TokenDigest) -> Result<Challenge, ServiceError> {
        let challenge = self.factors.challenge(purpose, user, place);
        challenge.map(Challenge).map_err(|_| ServiceError::Bug("a challenge could not be derived"))
    }

    /// What authenticators know a person by: nothing that a reader of one could look up elsewhere.
    fn user_handle(&self, user: UserId) -> [u8; 16] {
        self.key.digest("user handle of passkeys", &[user.0.as_bytes()])
    }

    /// The second factor with the passkey of this name that was made as it was asked for in this browser.
    ///
    /// # Errors
    /// [`ServiceError::InvalidCredentials`], [`ServiceError::Bug`], [`ServiceError::Randomness`].
    pub fn new_passkey(
        &self,
        account: &Account,
        browser: TokenDigest,
        name: &str,
        answer: &Attestation,
    ) -> Result<NewFactor, ServiceError> {
        let wrong = ServiceError::InvalidCredentials;
        let server = self.relying_party.as_ref().ok_or(wrong(Denied::WrongPasskey))?;
        let challenge = self.challenge(TO_ADD, account.id, browser)?;
        let made = server.register(answer, &challenge).map_err(|why| wrong(refused(account.id, why)))?;
        let NewKey { id, key, count } = made;
        if account.second_factor.as_ref().is_some_and(|factor| factor.passkey(&id).is_some()) {
            return Err(wrong(refused(account.id, Refused::Known)));
        }
        let now = self.clock.now();
        let passkey = Passkey { id, key, count, name: name.into(), created: now, used: None };
        self.with_codes(account, SecondFactor { since: now, passkeys: vec![passkey], ..SecondFactor::default() })
    }

    /// A new factor, with recovery codes if it is the first.
    fn with_codes(&self, account: &Account, factor: SecondFactor) -> Result<NewFactor, ServiceError> {
        if account.second_factor.is_some() {
            return Ok(NewFactor { factor, codes: Vec::new() });
        }
        let (codes, recovery) = self.draw_recovery_codes(account.id)?;
        Ok(NewFactor { factor: SecondFactor { recovery, ..factor }, codes })
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
    pub fn new_app(
        &self,
        account: &Account,
        browser: TokenDigest,
        code: Option<&FactorCode>,
    ) -> Result<NewFactor, ServiceError> {
        let user = account.id;
        let secret = self.offered_secret(user, browser)?;
        let now = self.clock.now();
        let step = match code {
            Some(FactorCode::App(code)) => secret.step_of(*code, now),
            _ => None,
        };
        let last_step = step.ok_or(ServiceError::InvalidCredentials(Denied::WrongCode))?;
        let sealed = self.factors.seal(user, &secret).map_err(|_| ServiceError::Bug("a secret could not be sealed"))?;
        self.with_codes(account, SecondFactor { sealed, last_step, since: now, ..SecondFactor::default() })
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

/// Says to the operator which check failed: what the person is told has no place for it.
fn refused(user: UserId, why: Refused) -> Denied {
    tracing::info!(%user, %why, "a passkey was refused");
    Denied::WrongPasskey
}

fn digest(key: &DigestKey, user: UserId, code: &RecoveryCode) -> CodeDigest {
    let bytes = Zeroizing::new(code.to_bytes());
    CodeDigest(key.digest("recovery code", &[user.0.as_bytes(), &*bytes]))
}
