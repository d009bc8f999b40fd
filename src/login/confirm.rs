//! The person confirms a native client's login; otherwise a link that an attacker prepared would let the attacker in.

use super::{Cookies, Form, Login, LoginService, Next};
use crate::domain::{
    Account, ClientInfo, LoginProof, RedirectUrl, Refusal, Refused, Right, Stage, Timestamp, TokenValue,
};
use crate::error::{NoLogin, ServiceError};

/// What the person is asked.
#[derive(Debug)]
pub struct Question {
    /// Who they are.
    pub account: Account,
    /// The native client as it describes itself, if it is waiting. Never the browser that opened the link, which is the
    /// person's own even if an attacker prepared the link.
    pub client: Option<ClientInfo>,
    /// When the login was begun.
    pub begun: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// What its session is for.
    pub right: Right,
    /// Where the browser goes then.
    pub redirect_url: RedirectUrl,
    /// The form's hidden field.
    pub csrf: String,
}

impl LoginService {
    /// The question for the person.
    ///
    /// # Errors
    /// [`ServiceError::NoLogin`], [`ServiceError::Store`].
    pub async fn question(&self, state: &TokenValue, cookies: Cookies<'_>) -> Result<Question, ServiceError> {
        let (login, browser, proof) = self.confirming(state, cookies).await?;
        let login = login.pending;
        let account = self.store().account(proof.user).await?.ok_or(NoLogin::Unknown)?;
        let redirect_url = RedirectUrl::parse(&login.redirect_url).map_err(|_| NoLogin::Unknown)?;
        let client = match login.native {
            Some(native) => self.store().waiting_client(native).await?,
            None => None,
        };
        let csrf = Form::Confirm.proof(browser, &state.reveal());
        Ok(Question {
            account,
            client,
            begun: login.begun,
            right: login.right,
            now: self.clock().now(),
            redirect_url,
            csrf,
        })
    }

    /// Opens the session if the person says yes; otherwise the login ends. `proof` is the form's hidden field. The same
    /// yes sent twice, as by a second click, leads where the first led.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn confirm(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        proof: &str,
        yes: bool,
    ) -> Result<Next, ServiceError> {
        match self.decide(state, cookies, proof, yes).await {
            // Another click came first.
            Err(ServiceError::NoLogin(NoLogin::Unknown)) if yes => {
                let (login, browser) = self.sealer.open(state, cookies).ok_or(NoLogin::Unknown)?;
                if !Form::Confirm.is_proven(browser, &state.reveal(), proof) {
                    return Err(ServiceError::Forged);
                }
                self.resubmitted(state, browser, &login, None).await
            }
            decided => decided,
        }
    }

    async fn decide(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        proof: &str,
        yes: bool,
    ) -> Result<Next, ServiceError> {
        let (login, browser, person) = self.confirming(state, cookies).await?;
        if !Form::Confirm.is_proven(browser, &state.reveal(), proof) {
            return Err(ServiceError::Forged);
        }
        if yes {
            return self.open(state, browser, login, person).await;
        }
        let refused = Refused { user: Some(person.user), ..Refused::new(Refusal::Declined, &login.pending) };
        self.refuse(state, login, refused).await
    }

    async fn confirming<'a>(
        &self,
        state: &TokenValue,
        cookies: Cookies<'a>,
    ) -> Result<(Login, &'a TokenValue, LoginProof), ServiceError> {
        let (login, browser) = self.pending_login(state, cookies).await?;
        match login.pending.stage {
            Stage::Confirming(proof) => Ok((login, browser, proof)),
            _ => Err(NoLogin::Unknown.into()),
        }
    }
}
