//! The end of a login: the person is judged, the session opens, the browser goes back to the application.

use std::time::Duration;

use super::{ACCOUNT_LOGIN, BeginsIn, Login, LoginService, Next};
use crate::auth::{Device, Origin};
use crate::domain::{
    AuthMethod, CloseReason, CloseSession, Denied, LoginProof, OpenSession, PendingLogin, RedirectUrl, Refusal,
    Refused, SessionCommand, SessionKey, SessionWithAccount, Stage, TokenValue, UserId,
};
use crate::error::{NoLogin, ServiceError};
use crate::store::{Remember, StoreError};

impl LoginService {
    /// Judges a proven person: they go on to the session, to the confirmation, or back with a refusal.
    pub(super) async fn authorize(
        &self,
        state: &TokenValue,
        mut login: Login,
        whose: BeginsIn<'_>,
        proof: LoginProof,
    ) -> Result<Next, ServiceError> {
        // Here already, so that nobody is asked for a yes that leads nowhere.
        if let Err(refused) = self.judge(&login.pending, proof.user).await? {
            return self.refuse(state, login, refused).await;
        }
        if login.pending.native.is_none() {
            return self.open(state, whose.browser, login, proof).await;
        }
        let (page, confirming) = (self.base.page("confirm", state), Stage::Confirming(proof));
        if proof.how == AuthMethod::SingleSignOn {
            // The browser keeps the login until the person says yes.
            let pending = PendingLogin { stage: confirming, ..login.pending };
            return self.leave_with_browser(state, &pending, whose, page).await;
        }
        if login.pending.stage != confirming && !self.advance(state, &mut login, confirming).await? {
            return Err(NoLogin::Unknown.into());
        }
        Ok(Next::Redirect(page))
    }

    /// Whether this person may have the session that a login asks for.
    pub(super) async fn judge(&self, login: &PendingLogin, user: UserId) -> Result<Result<(), Refused>, ServiceError> {
        let Some(account) = self.store().account(user).await? else {
            return Ok(Err(Refused { user: Some(user), ..Refused::denied(Denied::NoSuchUser, login) }));
        };
        let may_open = account.may_open(login.right, &login.app_claims, login.registers);
        Ok(may_open.map_err(|denied| Refused::of(denied, login, &account)))
    }

    /// Opens the session and sends the browser to the application. Whoever ends the login first does that.
    pub(super) async fn open(
        &self,
        state: &TokenValue,
        browser: &TokenValue,
        mut login: Login,
        proof: LoginProof,
    ) -> Result<Next, ServiceError> {
        // Before the login is spent: without keys to sign with it can go on later.
        self.bearers.published()?;
        // Of a browser that is signed on, where nobody waits for a yes: nobody was told the state, so nobody can come back
        // with it, and the store need not know of it.
        let untold = proof.how == AuthMethod::SingleSignOn && login.pending.native.is_none();
        if !untold && !login.recorded && !self.advance(state, &mut login, Stage::Confirming(proof)).await? {
            return Err(NoLogin::Unknown.into());
        }
        let login = login.pending;
        let sign_on = self.sign_on(state, browser, proof.user, proof.how)?;
        let open = self.session_of(&login, proof, sign_on.as_ref());
        let opened = if untold {
            self.store().update_session(proof.user, &SessionCommand::Open(Box::new(open))).await?
        } else {
            self.store().complete(state.digest(), &login, &open).await?
        };
        let held = match opened {
            Ok(held) => held,
            Err(Denied::LoginOver) => return Err(NoLogin::Unknown.into()),
            // The provider remembered the person for longer than a browser stays signed on.
            Err(Denied::ProofTooOld) if login.account.is_some() => {
                return Ok(Next::Redirect(self.base.path_to(ACCOUNT_LOGIN)));
            }
            Err(denied) => {
                let refused = Refused { user: Some(proof.user), ..Refused::denied(denied, &login) };
                return self.back(&login, refused);
            }
        };
        let user = held.account.id;
        // Last, so that a login that is refused registers nothing.
        if login.registers && !self.register_redirect(&login).await? {
            let session = SessionKey::Directory(login.session);
            let close = CloseSession { session, ask_again: false, why: CloseReason::NotAuthenticated };
            let _closed = self.store().close_session(user, &close).await?;
            return self.back(&login, Refused { user: Some(user), ..Refused::new(Refusal::Changed, &login) });
        }
        let how = proof.how.as_str();
        if let Some(account) = login.account {
            let place = if account.console.is_some() { "the console" } else { "the account page" };
            tracing::info!(%user, how, "signed on for {place}");
        } else {
            tracing::info!(session = %login.session, %user, how, native = login.native.is_some(), "session opened");
        }
        self.remember(&held, &login, &proof, sign_on.as_ref()).await;
        self.answer(&login, &held, sign_on).await
    }

    /// The cookie of single sign-on that a login gives its browser, and how long it lives.
    pub(super) fn sign_on(
        &self,
        state: &TokenValue,
        browser: &TokenValue,
        user: UserId,
        how: AuthMethod,
    ) -> Result<Option<(TokenValue, Duration)>, ServiceError> {
        let lifetime = self.directory.settings().single_sign_on;
        // A browser that was signed on stays signed on as it was: only a proof renews that.
        if how == AuthMethod::SingleSignOn || lifetime.is_zero() {
            return Ok(None);
        }
        let cookie = self
            .sealer
            .sign_on(browser, state, user)
            .map_err(|_| ServiceError::Bug("a cookie could not be derived"))?;
        Ok(Some((cookie, lifetime)))
    }

    /// Has the account know the network and the browser that a login came from.
    async fn remember(
        &self,
        held: &SessionWithAccount,
        login: &PendingLogin,
        proof: &LoginProof,
        sign_on: Option<&(TokenValue, Duration)>,
    ) {
        let cookie = sign_on.map(|(cookie, _)| cookie.digest()).or(proof.sign_on);
        let device = cookie.map(Device::SignOn);
        let origin = Origin { network: login.network, device, remember: Remember::Always };
        self.identity.remember(&held.account.email, &origin).await;
    }

    /// The session that a login opens. `sign_on`: the cookie that the browser is given, and how long it lives.
    fn session_of(
        &self,
        login: &PendingLogin,
        proof: LoginProof,
        sign_on: Option<&(TokenValue, Duration)>,
    ) -> OpenSession {
        let (now, settings) = (self.clock().now(), self.directory.settings());
        OpenSession {
            session: login.session,
            proof,
            now,
            right: login.right,
            registers: login.registers,
            app_claims: login.app_claims.clone(),
            extended: login.extended,
            native: login.native,
            heartbeat_before: now.plus(settings.time_to_heartbeat),
            end_of_life: now.plus(settings.session_lifetime),
            contact: login.contact.clone(),
            network: (proof.how == AuthMethod::Password).then_some(login.network),
            redirect_url: login.redirect_url.clone(),
            sign_on: sign_on.map(|(cookie, lifetime)| (cookie.digest(), *lifetime)),
            account: login.account,
            limits: self.directory.limits(),
        }
    }

    /// The answer to the application: bearers, but for a native client, which collects them itself.
    pub(super) async fn answer(
        &self,
        login: &PendingLogin,
        held: &SessionWithAccount,
        sign_on: Option<(TokenValue, Duration)>,
    ) -> Result<Next, ServiceError> {
        if let Some(account) = login.account {
            let location = self.place_of(account, held.account.id, sign_on.as_ref())?;
            return Ok(Next::Finished { location, sign_on });
        }
        let mut pairs = Vec::new();
        if login.native.is_none() {
            let signed = self.bearers.sign(held, self.clock().now()).await?;
            pairs.extend([
                ("directory_access_token", signed.directory),
                ("http_access_token", signed.http),
                ("heartbeat_before", held.session.heartbeat_before.seconds().to_string()),
                ("session_eol", held.session.end_of_life.seconds().to_string()),
            ]);
        }
        let (_, location) = with_answer(login, pairs)?;
        Ok(Next::Finished { location, sign_on })
    }

    /// Ends a login, and tells the application why.
    pub(super) async fn refuse(
        &self,
        state: &TokenValue,
        login: Login,
        refused: Refused,
    ) -> Result<Next, ServiceError> {
        let answer = self.back(&login.pending, refused);
        // Of one that only its browser knows of, nobody but a native client is to be told.
        if login.recorded || login.pending.native.is_some() {
            self.fail(state, login).await?;
        }
        answer
    }

    /// Back to the application, with the reason why there is no session. To one that is not registered yet nobody is
    /// sent with bad news, and to the account page neither, which would begin another login.
    pub(super) fn back(&self, login: &PendingLogin, refused: Refused) -> Result<Next, ServiceError> {
        let refused = Box::new(refused);
        if login.registers || login.account.is_some() {
            return Err(ServiceError::LoginRefused(refused));
        }
        let Refused { refusal, .. } = *refused;
        let why = [("error", refusal.code()), ("error_description", refusal.description())];
        let (url, location) = with_answer(login, why.map(|(name, value)| (name, value.to_owned())).into())?;
        let on_our_page = self.base.is_done_page(&url, &url.host());
        Ok(Next::Refused { location, on_our_page, refused })
    }
}

/// Where a login leads, and the same with the answer to the application in the fragment.
fn with_answer(login: &PendingLogin, mut pairs: Vec<(&str, String)>) -> Result<(RedirectUrl, String), ServiceError> {
    let url = RedirectUrl::parse(&login.redirect_url)
        .map_err(|error| ServiceError::Store(StoreError::Unreadable(error.to_string())))?;
    pairs.extend(login.app_data.as_ref().map(|data| ("appdata", data.to_string())));
    let location = url.with_fragment(pairs.iter().map(|(name, value)| (*name, value.as_str())));
    Ok((url, location))
}
