//! Sign out: single sign-on ends in this browser and at the provider.

use url::Url;

use super::begin::SignedOn;
use super::{Form, LoginError, Logins};
use crate::domain::{Account, AccountChange, TokenValue};

impl Logins {
    /// Who is signed on in this browser.
    ///
    /// # Errors
    /// [`LoginError::Store`].
    pub async fn who(&self, signed_on: Option<&TokenValue>) -> Result<Option<Account>, LoginError> {
        let Some(cookie) = signed_on else { return Ok(None) };
        match self.signed_on(cookie).await? {
            SignedOn::As(proof) => Ok(self.store().account(proof.user).await?),
            SignedOn::No | SignedOn::MustBeAskedAgain(_) => Ok(None),
        }
    }

    /// Ends single sign-on in this browser. Where the browser goes on to: the provider's
    /// page for that, if it has one.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn sign_out(
        &self,
        browser: &[TokenValue],
        signed_on: Option<&TokenValue>,
        proof: &str,
    ) -> Result<Option<String>, LoginError> {
        if !browser.iter().any(|cookie| Form::SignOut.is_proven(cookie, "", proof)) {
            return Err(LoginError::Forged);
        }
        if let Some(cookie) = signed_on
            && let Some(found) = self.store().sign_on(cookie.digest()).await?
        {
            self.store().change_account(found.user, &AccountChange::SignOff(cookie.digest())).await?;
            tracing::info!(user = %found.user, "signed out");
        }
        let Some(provider) = &self.provider else { return Ok(None) };
        let Ok(back) = Url::parse(&self.base.at("/directory/api/signout")) else { return Ok(None) };
        Ok(provider.end_session_url(&back).await.map(String::from))
    }
}
