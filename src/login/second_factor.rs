//! The second step on our own page: a code of the person's second factor, or a passkey, once their password is proven.
//!
//! What is between the steps is the stage of the login, which the store keeps and which ends with it.

use tokio::time::{Instant, sleep};

use super::own_page::STAGES;
use super::resubmission::{LOOKS_EVERY, OPENS_WITHIN};
use super::{BeginsIn, Cookies, Form, Login, LoginService, Next};
use crate::auth::{Device, Origin};
use crate::domain::{Denied, FactorCode, LoginProof, Network, Refused, Stage, TokenDigest, TokenValue, UserId};
use crate::error::{NoLogin, ServiceError};
use crate::store::Remember;

/// What a person enters in the second step.
#[derive(Debug)]
pub struct CodeForm {
    /// The code, or a passkey's answer; `None` for what can be neither.
    pub code: Option<FactorCode>,
    /// The form's hidden field.
    pub proof: String,
    /// Where the request came from.
    pub network: Network,
    /// The cookie of single sign-on, if the browser has one.
    pub signed_on: Option<TokenDigest>,
}

/// How many codes may be tried in one login.
const MAX_TRIES: u8 = 5;
/// In place of the number of tries: a code was right, so nobody tries another, and the login stays as it is until the session
/// is open. A store may have to open a session in steps, and close it again for good if the login changes in between.
const PROVEN: u8 = u8::MAX;

impl LoginService {
    /// Proves the person by a code, and goes on with the login. The same form sent twice, as by a second click, leads where
    /// the first led. After [`MAX_TRIES`] codes the login is over.
    ///
    /// # Errors
    /// [`ServiceError::InvalidCredentials`] and [`ServiceError::Throttled`], after which the person may try again;
    /// [`NoLogin::TooManyCodes`]. Any other error ends the login, but one of the store may not.
    pub async fn enter_code(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        entry: CodeForm,
    ) -> Result<Next, ServiceError> {
        let (login, browser, proof, tries) = match self.take_try(state, cookies, &entry.proof).await? {
            Ok(taken) => taken,
            Err(next) => return Ok(next),
        };
        let device = entry.signed_on.map(Device::SignOn);
        let from = Origin { network: entry.network, device, remember: Remember::IfKnown };
        let proven =
            self.identity.prove_code(proof.user, proof.generation, entry.code.as_ref(), state.digest(), &from).await;
        match proven {
            Ok(()) => self.go_on(state, cookies, browser, proof, &entry.proof).await,
            Err(ServiceError::InvalidCredentials(denied)) if denied.is_of_a_code() => {
                if matches!(denied, Denied::CodeUsed | Denied::PasskeyCount)
                    && let Some(next) = self.first_click(state, cookies, &entry.proof).await?
                {
                    return Ok(next);
                }
                if tries < MAX_TRIES {
                    return Err(ServiceError::InvalidCredentials(denied));
                }
                self.fail(state, login).await?;
                Err(NoLogin::TooManyCodes.into())
            }
            Err(ServiceError::InvalidCredentials(denied)) => {
                let refused = Refused { user: Some(proof.user), ..Refused::denied(denied, &login.pending) };
                self.refuse(state, login, refused).await
            }
            Err(error) => Err(error),
        }
    }

    /// Who has proven the first step of a login that awaits a code.
    pub async fn awaits_code_of(&self, state: &TokenValue, cookies: Cookies<'_>) -> Option<UserId> {
        match self.pending_login(state, cookies).await.ok()?.0.pending.stage {
            Stage::AwaitingCode { proof, .. } => Some(proof.user),
            _ => None,
        }
    }

    /// Takes one of the tries of a login that awaits a code: before the code is looked at, so that of codes sent at once each
    /// is counted. `Err`: where an earlier click has led.
    async fn take_try<'a>(
        &self,
        state: &TokenValue,
        cookies: Cookies<'a>,
        form: &str,
    ) -> Result<Result<(Login, &'a TokenValue, LoginProof, u8), Next>, ServiceError> {
        // Whoever is overtaken looks again: at the most by the other tries, after which the login is over.
        for _look in 0..STAGES + usize::from(MAX_TRIES) {
            let (mut login, browser) = match self.pending_login(state, cookies).await {
                Ok(found) => found,
                Err(ServiceError::NoLogin(NoLogin::Unknown)) => {
                    return self.where_it_led(state, cookies, form).await.map(Err);
                }
                Err(error) => return Err(error),
            };
            check(browser, state, form)?;
            let (proof, tries) = match login.pending.stage {
                Stage::AwaitingCode { tries: PROVEN, .. } => {
                    let led = self.first_click(state, cookies, form).await?;
                    return led.map(Err).ok_or_else(|| NoLogin::Unknown.into());
                }
                Stage::AwaitingCode { proof, tries } => (proof, tries.saturating_add(1)),
                Stage::Confirming(_) => return Ok(Err(Next::Redirect(self.base.page("confirm", state)))),
                _ => break,
            };
            if tries > MAX_TRIES {
                self.fail(state, login).await?;
                return Err(NoLogin::TooManyCodes.into());
            }
            if self.advance(state, &mut login, Stage::AwaitingCode { proof, tries }).await? {
                return Ok(Ok((login, browser, proof, tries)));
            }
        }
        Err(NoLogin::Unknown.into())
    }

    /// Goes on with a login whose person is proven by both. Further clicks may take tries of it meanwhile.
    async fn go_on(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        browser: &TokenValue,
        proof: LoginProof,
        form: &str,
    ) -> Result<Next, ServiceError> {
        for _stage in 0..=MAX_TRIES {
            let mut found = match self.pending_login(state, cookies).await {
                Ok((found, _)) => found,
                Err(ServiceError::NoLogin(NoLogin::Unknown)) => {
                    return self.where_it_led(state, cookies, form).await;
                }
                Err(error) => return Err(error),
            };
            match found.pending.stage {
                Stage::AwaitingCode { proof: same, .. } if same == proof => {
                    // Otherwise another try came first.
                    if !self.advance(state, &mut found, Stage::AwaitingCode { proof, tries: PROVEN }).await? {
                        continue;
                    }
                }
                Stage::Confirming(same) if same == proof => {}
                _ => break,
            }
            match self.authorize(state, found, BeginsIn { browser, room: 0 }, proof).await {
                // Another click came first.
                Err(ServiceError::NoLogin(NoLogin::Unknown)) => {}
                done => return done,
            }
        }
        Err(NoLogin::Unknown.into())
    }

    /// Where an earlier click has led that used the code, if that is what used it: it may be about to lead there.
    async fn first_click(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        form: &str,
    ) -> Result<Option<Next>, ServiceError> {
        let until = Instant::now() + OPENS_WITHIN;
        loop {
            match self.pending_login(state, cookies).await {
                Err(ServiceError::NoLogin(NoLogin::Unknown)) => {
                    return self.where_it_led(state, cookies, form).await.map(Some);
                }
                Ok((login, _)) if matches!(login.pending.stage, Stage::Confirming(_)) => {
                    return Ok(Some(Next::Redirect(self.base.page("confirm", state))));
                }
                Ok(_) if Instant::now() >= until => return Ok(None),
                Ok(_) => sleep(LOOKS_EVERY).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Where a login has led that is over, for the browser that it is kept by.
    async fn where_it_led(&self, state: &TokenValue, cookies: Cookies<'_>, form: &str) -> Result<Next, ServiceError> {
        let (login, browser) = self.sealer.open(state, cookies).ok_or(NoLogin::Unknown)?;
        check(browser, state, form)?;
        self.resubmitted(state, browser, &login, None).await
    }
}

fn check(browser: &TokenValue, state: &TokenValue, form: &str) -> Result<(), ServiceError> {
    if Form::Code.is_proven(browser, &state.reveal(), form) { Ok(()) } else { Err(ServiceError::Forged) }
}
