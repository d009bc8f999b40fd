//! Our own login page: it proves people by password and sends them back with a code, as any provider does.

use super::{Form, LoginError, Logins, NoLogin, Step};
use crate::domain::{Email, How, LoginProof, Network, Password, RedirectUrl, Stage, TokenDigest, TokenValue};
use crate::identity::{Device, Origin, Proof};
use crate::store::Remember;

/// What a person enters on the login page.
#[derive(Debug)]
pub struct Entry {
    /// Who they say they are.
    pub email: Email,
    /// Their proof.
    pub password: Password,
    /// The form's hidden field.
    pub proof: String,
    /// Where the request came from.
    pub network: Network,
    /// The cookie of single sign-on, if the browser has one.
    pub signed_on: Option<TokenDigest>,
}

/// For whom the person logs in.
#[derive(Debug)]
pub struct Asked {
    /// Where the browser goes at the end.
    pub redirect_url: RedirectUrl,
    /// Whether a native client waits.
    pub native: bool,
    /// The form's hidden field.
    pub csrf: String,
    /// What else the form carries, for [`Logins::begin_again`].
    pub again: Option<String>,
}

impl Logins {
    /// What the login page tells, if it may be shown: to the login's browser, while nobody is proven yet.
    ///
    /// # Errors
    /// [`LoginError::NoLogin`], [`LoginError::Store`].
    pub async fn login_page(&self, state: &TokenValue, browser: &[TokenValue]) -> Result<Asked, LoginError> {
        let (login, browser) = self.under_way(state, browser).await?;
        if self.provider.is_some() || login.stage != Stage::Started {
            return Err(NoLogin::Unknown.into());
        }
        let redirect_url = RedirectUrl::parse(&login.redirect_url).map_err(|_| NoLogin::Unknown)?;
        let csrf = Form::LogIn.proof(browser, &state.reveal());
        let again = self.link_to_begin_again(&login, browser);
        Ok(Asked { redirect_url, native: login.native.is_some(), csrf, again })
    }

    /// Proves the person by password, under the same throttle as everywhere. The browser goes on with a code that is
    /// good once, for this login in this browser.
    ///
    /// # Errors
    /// [`LoginError::Password`], after which the person may try again; any other ends it.
    pub async fn enter(&self, state: &TokenValue, browser: &[TokenValue], entry: Entry) -> Result<Step, LoginError> {
        self.login_page(state, browser).await?;
        let (_, own) = self.under_way(state, browser).await?;
        if !Form::LogIn.is_proven(own, &state.reveal(), &entry.proof) {
            return Err(LoginError::Forged);
        }
        let device = entry.signed_on.map(Device::SignOn);
        let origin = Origin { network: entry.network, device, remember: Remember::IfKnown };
        let proof = self.identity.prove(&entry.email, entry.password, &origin).await?;
        // Hashing takes its time; what became of the login meanwhile counts.
        let (login, _) = self.under_way(state, browser).await?;
        let code = TokenValue::generate()?;
        let Proof { user, generation, proven, meets } = proof;
        let proof = LoginProof { user, generation, proven, how: How::Password, sign_on: None, meets };
        let mut next = login.clone();
        next.stage = Stage::Coded { code: code.digest(), proof };
        if login.stage != Stage::Started || !self.store().advance_login(state.digest(), &login, &next).await? {
            return Err(NoLogin::Unknown.into());
        }
        let back = self.base.way_back_from_our_page();
        Ok(Step::Go(format!("{back}?code={}&state={}", code.reveal(), state.reveal())))
    }
}
