//! Our own login page: it proves people by their password.

use super::resubmission::AGAIN_WITHIN;
use super::{BeginsIn, Cookies, Form, Login, LoginService, Next};
use crate::auth::{Accepts, Device, Origin, PasskeyRequest, Proof};
use crate::domain::{
    AuthMethod, Email, LoginProof, Network, Password, RedirectUrl, SecondFactor, Stage, TokenDigest, TokenValue, UserId,
};
use crate::error::{NoLogin, ServiceError};
use crate::store::Remember;

/// What a person enters on the login page.
#[derive(Debug)]
pub struct LoginForm {
    /// The e-mail address.
    pub email: Email,
    /// The password.
    pub password: Password,
    /// The form's hidden field.
    pub proof: String,
    /// Where the request came from.
    pub network: Network,
    /// The cookie of single sign-on, if the browser has one.
    pub signed_on: Option<TokenDigest>,
}

/// What the login page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginStep {
    /// Address and password.
    Password,
    /// A code of the person's second factor.
    Code {
        /// Whether the person has an app that shows codes; a recovery code counts anyway.
        app: bool,
    },
}

/// What the login page shows.
#[derive(Debug)]
pub struct LoginPageView {
    /// What it asks for.
    pub step: LoginStep,
    /// What it asks the person's passkeys in place of a code, if they have any.
    pub passkey: Option<PasskeyRequest>,
    /// Where the browser goes at the end.
    pub redirect_url: RedirectUrl,
    /// What the settings call the application there, if they know it.
    pub application: Option<String>,
    /// Whether a native client waits.
    pub native: bool,
    /// Whether it is for the account page.
    pub account: bool,
    /// The form's hidden field.
    pub csrf: String,
    /// What else the form carries, for [`LoginService::begin_again`].
    pub again: Option<String>,
}

/// More than a login has stages, since each may end between a look and the next.
pub(super) const STAGES: usize = 4;

impl LoginService {
    /// The login page, if it may be shown: to the login's browser, until somebody is proven.
    ///
    /// # Errors
    /// [`ServiceError::NoLogin`], [`ServiceError::Store`].
    pub async fn login_page(&self, state: &TokenValue, cookies: Cookies<'_>) -> Result<LoginPageView, ServiceError> {
        let (Login { pending: login, .. }, browser) = self.pending_login(state, cookies).await?;
        let (step, passkey) = match login.stage {
            Stage::Started if self.has_own_page() => (LoginStep::Password, None),
            Stage::AwaitingCode { proof, .. } => self.second_step(state, proof.user).await?,
            _ => return Err(NoLogin::Unknown.into()),
        };
        let redirect_url = RedirectUrl::parse(&login.redirect_url).map_err(|_| NoLogin::Unknown)?;
        let form = if step == LoginStep::Password { Form::LogIn } else { Form::Code };
        let csrf = form.proof(browser, &state.reveal());
        let again = self.link_to_begin_again(&login, browser);
        let native = login.native.is_some();
        let account = login.account.is_some_and(|account| account.console.is_none());
        let application = self.application_at(&redirect_url);
        Ok(LoginPageView { step, passkey, redirect_url, application, native, account, csrf, again })
    }

    /// What people know the application at this URL by, if the settings say.
    #[must_use]
    pub fn application_at(&self, url: &RedirectUrl) -> Option<String> {
        self.directory.application_at(url)
    }

    async fn second_step(
        &self,
        state: &TokenValue,
        user: UserId,
    ) -> Result<(LoginStep, Option<PasskeyRequest>), ServiceError> {
        // Whose account is gone is told so by the answer to the form.
        let Some(account) = self.store().account(user).await? else { return Ok((LoginStep::Code { app: true }, None)) };
        let app = account.second_factor.as_ref().is_none_or(SecondFactor::has_app);
        Ok((LoginStep::Code { app }, self.identity.passkey_request(&account, state.digest())?))
    }

    /// Whether people prove themselves here, and at no provider.
    #[must_use]
    pub const fn has_own_page(&self) -> bool {
        self.provider.is_none()
    }

    /// Proves the person by password, with the same throttle as everywhere, and goes on with the login: to the second step,
    /// if the person has a second factor. The same form
    /// sent twice, as by a second click, leads where the first led.
    ///
    /// # Errors
    /// [`ServiceError::InvalidCredentials`], [`ServiceError::Throttled`] and [`ServiceError::HashingBusy`], after which the
    /// person may try again; any other error ends the login, but one of the store may not.
    pub async fn enter(
        &self,
        state: &TokenValue,
        cookies: Cookies<'_>,
        entry: LoginForm,
    ) -> Result<Next, ServiceError> {
        if self.provider.is_some() {
            return Err(NoLogin::Unknown.into());
        }
        let (login, browser) = match self.pending_login(state, cookies).await {
            Ok((login, browser)) => (login.pending, browser),
            // The first click may have completed it.
            Err(ServiceError::NoLogin(NoLogin::Unknown)) => self.sealer.open(state, cookies).ok_or(NoLogin::Unknown)?,
            Err(error) => return Err(error),
        };
        if !Form::LogIn.is_proven(browser, &state.reveal(), &entry.proof) {
            return Err(ServiceError::Forged);
        }
        let device = entry.signed_on.map(Device::SignOn);
        let origin = Origin { network: entry.network, device, remember: Remember::IfKnown };
        let proof = self.identity.prove(&entry.email, entry.password, Accepts::PasswordAlone, &origin).await?;
        let Proof { user, generation, proven, meets, needs_code, .. } = proof;
        let proof = LoginProof {
            user,
            generation,
            proven,
            how: AuthMethod::Password,
            sign_on: None,
            meets,
            provider_session: None,
            logouts: 0,
        };
        // Hashing takes time, so look again at what has become of the login.
        for _stage in 0..STAGES {
            let mut found = match self.pending_login(state, cookies).await {
                Ok((found, _)) => found,
                Err(ServiceError::NoLogin(NoLogin::Unknown)) => {
                    return match self.judge(&login, user).await? {
                        Ok(()) => self.resubmitted(state, browser, &login, Some(user)).await,
                        Err(refused) => self.back(&login, refused),
                    };
                }
                Err(error) => return Err(error),
            };
            let proof = match found.pending.stage {
                Stage::Started if needs_code => {
                    let awaiting = Stage::AwaitingCode { proof, tries: 0 };
                    if self.advance(state, &mut found, awaiting).await? {
                        return Ok(Next::AskCode(self.base.page("login", state)));
                    }
                    continue;
                }
                // Of another click.
                Stage::AwaitingCode { proof: first, .. } if first.user == user => {
                    return Ok(Next::AskCode(self.base.page("login", state)));
                }
                Stage::Started => proof,
                // Of another click, whose server may have died since.
                Stage::Confirming(first) if first.user == user && proven < first.proven.plus(AGAIN_WITHIN) => first,
                _ => break,
            };
            match self.authorize(state, found, BeginsIn { browser, room: 0 }, proof).await {
                // Another click came first.
                Err(ServiceError::NoLogin(NoLogin::Unknown)) => {}
                done => return done,
            }
        }
        Err(NoLogin::Unknown.into())
    }
}
