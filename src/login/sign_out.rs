//! Sign out: single sign-on ends in this browser and at the provider.

use url::Url;

use super::begin::SignedOn;
use super::{Form, LoginService};
use crate::auth::oidc::OpenId;
use crate::domain::{Account, AccountChange, SignOn, TokenValue};
use crate::error::ServiceError;
use crate::settings::Secret;

/// What a person finds who wants to sign out.
#[derive(Debug)]
pub enum SignOutQuestion {
    /// The question whether to: there is somebody to forget, here or perhaps at the provider.
    Asked(Option<Box<Account>>),
    /// It is done; `only_here`: the provider was not told.
    Done {
        /// Whether the provider may still know the person.
        only_here: bool,
    },
}

/// The page for signing out.
pub const SIGN_OUT_PAGE: &str = "/directory/api/signout";

impl LoginService {
    /// Who is signed on in this browser, and since when.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn who(&self, signed_on: Option<&TokenValue>) -> Result<Option<(Account, SignOn)>, ServiceError> {
        let Some(cookie) = signed_on else { return Ok(None) };
        match self.signed_on(cookie).await? {
            SignedOn::As(account, sign_on) => Ok(Some((*account, sign_on))),
            SignedOn::No | SignedOn::MustBeAskedAgain(_) => Ok(None),
        }
    }

    /// What to show of signing out. `back`: the state with which the browser comes back from [`Self::sign_out`]. Whoever is
    /// not signed on here may still be at the provider, so the question is then whether to leave that.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn leaving(
        &self,
        browser: &[TokenValue],
        signed_on: Option<&TokenValue>,
        back: Option<&str>,
    ) -> Result<SignOutQuestion, ServiceError> {
        let who = self.who(signed_on).await?.map(|(account, _)| Box::new(account));
        let Some(provider) = &self.provider else {
            return Ok(if who.is_some() {
                SignOutQuestion::Asked(who)
            } else {
                SignOutQuestion::Done { only_here: false }
            });
        };
        let is_back = |back| browser.iter().any(|cookie| Form::SignedOut.is_proven(cookie, "", back));
        if who.is_some() || !back.is_some_and(is_back) {
            return Ok(SignOutQuestion::Asked(who));
        }
        Ok(SignOutQuestion::Done { only_here: self.way_out(provider, None).await.is_none() })
    }

    /// Ends single sign-on in this browser. Where the browser goes on to: the provider's page for that, which sends it back
    /// with a state, or back to ours with that state if it has none; to ours without if there is no provider. `id_token`: the
    /// one that the browser has kept, sealed.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn sign_out(
        &self,
        browser: &[TokenValue],
        signed_on: Option<&TokenValue>,
        id_token: Option<&str>,
        proof: &str,
    ) -> Result<String, ServiceError> {
        let shown_to = browser.iter().find(|cookie| Form::SignOut.is_proven(cookie, "", proof));
        let browser = shown_to.ok_or(ServiceError::Forged)?;
        if let Some(cookie) = signed_on
            && let Some(found) = self.store().sign_on(cookie.digest()).await?
        {
            let sign_off = AccountChange::SignOff(cookie.digest());
            if self.store().change_account(found.user, &sign_off).await?.is_ok() {
                tracing::info!(user = %found.user, "signed out");
            }
        }
        let page = self.base.path_to(SIGN_OUT_PAGE);
        let Some(provider) = &self.provider else { return Ok(page) };
        let state = Form::SignedOut.proof(browser, "");
        let id_token = id_token.and_then(|sealed| self.bearers.open_id_token(sealed));
        let Some(mut url) = self.way_out(provider, id_token.as_ref()).await else {
            return Ok(format!("{page}?state={state}"));
        };
        url.query_pairs_mut().append_pair("state", &state);
        Ok(url.into())
    }

    /// The provider's page for logging out, if it has one and can be asked.
    async fn way_out(&self, provider: &OpenId, id_token: Option<&Secret>) -> Option<Url> {
        let back = Url::parse(&self.base.at(SIGN_OUT_PAGE)).ok()?;
        provider.end_session_url(&back, id_token).await
    }
}
