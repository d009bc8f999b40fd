//! A native client's login is confirmed by the person: else a link that somebody else prepared would log them in.

use super::{Form, LoginError, Logins, NoLogin, Refusal, Refused, Step};
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
    /// The form's hidden field.
    pub csrf: String,
}

impl Logins {
    /// What to ask the person.
    ///
    /// # Errors
    /// [`LoginError::NoLogin`], [`LoginError::Store`].
    pub async fn question(&self, state: &TokenValue, browser: &[TokenValue]) -> Result<Question, LoginError> {
        let (login, browser, proof) = self.confirming(state, browser).await?;
        let account = self.store().account(proof.user).await?.ok_or(NoLogin::Unknown)?;
        let redirect_url = RedirectUrl::parse(&login.redirect_url).map_err(|_| NoLogin::Unknown)?;
        let client = match login.native {
            Some(native) => self.store().introduced(native).await?,
            None => None,
        };
        let csrf = Form::Confirm.proof(browser, &state.reveal());
        Ok(Question { account, client, begun: login.begun, now: self.clock().now(), redirect_url, csrf })
    }

    /// Opens the session if the person says yes; else the login ends. `proof` is the form's hidden field.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn confirm(
        &self,
        state: &TokenValue,
        browser: &[TokenValue],
        proof: &str,
        yes: bool,
    ) -> Result<Step, LoginError> {
        let (login, browser, person) = self.confirming(state, browser).await?;
        if !Form::Confirm.is_proven(browser, &state.reveal(), proof) {
            return Err(LoginError::Forged);
        }
        if yes {
            return self.open(state, login, person).await;
        }
        let refused = Refused { user: Some(person.user), ..Refused::new(Refusal::Declined, &login) };
        self.refuse(state, login, refused).await
    }

    async fn confirming<'a>(
        &self,
        state: &TokenValue,
        browser: &'a [TokenValue],
    ) -> Result<(PendingLogin, &'a TokenValue, LoginProof), LoginError> {
        let (login, browser) = self.under_way(state, browser).await?;
        match login.stage {
            Stage::Confirming(proof) => Ok((login, browser, proof)),
            _ => Err(NoLogin::Unknown.into()),
        }
    }
}
