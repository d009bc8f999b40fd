//! A native client's login is confirmed by the person: else a link that somebody else prepared would log them in.

use super::{Form, LoginError, Logins, Refusal, Step};
use crate::domain::{Account, Contact, LoginProof, PendingLogin, RedirectUrl, Stage, Timestamp, TokenValue};

/// What the person is asked.
#[derive(Debug)]
pub struct Question {
    /// Who they are.
    pub account: Account,
    /// The native client as it describes itself, if it waits already. Never the browser that the link was opened in: that
    /// is the person's own, whoever prepared the link.
    pub client: Option<Contact>,
    /// When the login was begun.
    pub begun: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// Where the browser goes then.
    pub redirect_url: RedirectUrl,
}

impl Logins {
    /// What to ask the person.
    ///
    /// # Errors
    /// [`LoginError::NoLogin`], [`LoginError::Store`].
    pub async fn question(&self, state: &TokenValue, browser: Option<&TokenValue>) -> Result<Question, LoginError> {
        let (login, proof) = self.confirming(state, browser).await?;
        let account = self.store().account(proof.user).await?.ok_or(LoginError::NoLogin)?;
        let redirect_url = RedirectUrl::parse(&login.redirect_url).map_err(|_| LoginError::NoLogin)?;
        let client = match login.native {
            Some(native) => self.store().introduced(native).await?,
            None => None,
        };
        Ok(Question { account, client, begun: login.begun, now: self.clock().now(), redirect_url })
    }

    /// Opens the session if the person says yes; else the login ends. `proof` is the form's hidden field.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn confirm(
        &self,
        state: &TokenValue,
        browser: Option<&TokenValue>,
        proof: &str,
        yes: bool,
    ) -> Result<Step, LoginError> {
        let (login, person) = self.confirming(state, browser).await?;
        if !browser.is_some_and(|browser| Form::Confirm.is_proven(browser, state, proof)) {
            return Err(LoginError::Forged);
        }
        if yes { self.open(state, login, person).await } else { self.refuse(state, login, Refusal::AccessDenied).await }
    }

    async fn confirming(
        &self,
        state: &TokenValue,
        browser: Option<&TokenValue>,
    ) -> Result<(PendingLogin, LoginProof), LoginError> {
        let login = self.under_way(state, browser).await?;
        match login.stage {
            Stage::Confirming(proof) => Ok((login, proof)),
            _ => Err(LoginError::NoLogin),
        }
    }
}
