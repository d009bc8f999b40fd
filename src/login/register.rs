//! The administrator begins a login that makes a front-end user and registers a redirect URL.

use super::{BeginsIn, Form, LoginRequest, LoginService, Next};
use crate::domain::{PendingLogin, RedirectUrl, TokenValue};
use crate::error::ServiceError;

impl LoginService {
    /// Begins that login, which asks the person even if somebody is signed on. `proof` is the hidden field of the form
    /// that showed this URL. Nothing is registered before the login is complete.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn register(
        &self,
        order: LoginRequest,
        browser: &[TokenValue],
        room: usize,
        proof: &str,
    ) -> Result<Next, ServiceError> {
        let target = order.redirect_url.target();
        let shown_to = browser.iter().find(|cookie| Form::Register.is_proven(cookie, target.as_str(), proof));
        let browser = shown_to.ok_or(ServiceError::Forged)?;
        let (state, login) = self.pending(order, browser, true, Some(PendingLogin::FOR_NO_DEMAND))?;
        self.ask_first(&state, login, BeginsIn { browser, room }).await
    }

    /// Registers the URL of a completed login. False if there are too many.
    pub(super) async fn register_redirect(&self, login: &PendingLogin) -> Result<bool, ServiceError> {
        let Ok(url) = RedirectUrl::parse(&login.redirect_url) else { return Ok(false) };
        let registered = self.store().register_redirect(url.target().as_str()).await?;
        tracing::info!(url = url.target().as_str(), registered, "redirect URL registered by a front-end user's login");
        Ok(registered)
    }
}
