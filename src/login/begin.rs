//! Begins a login.

use super::{BeginsIn, KeptLogin, Login, LoginService, Next, challenge};
use crate::auth::oidc::AuthorizationParams;
use crate::domain::{
    Account, AuthMethod, ClientInfo, LoginProof, NativeLogin, NativeToken, Network, PendingLogin, RedirectUrl, Right,
    SessionId, SignOn, Stage, Timestamp, TokenValue,
};
use crate::error::ServiceError;

/// What an application asks for.
#[derive(Debug)]
pub struct LoginRequest {
    /// The right that its client needs.
    pub right: Right,
    /// Where to send the browser at the end.
    pub redirect_url: RedirectUrl,
    /// The native client that waits.
    pub native: Option<NativeToken>,
    /// Third-party claims.
    pub app_claims: Vec<Box<str>>,
    /// Whether it wants extended bearers.
    pub extended: bool,
    /// Goes back unchanged.
    pub app_data: Option<Box<str>>,
    /// The client as it describes itself.
    pub contact: ClientInfo,
    /// Where the request came from.
    pub network: Network,
}

impl LoginService {
    /// Begins a login in this browser, or completes it at once if the person is still signed on there. `host` is the
    /// one of the request (RFC 9110, 7.2).
    ///
    /// # Errors
    /// [`ServiceError`]: no login has begun.
    pub async fn begin(
        &self,
        order: LoginRequest,
        host: &str,
        whose: BeginsIn<'_>,
        signed_on: Option<&TokenValue>,
    ) -> Result<Next, ServiceError> {
        if !self.may_redirect(&order.redirect_url, host, order.native.is_some()).await? {
            return Err(ServiceError::UnknownRedirect);
        }
        let signed_on = match signed_on {
            Some(cookie) => self.signed_on(cookie).await?,
            None => SignedOn::No,
        };
        let (signed_on, asks_again) = match signed_on {
            SignedOn::MustBeAskedAgain(since) => (signed_on, Some(since)),
            // Whoever finds a browser signed on must not become an operator by it.
            _ if order.right == Right::Admin => (SignedOn::No, Some(PendingLogin::FOR_NO_DEMAND)),
            signed_on => (signed_on, None),
        };
        if let Some(native) = &order.native
            && let Some(was) = self.store().native_login(native.digest()).await?
            && was != NativeLogin::Failed
            && !self.frees(native.digest(), was).await?
        {
            return Err(ServiceError::NativeInUse);
        }
        let (state, login) = self.pending(order, whose.browser, false, asks_again)?;
        if let Some(native) = login.native {
            self.directory.waiting.begun(native);
        }
        match signed_on {
            SignedOn::As(account, sign_on) => {
                let proof = LoginProof {
                    user: account.id,
                    generation: account.generation,
                    proven: sign_on.proven,
                    how: AuthMethod::SingleSignOn,
                    sign_on: Some(sign_on.digest),
                    meets: None,
                    provider_session: sign_on.provider_session,
                    logouts: account.profile.logouts,
                };
                let login = Login { pending: login, recorded: false };
                self.authorize(&state, login, whose, proof).await
            }
            SignedOn::No | SignedOn::MustBeAskedAgain(_) => self.ask_first(&state, login, whose).await,
        }
    }

    /// Makes a login. Only its browser knows of it yet.
    pub(super) fn pending(
        &self,
        order: LoginRequest,
        browser: &TokenValue,
        registers: bool,
        asks_again: Option<Timestamp>,
    ) -> Result<(TokenValue, PendingLogin), ServiceError> {
        let now = self.clock().now();
        let login = PendingLogin {
            session: SessionId(uuid::Uuid::new_v4()),
            browser: browser.digest(),
            native: order.native.as_ref().map(NativeToken::digest),
            right: order.right,
            app_claims: order.app_claims,
            extended: order.extended,
            app_data: order.app_data,
            redirect_url: order.redirect_url.as_str().into(),
            registers,
            contact: order.contact,
            network: order.network,
            begun: now,
            expires: now.plus(self.directory.settings().time_to_authenticate),
            asks_again,
            stage: Stage::Started,
            account: None,
        };
        Ok((TokenValue::generate()?, login))
    }

    /// Sends the person to the provider or the login page, for the first time. If the provider is not there, the login
    /// has not begun: its native client waits on, and the person may try again with the same token.
    pub(super) async fn ask_first(
        &self,
        state: &TokenValue,
        login: PendingLogin,
        whose: BeginsIn<'_>,
    ) -> Result<Next, ServiceError> {
        match self.ask(state, &login, whose.browser).await? {
            Next::Redirect(location) => self.leave_with_browser(state, &login, whose, location).await,
            step => Ok(step),
        }
    }

    /// Gives the browser a login to keep, since nobody has offered a proof yet. If the browser has no room beside its
    /// others, the store keeps it; if the store is full too, the browser forgets others.
    pub(super) async fn leave_with_browser(
        &self,
        state: &TokenValue,
        login: &PendingLogin,
        whose: BeginsIn<'_>,
        location: String,
    ) -> Result<Next, ServiceError> {
        let sealed = self
            .sealer
            .seal(whose.browser, state, login)
            .map_err(|_| ServiceError::Bug("a login could not be sealed"))?;
        let has_room = sealed.as_ref().is_some_and(|sealed| sealed.len() <= whose.room);
        // Also for a person who is signed on: a browser may claim as often as it likes that it has no room.
        let limits = self.directory.settings().pending_limits().of_unproven();
        let recorded =
            if has_room { Err(ServiceError::TooManyLogins) } else { self.record(state, login, limits).await };
        match (recorded, sealed) {
            (Err(ServiceError::TooManyLogins), Some(sealed)) => {
                let kept = KeptLogin { state: state.digest(), begun: login.begun.millis(), sealed };
                Ok(Next::Begun { location, kept })
            }
            (recorded, _) => recorded.map(|_| Next::Redirect(location)),
        }
    }

    /// Sends the person to the provider or the login page. The login is unchanged if the provider is not there.
    pub(super) async fn ask(
        &self,
        state: &TokenValue,
        login: &PendingLogin,
        browser: &TokenValue,
    ) -> Result<Next, ServiceError> {
        let Some(provider) = &self.provider else { return Ok(Next::Redirect(self.base.page("login", state))) };
        let (nonce, verifier) = challenge::of_journey(browser, state, login.asks_again);
        let prompt_login = login.asks_again.is_some();
        let ask = AuthorizationParams { state: &state.reveal(), nonce: &nonce, verifier: &verifier, prompt_login };
        Ok(Next::Redirect(provider.authorization_url(&ask).await?.into()))
    }

    /// Whether a browser may be sent to this URL.
    async fn may_redirect(&self, url: &RedirectUrl, host: &str, native: bool) -> Result<bool, ServiceError> {
        let target = url.target();
        let settings = self.directory.settings();
        Ok(self.base.is_done_page(url, host)
            || native && settings.loopback_redirects && url.is_loopback_http()
            || settings.redirect_targets().any(|allowed| allowed == target)
            || self.store().is_redirect_registered(target.as_str()).await?)
    }

    /// The person who is signed on in the browser with this cookie.
    pub(super) async fn signed_on(&self, cookie: &TokenValue) -> Result<SignedOn, ServiceError> {
        let digest = cookie.digest();
        let Some(found) = self.store().sign_on(digest).await? else { return Ok(SignedOn::No) };
        let Some(account) = self.store().account(found.user).await? else { return Ok(SignedOn::No) };
        let now = self.clock().now();
        let held = account.profile.sign_ons.iter().find(|held| held.digest == digest && held.expires > now);
        Ok(match (held.cloned(), account.profile.reauth_request) {
            (Some(_), Some(since)) => SignedOn::MustBeAskedAgain(since),
            (Some(held), None) if account.enabled => SignedOn::As(Box::new(account), held),
            _ => SignedOn::No,
        })
    }
}

/// Whether a browser is signed on.
pub(super) enum SignedOn {
    No,
    As(Box<Account>, SignOn),
    MustBeAskedAgain(Timestamp),
}
